import { isTableDate } from '../../columns.ts'
import { parseTimeMs } from '../../lake/config/time.ts'
import type { ServedValues } from '../../serving/reader.ts'
import { suggestion } from '../../words.ts'
import type { Grant } from '../grant.ts'
import { ProblemError } from '../problem.ts'
import type { Panel, PanelFilter } from './panel.ts'
import { TIME_PARAMETERS } from './panelFile.ts'
import { type Moments, rangeOf } from './panelRange.ts'

/** What a panel is asked for, checked: the same values always have the same key. */
export interface PanelValues {
  /** The range in whole grains; undefined for a panel without one. */
  readonly range: { readonly from: string; readonly to: string } | undefined
  /** Whether the range is longer than the one asked for. */
  readonly isWidened: boolean
  /** Every grain of the range before it is complete; undefined for a panel without one. */
  readonly completeTo: string | undefined
  /** Filter → its values, sorted; what is not there is not narrowed. */
  readonly filters: Readonly<Record<string, readonly string[]>>
  /** As the panel's query takes them. */
  readonly bound: ServedValues
  readonly key: string
}

/** Parameter → what was given for it, in order. */
export type AskedValues = ReadonlyMap<string, readonly string[]>

/** The parameters of an address; a plain object would take some of their names for something else. */
export function askedValues(parameters: URLSearchParams): Map<string, readonly string[]> {
  return new Map([...new Set(parameters.keys())].map((name) => [name, parameters.getAll(name)]))
}

export interface PanelLimits {
  /** The most grains that a range may have. */
  readonly maxGrains: number
  readonly maxRows: number
  readonly timeoutMs: number
}

/** A week of minutes, or 28 years of days. */
export const DEFAULT_PANEL_LIMITS: PanelLimits = { maxGrains: 10_240, maxRows: 50_000, timeoutMs: 10_000 }

/** More than anybody picks; each becomes a part of the query's key. */
const MAX_VALUES = 100
const MAX_VALUE_LENGTH = 200

/**
 * Checks what a panel is asked for, widens its range to whole grains, and narrows its filters to what is granted.
 * @throws ProblemError 400 for an unknown parameter or a value that it cannot have, 403 for one that is not granted
 */
export function panelValues(
  panel: Panel,
  asked: AskedValues,
  grant: Grant,
  moments: Moments,
  limits: PanelLimits,
): PanelValues {
  const known = [...(panel.time === undefined ? [] : TIME_PARAMETERS), ...panel.filters.map(({ name }) => name)]
  const unknown = [...asked.keys()].find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new ProblemError(400, `Panel ${panel.name} has no parameter "${unknown}".`, {
      detail: suggestion(unknown, known),
    })
  }
  const range = panel.time === undefined ? undefined : rangeOf(panel.time, asked, moments, limits.maxGrains)
  const filters = filtersOf(panel, asked, grant)
  const texts = range === undefined ? undefined : { from: isoTime(range.fromMs), to: isoTime(range.toMs) }
  const complete = range === undefined ? undefined : isoTime(range.completeMs)
  const isWidened = range?.isWidened ?? false
  return {
    range: texts,
    isWidened,
    completeTo: complete,
    filters,
    bound: { ...texts, ...(complete === undefined ? {} : { complete }), ...filters },
    key: JSON.stringify([texts?.from, texts?.to, complete, isWidened, Object.entries(filters)]),
  }
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace('.000Z', 'Z')
}

function filtersOf(panel: Panel, asked: AskedValues, { fixed }: Grant): Readonly<Record<string, readonly string[]>> {
  // A panel that cannot be narrowed would show what the grant leaves out.
  const missing = [...fixed.keys()].find((name) => panel.filters.every((filter) => filter.name !== name))
  if (missing !== undefined) {
    throw new ProblemError(403, `Panel ${panel.name} cannot be narrowed to the "${missing}" of this token.`)
  }
  const filters = panel.filters.flatMap((filter): [string, readonly string[]][] => {
    const given = asked.get(filter.name) ?? []
    assertFits(filter, given)
    const granted = fixed.get(filter.name)
    if (granted !== undefined && !isOfType(filter, granted)) {
      throw new ProblemError(403, `This token fixes a value of "${filter.name}" that no panel can have.`)
    }
    const outside = granted === undefined ? undefined : given.find((value) => !granted.includes(value))
    if (outside !== undefined) {
      throw new ProblemError(403, `This token does not grant that value of "${filter.name}".`)
    }
    const values = given.length > 0 ? given : granted
    return values === undefined ? [] : [[filter.name, [...new Set(values)].sort()]]
  })
  return Object.fromEntries(filters)
}

/** Type → what its values look like, and an example. */
const FORMS: Readonly<Record<string, { readonly isOf: (text: string) => boolean; readonly example: string }>> = {
  BOOLEAN: { isOf: (text) => text === 'true' || text === 'false', example: 'true or false' },
  TINYINT: integersOf(8),
  SMALLINT: integersOf(16),
  INTEGER: integersOf(32),
  BIGINT: integersOf(64),
  DATE: { isOf: isCalendarDate, example: 'a date, such as 2026-11-22' },
}

function integersOf(bits: number): { readonly isOf: (text: string) => boolean; readonly example: string } {
  const isOf = (text: string): boolean =>
    /^-?\d{1,19}$/.test(text) && BigInt.asIntN(bits, BigInt(text)) === BigInt(text)
  return { isOf, example: `a whole number of ${bits} bits` }
}

function isCalendarDate(text: string): boolean {
  return isTableDate(text) && parseTimeMs(text) !== undefined
}

function assertFits({ name, type }: PanelFilter, values: readonly string[]): void {
  if (values.length > MAX_VALUES) {
    throw new ProblemError(400, `"${name}" has ${values.length} values; ${MAX_VALUES} are the most.`)
  }
  if (values.some((value) => value.length > MAX_VALUE_LENGTH || value.includes('\0'))) {
    throw new ProblemError(400, `A value of "${name}" is too long, or has a NUL character.`)
  }
  if (isOfType({ name, type }, values)) return
  throw new ProblemError(400, `A value of "${name}" is not of its type ${type}.`, {
    detail: `Write ${FORMS[type]?.example}.`,
  })
}

function isOfType({ type }: PanelFilter, values: readonly string[]): boolean {
  return values.every((value) => FORMS[type]?.isOf(value) ?? true)
}
