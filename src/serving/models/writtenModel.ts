import { createHash } from 'node:crypto'
import { nodeIn, type ParseNode, writeQueries } from '../../duckdb/parseTree.ts'
import type { Session } from '../../duckdb/session.ts'
import type { AverageRounding } from '../../duckdb/sql/averages.ts'
import {
  columnsOf,
  named,
  partialRows,
  relationNamed,
  type SelectWithHoles,
  type StoredColumn,
  type StoredValue,
  seenRows,
  withHoles,
} from '../../duckdb/sql/liveModels.ts'
import type { LiveModel } from '../model.ts'
import { type Aggregates, type AggregateValue, ROWS } from './aggregates.ts'
import type { Names } from './columns.ts'
import { type From, referencesOf, withTable } from './from.ts'
import { type ExpressionsHere, type ModelFile, type ModelText, refuse } from './modelText.ts'
import { assertSeenTypes, assertStoredTypes, typedItems } from './types.ts'

/** The short name of the stored groups in the SELECT over them. */
const STORED = 'k'

/** A column of the model over stored groups; `group` if it is one as it is. */
export interface Output {
  readonly expression: ParseNode
  readonly group: number | undefined
}

export function storedColumn(name: string): ParseNode {
  return { class: 'COLUMN_REF', type: 'COLUMN_REF', alias: '', query_location: 0, column_names: [STORED, name] }
}

export function groupName(index: number): string {
  return `g${index}`
}

/** What a model's text says, checked. */
export interface ModelParts {
  readonly text: ModelText
  readonly query: ParseNode
  readonly where: ParseNode | null
  readonly from: From
  readonly names: Names
  readonly groups: readonly ParseNode[]
  readonly aggregates: Aggregates
  readonly outputs: readonly Output[]
  readonly columns: Readonly<Record<string, string>>
}

interface Written {
  readonly partials: SelectWithHoles
  readonly partialsOfGroups: SelectWithHoles
  readonly seen: SelectWithHoles
  readonly stored: readonly StoredColumn[]
  readonly values: readonly StoredValue[]
}

async function writeParts(session: Session, parts: ModelParts, rounding: AverageRounding): Promise<Written> {
  const { text, query, where, from, groups, aggregates, outputs } = parts
  const [rowsPlace = '', groupsPlace = '', storedPlace = ''] = PLACES.map((name) => unused(name, text.file.text))
  const fromNode = nodeIn(query, 'from_table') ?? {}
  const plain = { ...query, where_clause: where, group_expressions: [], group_sets: [] }
  const grouped = (tables: ParseNode): ParseNode => ({
    ...plain,
    from_table: tables,
    select_list: [...groups, ...aggregates.partials.map(({ call }) => call)],
    aggregate_handling: 'FORCE_AGGREGATES',
  })
  const seenFrom = { from_table: tableNode(storedPlace, STORED), where_clause: null }
  const selects = await writeQueries(session, [
    { ...plain, select_list: typedItems(groups, aggregates), aggregate_handling: 'STANDARD_HANDLING' },
    grouped(fromNode),
    grouped(withTable(fromNode, from.at, rowsPlace)),
    grouped(withTable(onlyGroups(fromNode, groups, groupsPlace), from.at, rowsPlace)),
    {
      ...plain,
      ...seenFrom,
      select_list: outputs.map(({ expression }) => expression),
      aggregate_handling: 'STANDARD_HANDLING',
    },
  ])
  const [items, bound, ofRows, ofGroups, ofStored] = selects
  const argumentTypes = await assertStoredTypes(session, text, groups, aggregates, written(text, items))
  const columnNames = [...groups.map((_, index) => groupName(index)), ...aggregates.partials.map(({ name }) => name)]
  const types = await session.describe(named(written(text, bound), columnNames))
  assertSeenTypes(text, parts.columns)
  const stored = columnNames.map((name) => ({ name, type: types[name] ?? '', isSum: isSum(aggregates, name) }))
  return {
    partials: withHoles(written(text, ofRows), [rowsPlace]),
    partialsOfGroups: withHoles(written(text, ofGroups), [rowsPlace, groupsPlace]),
    seen: withHoles(written(text, ofStored), [storedPlace]),
    stored,
    values: aggregates.values.map((value, index) => {
      const ofArgument = argumentTypes.get(value.call) ?? ''
      const kind = value.kind === 'avg' ? roundingOf(ofArgument, rounding) : value.kind
      return storedValue(`v${index}`, value, kind, types)
    }),
  }
}

/** Names of what the SELECTs read. */
const PLACES = ['rows that are added up', 'groups that are computed anew', 'stored groups']

/** A name that stands nowhere in a text. */
function unused(name: string, text: string): string {
  return text.includes(name) ? unused(`${name}.`, text) : name
}

/** A SELECT that DuckDB wrote, or the refusal where it writes another one. */
function written(text: ModelText, select: string | undefined): string {
  if (select !== undefined) return select
  return refuse(
    text,
    undefined,
    'DuckDB writes one of its expressions otherwise than it reads it',
    'Write numbers without an exponent, such as CAST(1000 AS DOUBLE) for 1e3.',
  )
}

function isSum(aggregates: Aggregates, name: string): boolean {
  return aggregates.partials.some((partial) => partial.name === name && partial.merge === 'sum')
}

/** DuckDB adds small numbers up in 64 bits, and divides as every program does. */
function roundingOf(type: string, rounding: AverageRounding): AverageRounding {
  return type === 'TINYINT' || type === 'SMALLINT' ? 'double' : rounding
}

function storedValue(
  name: string,
  value: AggregateValue,
  kind: StoredValue['kind'],
  types: Readonly<Record<string, string>>,
): StoredValue {
  if (value.kind === 'stored') return { name, kind: 'stored', column: value.column, count: ROWS, type: '' }
  const { sum, count } = value
  return { name, kind, column: sum, count, type: types[sum] ?? '' }
}

function tableNode(name: string, alias: string, columns: readonly string[] = []): ParseNode {
  return {
    type: 'BASE_TABLE',
    alias,
    sample: null,
    query_location: 0,
    schema_name: '',
    table_name: name,
    column_name_alias: columns,
    catalog_name: '',
    at_clause: null,
  }
}

/** The rows of a FROM that are of the groups in a relation. */
function onlyGroups(from: ParseNode, groups: readonly ParseNode[], place: string): ParseNode {
  const alias = 'computed anew'
  // Names that no column of a lake has: what they are called in the relation might be a column of the model's.
  const names = groups.map((_, index) => `group ${index}`)
  const isSame = groups.map((group, index) => ({
    class: 'COMPARISON',
    type: 'COMPARE_NOT_DISTINCT_FROM',
    alias: '',
    query_location: 0,
    left: group,
    right: { ...storedColumn(''), column_names: [alias, names[index]] },
  }))
  const [first] = isSame
  const all = { class: 'CONJUNCTION', type: 'CONJUNCTION_AND', alias: '', query_location: 0, children: isSame }
  return {
    type: 'JOIN',
    alias: '',
    sample: null,
    query_location: 0,
    left: from,
    right: tableNode(place, alias, names),
    condition: isSame.length === 1 ? first : all,
    join_type: 'SEMI',
    ref_type: 'REGULAR',
    using_columns: [],
    delim_flipped: false,
    duplicate_eliminated_columns: [],
  }
}

/** The model in the parts that keeping it needs, each as SQL that DuckDB wrote. */
export async function writeModel(
  session: Session,
  file: ModelFile,
  parts: ModelParts,
  here: ExpressionsHere,
): Promise<LiveModel> {
  const { from, names, columns } = parts
  const { relation } = from
  const selects = await writeParts(session, parts, here.rounding)
  const { stored, values } = selects
  const groups = parts.groups.map((_, index) => groupName(index))
  const references = referencesOf(from)
  const reads = names.relationColumns([parts.query.from_table, parts.where, parts.groups, parts.aggregates.partials])
  const seen = Object.entries(columns).map(([name, type]) => ({ name, type }))
  const readTypes = reads.map((column) => [column, relation.columns[column]])
  // Where the files of references are says nothing of what is in them.
  const joined = references.map(({ name, columns: ofFile, key }) => ({ name, columns: ofFile, key }))
  const shape = { here, columns, selects, relation: { ...relation, columns: readTypes }, joined }
  const merges = new Map(parts.aggregates.partials.map(({ name, merge }) => [name, merge]))
  return {
    name: file.called,
    file: file.name,
    text: file.text,
    relation,
    references,
    // What reads no column needs one all the same, to have rows.
    reads: reads.length > 0 ? reads : Object.keys(relation.columns).slice(0, 1),
    groups: stored.filter(({ name }) => !merges.has(name)).map(({ name, type }) => ({ name, type })),
    partials: stored.flatMap(({ name, type }) => {
      const merge = merges.get(name)
      return merge === undefined ? [] : [{ name, type, merge }]
    }),
    columns,
    keys: parts.groups.map((_, index) => seen[parts.outputs.findIndex(({ group }) => group === index)]?.name ?? ''),
    hash: createHash('sha256').update(JSON.stringify(shape)).digest('hex'),
    partialsOf: (rows, of) =>
      of === undefined
        ? partialRows(selects.partials, stored, [relationNamed(rows)])
        : partialRows(selects.partialsOfGroups, stored, [relationNamed(rows), columnsOf(of, groups)]),
    resultOf: (rows) => seenRows(selects.seen, seen, groups, values, relationNamed(rows)),
  }
}
