import { createHash } from 'node:crypto'
import { asProblem, ProblemError, SEE_LOG } from '../problem.ts'
import { patchBetween, patchText } from './rowPatch.ts'
import type { PanelVersion, StreamedAnswer, StreamedPanel } from './streamed.ts'

/** Of a patch that is hardly shorter than the rows nobody gains anything. */
const WORTHWHILE = 0.5

/** A panel that some page shows. It is asked once for all pages that show it, and made text once. */
export class FollowedPanel {
  readonly #panel: StreamedPanel
  readonly #onError: (error: unknown) => void
  /** The rows of the last version, as they came and as texts. */
  #answered: StreamedAnswer['rows'] | undefined
  #rows: readonly string[] = []
  #version: PanelVersion | undefined
  /** The tick that the version belongs to, at least. */
  #tick = 0
  #underWay: { readonly tick: number; readonly version: Promise<PanelVersion> } | undefined

  constructor(panel: StreamedPanel, onError: (error: unknown) => void) {
    this.#panel = panel
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
      this.#version = await this.#next()
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
      if (!(error instanceof ProblemError) || error.inside !== undefined) this.#onError(error)
      this.#answered = undefined
      return failedVersion(this.#panel.name, error)
    }
    const before = this.#answered === undefined ? undefined : this.#version
    const rows = answer.rows === this.#answered ? this.#rows : answer.rows.map((row) => JSON.stringify(row))
    const version = this.#versionOf(answer, rows, before)
    this.#answered = answer.rows
    this.#rows = rows
    return version
  }

  #versionOf(
    { head: about, position }: StreamedAnswer,
    rows: readonly string[],
    before: PanelVersion | undefined,
  ): PanelVersion {
    const head = JSON.stringify(about)
    const digest = digestOf(head, ...rows)
    if (digest === before?.digest) return { ...before, position }
    const { name } = this.#panel
    const whole = partText(name, digest, `"answer":${head},"rows":[${rows.join(',')}]`)
    if (before === undefined) return { digest, position, whole, change: undefined }
    const patch = patchText(patchBetween(this.#rows, rows))
    if (patch === undefined || patch.length > whole.length * WORTHWHILE) {
      return { digest, position, whole, change: undefined }
    }
    const text = partText(name, digest, `"from":"${before.digest}","answer":${head},"patch":${patch}`)
    return { digest, position, whole, change: { from: before.digest, text } }
  }
}

/** The others of its page go on, and it is asked again with the next tick. */
function failedVersion(name: string, error: unknown): PanelVersion {
  const problem = asProblem(error).body(undefined)
  // Nobody asked for it, so there is no request by whose id the log names it.
  const detail = problem.detail === SEE_LOG ? { detail: "The server's log says why." } : {}
  const json = JSON.stringify({ ...problem, ...detail })
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
