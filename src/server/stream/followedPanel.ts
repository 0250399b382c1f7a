import { createHash } from 'node:crypto'
import { ProblemError } from '../problem.ts'
import { patchBetween, patchText } from './rowPatch.ts'
import type { PanelVersion, StreamedAnswer, StreamedPanel } from './streamed.ts'

/** Of a patch that is hardly shorter than the rows nobody gains anything. */
const WORTHWHILE = 0.5

/** Runs work when its turn has come. */
export type InTurn = <T>(work: () => Promise<T>) => Promise<T>

/** A panel that some page shows. It is asked once for all pages that show it, and made text once. */
export class FollowedPanel {
  readonly #panel: StreamedPanel
  readonly #inTurn: InTurn
  readonly #onError: (error: unknown) => void
  #answer: StreamedAnswer | undefined
  #rows: readonly string[] = []
  #version: PanelVersion | undefined
  /** The tick that the version belongs to, at least. */
  #tick = 0
  #underWay: { readonly tick: number; readonly version: Promise<PanelVersion> } | undefined

  constructor(panel: StreamedPanel, inTurn: InTurn, onError: (error: unknown) => void) {
    this.#panel = panel
    this.#inTurn = inTurn
    this.#onError = onError
  }

  /** The panel as of this tick or a later one. */
  async versionAt(tick: number): Promise<PanelVersion> {
    for (;;) {
      if (this.#version !== undefined && this.#tick >= tick) return this.#version
      this.#underWay ??= { tick, version: this.#ask(tick) }
      const { tick: asked, version } = this.#underWay
      if (asked >= tick) return version
      await version // what was asked before the tick may lack its batch
    }
  }

  async #ask(tick: number): Promise<PanelVersion> {
    try {
      this.#version = await this.#inTurn(() => this.#next())
      this.#tick = tick
      return this.#version
    } finally {
      this.#underWay = undefined
    }
  }

  async #next(): Promise<PanelVersion> {
    let answer: StreamedAnswer
    try {
      answer = await this.#panel.answer()
    } catch (error) {
      this.#answer = undefined
      this.#rows = []
      if (!(error instanceof ProblemError)) this.#onError(error)
      return failedVersion(this.#panel.name, error)
    }
    const before = this.#version
    if (answer === this.#answer && before !== undefined) return before
    this.#answer = answer
    const head = JSON.stringify(answer.head)
    const rows = answer.rows.map((row) => JSON.stringify(row))
    const digest = digestOf(head, ...rows)
    const { position } = answer
    if (digest === before?.digest) return { ...before, position }
    const whole = partText(this.#panel.name, digest, `"answer":${head},"rows":[${rows.join(',')}]`)
    const patch = before?.position === undefined ? undefined : patchText(patchBetween(this.#rows, rows))
    this.#rows = rows
    const isWorthwhile = patch !== undefined && patch.length < whole.length * WORTHWHILE
    const change =
      before !== undefined && isWorthwhile
        ? {
            from: before.digest,
            text: partText(this.#panel.name, digest, `"from":"${before.digest}","answer":${head},"patch":${patch}`),
          }
        : undefined
    return { digest, position, whole, change }
  }
}

/** The others of its page go on, and it is asked again with the next tick. An error of ours is nobody's business. */
function failedVersion(name: string, error: unknown): PanelVersion {
  const problem =
    error instanceof ProblemError
      ? { status: error.status, title: error.message, detail: error.detail }
      : { status: 500, title: `Panel ${name} could not be answered.` }
  const json = JSON.stringify(problem)
  const digest = digestOf(json)
  return { digest, position: undefined, whole: partText(name, digest, `"problem":${json}`), change: undefined }
}

function partText(name: string, digest: string, rest: string): string {
  return `"panel":${JSON.stringify(name)},"digest":"${digest}",${rest}}`
}

/** Sixteen characters tell two versions of a panel apart. */
export function digestOf(...texts: readonly string[]): string {
  const hash = createHash('sha256')
  for (const text of texts) hash.update(text).update('\n')
  return hash.digest('base64url').slice(0, 16)
}
