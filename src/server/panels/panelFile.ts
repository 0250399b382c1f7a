import { isColumnType } from '../../columns.ts'
import type { PanelFile } from '../../lake/config/resolveLive.ts'
import { headerOf } from '../../lake/config/sqlFile.ts'
import { NAME } from '../../sources/configParts.ts'
import { suggestion } from '../../words.ts'
import {
  type NamedInHeader,
  PANEL_KINDS,
  PANEL_SPANS,
  type Panel,
  type PanelFilter,
  type PanelLabel,
  type PanelLinks,
  type PanelLook,
  type PanelNames,
  type PanelTime,
} from './panel.ts'
import { type Key, PanelHeader } from './panelHeader.ts'

const DAY_MS = 24 * 3_600_000
const DEFAULT_RANGE_MS = DAY_MS

/** The parameters that the SQL of every panel with a grain has. */
const BOUNDS = ['from', 'to'] as const

/** A parameter that such SQL may have besides: up to where grains are complete. */
const COMPLETE = 'complete'

/** What a request may say of the time of such a panel. */
export const TIME_PARAMETERS = [...BOUNDS, 'range'] as const

/**
 * A panel by the header of its file.
 * @param dialect  of what answers it: the file may have another text for that, whose contract alone counts
 * @throws LakeError LAKE_SQL_INVALID naming the file and the line
 */
export function panelOf(file: PanelFile, dialect: string): Panel {
  const header = new PanelHeader(file)
  const time = timeOf(header)
  const filters = filtersOf(header)
  const answering = file.variants.get(dialect) ?? file
  const bounds = time === undefined ? [] : boundsOf(answering.text)
  const times = bounds.map((parameter) => [parameter, 'TIMESTAMPTZ'] as const)
  const lists = filters.map((filter) => [filter.name, `${filter.type}[]`] as const)
  const [first = ''] = headerOf(file.text)
  const [look, links] = [lookOf(header), linksOf(header, time)]
  return {
    name: file.called,
    describes: first.slice(first.indexOf(': ') + 2).trim(),
    ...look,
    ...links,
    time,
    filters,
    query: { name: answering.name, sql: answering.text, parameters: Object.fromEntries([...times, ...lists]) },
    reads: answering.inputs,
    file: file.name,
    names: namesIn(header, look, links),
  }
}

function boundsOf(sql: string): readonly string[] {
  const isAsked = new RegExp(`\\$${COMPLETE}\\b`).test(sql.replaceAll(/--.*$/gm, ''))
  return isAsked ? [...BOUNDS, COMPLETE] : BOUNDS
}

function lookOf(header: PanelHeader): PanelLook {
  return {
    title: header.required('title').text,
    note: header.textOf('note'),
    kind: header.oneOf('kind', header.required('kind'), PANEL_KINDS),
    x: header.textOf('x'),
    y: header.words('y'),
    series: header.textOf('series'),
    group: header.textOf('group'),
    before: header.textOf('before'),
    compared: header.textOf('compared'),
    order: header.words('order'),
    unit: header.textOf('unit'),
    units: header.columnTexts('units', '-- units: share %, lag_ms ms'),
    headings: header.columnTexts('headings', '-- headings: shop = Shop'),
    labels: labelsOf(header),
    alarm: header.number('alarm'),
  }
}

/** `NULL = none, '' = (empty), NONE = nothing`: a value is NULL, or a text with or without quotes. */
function labelsOf(header: PanelHeader): readonly PanelLabel[] {
  return header.words('labels').map((word) => {
    const [, value = '', label = ''] = /^('[^']*'|[^=]*?) *= *(.+)$/.exec(word) ?? []
    if (value === '') {
      const line = header.get('labels')?.line ?? 0
      throw header.invalid(line, `has "${word}" in its labels.`, 'Write a value and a text: -- labels: NULL = none')
    }
    if (value === 'NULL') return { value: null, label }
    return { value: value.startsWith("'") ? value.slice(1, -1) : value, label }
  })
}

function namesIn(header: PanelHeader, { y, units, headings }: PanelLook, links: PanelLinks): PanelNames {
  const named = (key: Key, names: readonly (string | undefined)[]): readonly NamedInHeader[] => {
    const { line = 0 } = header.get(key) ?? {}
    return names.flatMap((name) => (name === undefined ? [] : [{ key, name, line }]))
  }
  const single = (['x', 'series', 'group', 'before', 'compared'] as const).map(
    (key) => [key, [header.textOf(key)]] as const,
  )
  const columns = [...single, ['y', y] as const, ['units', Object.keys(units)] as const]
  const headed = named('headings', Object.keys(headings))
  return {
    columns: [...columns.flatMap(([key, names]) => named(key, names)), ...headed],
    panels: [
      ...named('spark', [links.spark]),
      ...named('brush', [links.brush]),
      ...named('coarser', [links.coarser?.panel]),
    ],
    tables: named('rows', [links.rows]),
  }
}

function linksOf(header: PanelHeader, time: PanelTime | undefined): PanelLinks {
  const coarser = header.get('coarser')
  if (coarser !== undefined && time === undefined) {
    throw header.invalid(coarser.line, 'has a coarser panel and no grain.', 'Add a grain: -- grain: 1 minute')
  }
  return {
    spark: header.textOf('spark'),
    brush: header.textOf('brush'),
    coarser: coarser === undefined ? undefined : coarserOf(header, coarser),
    rows: header.textOf('rows'),
  }
}

function coarserOf(
  header: PanelHeader,
  entry: { readonly text: string; readonly line: number },
): PanelLinks['coarser'] {
  const [, panel, beyond = ''] = /^(\w+) +beyond +(\S.*)$/.exec(entry.text) ?? []
  if (panel === undefined) {
    const example = '-- coarser: sales_per_hour beyond 2 days'
    throw header.invalid(entry.line, `has "${entry.text}" as its coarser panel.`, `Write it like this: ${example}`)
  }
  return { panel, beyondMs: header.durationMs('coarser', { text: beyond, line: entry.line }) }
}

function timeOf(header: PanelHeader): PanelTime | undefined {
  const [grain, range, over] = [header.get('grain'), header.get('range'), header.get('over')]
  if (grain === undefined) {
    const [key, entry] = range === undefined ? (['over', over] as const) : (['range', range] as const)
    if (entry === undefined) return undefined
    const what = key === 'range' ? 'has a range and no grain.' : 'says which range it is for, and has no grain.'
    throw header.invalid(entry.line, what, 'Add what a range is widened to: -- grain: 1 minute')
  }
  const grainMs = header.durationMs('grain', grain)
  // Days begin at midnight UTC however they are counted; five hours, counted from 1970, begin anywhere.
  if (DAY_MS % grainMs !== 0) {
    const remedy = 'It must go into a day without a rest: 1 minute, 15 minutes, 1 hour, 1 day.'
    throw header.invalid(grain.line, `has the grain "${grain.text}".`, remedy)
  }
  return {
    grain: grain.text,
    grainMs,
    rangeMs: range === undefined ? DEFAULT_RANGE_MS : header.durationMs('range', range),
    over: over === undefined ? 'view' : header.oneOf('over', over, PANEL_SPANS),
  }
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

function filtersOf(header: PanelHeader): readonly PanelFilter[] {
  const entry = header.get('filters')
  if (entry === undefined) return []
  const filters = header.words('filters').map((word): PanelFilter => {
    const [name = '', type = '', ...more] = word.split(/ +/)
    if (!NAME.test(name) || type === '' || more.length > 0) {
      throw header.invalid(entry.line, `has a filter "${word}".`, 'Write a name and a type: -- filters: size INTEGER')
    }
    if (!FILTER_TYPES.has(type)) {
      const remedy = isColumnType(type)
        ? `One of: ${[...FILTER_TYPES].join(', ')}.`
        : suggestion(type, [...FILTER_TYPES])
      throw header.invalid(entry.line, `has the filter ${name} of type "${type}", which none can have.`, remedy)
    }
    return { name, type }
  })
  const names = filters.map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) < index)
  if (twice !== undefined) throw header.invalid(entry.line, `has the filter ${twice} twice.`, 'Leave one of them out.')
  const taken = RESERVED.find((name) => names.includes(name))
  if (taken === undefined) return filters
  throw header.invalid(entry.line, `has a filter ${taken}, which means something else.`, 'Give it another name.')
}

/** What a filter cannot be named, because requests or the SQL of panels have it in another meaning. */
const RESERVED = [...TIME_PARAMETERS, COMPLETE, 'format'] as const
