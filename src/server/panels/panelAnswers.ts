import { createHash } from 'node:crypto'
import type { JsonValue } from '../../duckdb/values.ts'
import { LakeError, messageOf } from '../../errors.ts'
import type { ServedPosition, ServedRows, ServingReader } from '../../serving/reader.ts'
import type { Clock } from '../../stream/clock.ts'
import { type PanelBody, type PanelHead, positionOf } from '../answers.ts'
import type { PositionWatch } from '../positionWatch.ts'
import { ProblemError, SEE_LOG } from '../problem.ts'
import { KeptAnswers, type Wish } from './keptAnswers.ts'
import type { Panel } from './panel.ts'
import { missingColumnOf, panelHeadOf } from './panelHead.ts'
import type { PanelLimits, PanelValues } from './panelValues.ts'

export type PanelAnswerHead = Omit<PanelBody, 'rows' | 'position'>

/** What a panel shows for some values at one batch, made once for all who ask. */
export interface PanelAnswer {
  readonly rows: ServedRows
  readonly position: ServedPosition
  /** What its body says besides the rows and the position. */
  readonly head: PanelAnswerHead
  /** The body that is sent, as JSON. */
  readonly json: string
}

/** A panel beside what the store said of it. */
interface KnownPanel {
  readonly panel: Panel
  readonly hash: string
  /** Column → type, once the store has prepared it. */
  columns: Readonly<Record<string, string>> | undefined
  /** Why the store cannot prepare it. */
  problem: string | undefined
}

export interface PanelParts {
  readonly reader: ServingReader
  readonly watch: PositionWatch
  readonly panels: readonly Panel[]
  readonly limits: PanelLimits
  readonly clock: Clock
}

/** The panels of a lake and their answers. */
export class PanelAnswers {
  readonly #parts: PanelParts
  readonly #known: ReadonlyMap<string, KnownPanel>
  readonly #kept: KeptAnswers<PanelAnswer>

  private constructor(parts: PanelParts) {
    this.#parts = parts
    this.#known = new Map(
      parts.panels.map((panel) => {
        const hash = createHash('sha256').update(JSON.stringify(panel)).digest('hex').slice(0, 16)
        return [panel.name, { panel, hash, columns: undefined, problem: undefined }]
      }),
    )
    this.#kept = new KeptAnswers(parts.watch, parts.clock)
  }

  /** Prepares every panel. One that the store cannot prepare has a problem; the others go on. */
  static async open(parts: PanelParts): Promise<PanelAnswers> {
    const answers = new PanelAnswers(parts)
    for (const known of answers.#known.values()) await answers.#prepare(known)
    return answers
  }

  get names(): readonly string[] {
    return [...this.#known.keys()]
  }

  get limits(): PanelLimits {
    return this.#parts.limits
  }

  get(name: string): Panel | undefined {
    return this.#known.get(name)?.panel
  }

  /** What is said of the panels in a list, with what is wrong with those that cannot be answered. */
  heads(): readonly PanelHead[] {
    return [...this.#known.values()].map(({ panel, columns = {}, problem }) => panelHeadOf(panel, columns, problem))
  }

  /** Names the answer to these values at the present batch; undefined before the first. */
  tagOf(panel: Panel, values: PanelValues): string | undefined {
    const { current } = this.#parts.watch
    return current === undefined ? undefined : this.tagAt(current, panel, values)
  }

  tagAt({ generation, batch }: ServedPosition, panel: Panel, { key }: PanelValues): string {
    const hash = this.#known.get(panel.name)?.hash
    const parts = JSON.stringify([generation, batch, panel.name, hash, key])
    return createHash('sha256').update(parts).digest('base64url').slice(0, 27)
  }

  /** @throws ProblemError 503 while the panel or the store has no answer */
  async answer(panel: Panel, values: PanelValues, wish: Wish): Promise<PanelAnswer> {
    if (this.#parts.watch.current === undefined) {
      throw new ProblemError(503, 'No batch has been taken yet.', { headers: { 'Retry-After': '1' }, isNotYet: true })
    }
    return this.#kept.answer(`${panel.name} ${values.key}`, () => this.#ask(panel, values), wish)
  }

  close(): void {
    this.#kept.close()
  }

  async #ask(panel: Panel, values: PanelValues): Promise<PanelAnswer> {
    const { reader, limits } = this.#parts
    const known = this.#known.get(panel.name)
    if (known?.problem !== undefined) await this.#prepare(known)
    if (known?.problem !== undefined) {
      throw new ProblemError(503, `Panel ${panel.name} cannot be answered.`, {
        detail: SEE_LOG,
        inside: known.problem,
        headers: { 'Retry-After': '10' },
      })
    }
    const { maxRows, timeoutMs } = limits
    const served = await reader.query(panel.query, values.bound, { maxRows, timeoutMs }).catch((cause: unknown) => {
      throw this.#beingBuilt(panel, cause) ?? failed(panel, cause)
    })
    if (charactersOf(served.rows) > MAX_CHARACTERS) {
      throw new ProblemError(
        400,
        `Panel ${panel.name} has an answer of more than ${MAX_MILLIONS} million characters.`,
        {
          detail: 'Ask for a shorter range, or for fewer values.',
        },
      )
    }
    const rows = withIsoTimes(served)
    const head = answerHead(panel, values, rows)
    const body: PanelBody = { ...head, rows: rows.rows.map((row) => [...row]), position: positionOf(rows.position) }
    return { rows, position: rows.position, head, json: JSON.stringify(body) }
  }

  /** Why a query failed, if that is because a model is made anew. */
  #beingBuilt({ name, reads }: Panel, cause: unknown): ProblemError | undefined {
    const model = this.#parts.reader.models.find((each) => !each.isBuilt && reads.includes(`live.${each.name}`))
    if (model === undefined) return undefined
    return new ProblemError(503, `Panel ${name} reads a model that is being built.`, {
      detail: `Ask again in a while: live.${model.name} is made anew.`,
      headers: { 'Retry-After': '5' },
      isNotYet: true,
      cause,
    })
  }

  async #prepare(known: KnownPanel): Promise<void> {
    const { panel } = known
    try {
      known.columns = await this.#parts.reader.prepare(panel.query)
      known.problem = missingColumnOf(panel, known.columns)
    } catch (error) {
      known.problem = error instanceof LakeError ? `${error.code}: ${error.message}` : messageOf(error)
    }
  }
}

/** More takes a page long to read, and keeps all others waiting while it is made. Few rows may have it, too. */
const MAX_MILLIONS = 8
const MAX_CHARACTERS = MAX_MILLIONS * 1e6

/** About how long something is as JSON; it is not looked at further than to the limit. */
function charactersOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 1
  let characters = 1
  for (const part of Object.values(value)) {
    characters += charactersOf(part)
    if (characters > MAX_CHARACTERS) break
  }
  return characters
}

/** A query that fails by itself fails again: its message says where, for whoever can change it. */
function failed({ name }: Panel, cause: unknown): unknown {
  if (!(cause instanceof LakeError) || cause.canRetry) return cause
  return new ProblemError(500, `Panel ${name} failed.`, { detail: SEE_LOG, inside: cause.message, cause })
}

const TIME_TYPE = 'TIMESTAMP WITH TIME ZONE'

/** DuckDB's text of a time as other programs read it: `2026-11-22 10:00:00+00` becomes `2026-11-22T10:00:00Z`. */
export function isoOf(value: JsonValue): JsonValue {
  return typeof value === 'string' ? value.replace(' ', 'T').replace(/\+00$/, 'Z') : value
}

function withIsoTimes(served: ServedRows): ServedRows {
  const isTime = served.types.map((type) => type === TIME_TYPE)
  if (!isTime.includes(true)) return served
  return {
    ...served,
    rows: served.rows.map((row) => row.map((value, index) => (isTime[index] ? isoOf(value) : value))),
  }
}

function answerHead({ name }: Panel, values: PanelValues, { columns, types, isCut }: ServedRows): PanelAnswerHead {
  const { range, isWidened, completeTo, filters } = values
  return {
    panel: name,
    range: range ?? null,
    isWidened,
    completeTo: completeTo ?? null,
    filters: Object.fromEntries(Object.entries(filters).map(([filter, given]) => [filter, [...given]])),
    columns: columns.map((column, index) => ({ name: column, type: types[index] ?? '' })),
    isCut,
  }
}
