import { isColumnType } from '../../columns.ts'
import { LakeError } from '../../errors.ts'
import { parseDurationMs } from '../../lake/config/duration.ts'
import type { PanelFile } from '../../lake/config/resolveLive.ts'
import { type ContractedSql, headerOf } from '../../lake/config/sqlFile.ts'
import { suggestion } from '../../words.ts'
import { PANEL_KINDS, type Panel, type PanelFilter, type PanelKind, type PanelTime } from './panel.ts'

// A panel's file opens with its contract; after that its header has a line for each key, such as `-- title: Messages`.

const KEYS = ['title', 'kind', 'x', 'y', 'series', 'unit', 'grain', 'range', 'filters'] as const

type Key = (typeof KEYS)[number]

/** A value of the header, and the line that it stands in. */
interface Entry {
  readonly text: string
  readonly line: number
}

type Entries = ReadonlyMap<Key, Entry>

const DAY_MS = 24 * 3_600_000
const DEFAULT_RANGE_MS = DAY_MS

/** The parameters that the SQL of every panel with a grain has. */
const BOUNDS = ['from', 'to'] as const

/** What a request may say of the time of such a panel. */
export const TIME_PARAMETERS = [...BOUNDS, 'range'] as const

/**
 * A panel by the header of its file.
 * @param dialect  of what answers it: the file may have another text for that, whose contract alone counts
 * @throws LakeError LAKE_SQL_INVALID naming the file and the line
 */
export function panelOf(file: PanelFile, dialect: string): Panel {
  const entries = entriesOf(file)
  const time = timeOf(file, entries)
  const filters = filtersOf(file, entries)
  const times = time === undefined ? [] : BOUNDS.map((parameter) => [parameter, 'TIMESTAMPTZ'] as const)
  const lists = filters.map((filter) => [filter.name, `${filter.type}[]`] as const)
  const answering = file.variants.get(dialect) ?? file
  const [first = ''] = headerOf(file.text)
  return {
    name: file.called,
    describes: first.slice(first.indexOf(': ') + 2).trim(),
    title: required(file, entries, 'title').text,
    kind: kindOf(file, required(file, entries, 'kind')),
    x: entries.get('x')?.text,
    y: wordsOf(entries.get('y')?.text),
    series: entries.get('series')?.text,
    unit: entries.get('unit')?.text,
    time,
    filters,
    query: { name: answering.name, sql: answering.text, parameters: Object.fromEntries([...times, ...lists]) },
    reads: answering.inputs,
  }
}

/** The keys of a header. Its contract, which begins with the file's name, has no line of this form. */
function entriesOf(file: ContractedSql): Entries {
  const entries = new Map<Key, Entry>()
  for (const [index, text] of headerOf(file.text).entries()) {
    const [, word, value = ''] = /^-- ?([A-Za-z]+): *(.*?)\s*$/.exec(text) ?? []
    if (word === undefined) continue
    const line = index + 1
    const key = KEYS.find((known) => known === word)
    if (key === undefined) throw invalid(file, line, `has a key "${word}" that does not exist.`, suggestion(word, KEYS))
    if (entries.has(key)) throw invalid(file, line, `has the key "${key}" a second time.`, 'Leave one of them out.')
    if (value === '') throw invalid(file, line, `has nothing after "${key}:".`, 'Fill it in, or leave the line out.')
    entries.set(key, { text: value, line })
  }
  return entries
}

const EXAMPLE = `Below the contract a panel's header has lines like these:
-- title: Messages per minute
-- kind: line`

function required(file: ContractedSql, entries: Entries, key: Key): Entry {
  const entry = entries.get(key)
  if (entry !== undefined) return entry
  throw new LakeError('LAKE_SQL_INVALID', `${file.name}: its header has no "${key}".`, { remedy: EXAMPLE })
}

function kindOf(file: ContractedSql, { text, line }: Entry): PanelKind {
  const kind = PANEL_KINDS.find((known) => known === text)
  if (kind !== undefined) return kind
  throw invalid(file, line, `has the kind "${text}", which does not exist.`, suggestion(text, PANEL_KINDS))
}

function timeOf(file: ContractedSql, entries: Entries): PanelTime | undefined {
  const [grain, range] = [entries.get('grain'), entries.get('range')]
  if (grain === undefined) {
    if (range === undefined) return undefined
    throw invalid(file, range.line, 'has a range and no grain.', 'Add what a range is widened to: -- grain: 1 minute')
  }
  const grainMs = durationOf(file, grain, 'grain')
  // Days begin at midnight UTC however they are counted; five hours, counted from 1970, begin anywhere.
  if (DAY_MS % grainMs !== 0) {
    const remedy = 'It must go into a day without a rest: 1 minute, 15 minutes, 1 hour, 1 day.'
    throw invalid(file, grain.line, `has the grain "${grain.text}".`, remedy)
  }
  return {
    grain: grain.text,
    grainMs,
    rangeMs: range === undefined ? DEFAULT_RANGE_MS : durationOf(file, range, 'range'),
  }
}

function durationOf(file: ContractedSql, { text, line }: Entry, key: Key): number {
  try {
    const spanMs = parseDurationMs(text, key)
    if (spanMs >= 1) return spanMs
  } catch (cause) {
    if (!(cause instanceof LakeError)) throw cause
    throw invalid(file, line, cause.message, cause.remedy ?? '')
  }
  throw invalid(file, line, `has no time in its ${key}.`, 'Write 1 minute, or 24 hours.')
}

/** The types that the values of a filter may have: those that a person can write into an address. */
const FILTER_TYPES: ReadonlySet<string> = new Set([
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'VARCHAR',
  'DATE',
])

function filtersOf(file: ContractedSql, entries: Entries): readonly PanelFilter[] {
  const entry = entries.get('filters')
  if (entry === undefined) return []
  const filters = wordsOf(entry.text).map((word): PanelFilter => {
    const [, name, type = ''] = /^([A-Za-z_][A-Za-z0-9_]*) +(\S+)$/.exec(word) ?? []
    if (name === undefined) {
      throw invalid(file, entry.line, `has a filter "${word}".`, 'Write a name and a type: -- filters: size INTEGER')
    }
    if (!FILTER_TYPES.has(type)) {
      const remedy = isColumnType(type)
        ? `One of: ${[...FILTER_TYPES].join(', ')}.`
        : suggestion(type, [...FILTER_TYPES])
      throw invalid(file, entry.line, `has the filter ${name} of type "${type}", which none can have.`, remedy)
    }
    return { name, type }
  })
  const names = filters.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) throw invalid(file, entry.line, `has the filter ${twice} twice.`, 'Leave one of them out.')
  const taken = RESERVED.find((name) => names.includes(name))
  if (taken === undefined) return filters
  throw invalid(file, entry.line, `has a filter ${taken}, which means something else.`, 'Give it another name.')
}

/** What a filter cannot be named, because requests have it in another meaning. */
const RESERVED = [...TIME_PARAMETERS, 'format'] as const

function wordsOf(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split(',').map((word) => word.trim())
}

function invalid({ name }: ContractedSql, line: number, what: string, remedy: string): LakeError {
  return new LakeError('LAKE_SQL_INVALID', `${name} line ${line}: ${what}`, { remedy })
}
