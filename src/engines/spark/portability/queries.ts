import { folded, isNode, listIn, nodeIn, type ParseNode, textIn, textsIn } from '../../../duckdb/parseTree.ts'
import { assertOrder } from './calls.ts'
import { type Check, type Column, columnNamed, type ReadRelation, refuse, type Scope } from './check.ts'
import { assertTruth, type Place, shownType, typeOf } from './expressions.ts'
import { common, isSame, NULL, resolved, type Type, UNKNOWN } from './types.ts'

const KEYS: Readonly<Record<string, ReadonlySet<string>>> = {
  SELECT_NODE: new Set([
    'type',
    'cte_map',
    'from_table',
    'select_list',
    'where_clause',
    'group_expressions',
    'group_sets',
    'aggregate_handling',
    'having',
    'qualify',
    'modifiers',
    'sample',
  ]),
  SET_OPERATION_NODE: new Set(['type', 'cte_map', 'modifiers', 'setop_type', 'setop_all', 'left', 'right', 'children']),
}

const ELSEWHERE = 'Write it another way.'

/**
 * The columns of a query; notes what is not portable in it.
 * @param use  whether its columns are read by name, so that each needs one, and a type that is the same
 */
export function columnsOfQuery(check: Check, query: ParseNode, around: Scope, use: 'named' | 'unnamed'): Column[] {
  const type = textIn(query, 'type')
  const known = KEYS[type]
  if (known === undefined) {
    const what = type === 'RECURSIVE_CTE_NODE' ? 'WITH RECURSIVE' : type
    refuse(check, check.sql.startOf(query), `${what} is not known to be the same on Spark`, ELSEWHERE)
    return []
  }
  const stray = Object.keys(query).find((key) => !known.has(key))
  if (stray !== undefined) {
    refuse(check, check.sql.startOf(query), `"${stray}" of a query is not known to be the same on Spark`, ELSEWHERE)
  }
  const scope = scopeWithin(check, query, around)
  return type === 'SET_OPERATION_NODE'
    ? columnsOfSet(check, query, scope, use)
    : columnsOfSelect(check, query, scope, use)
}

/** What is around a query, and its own WITH, each entry of which sees those before it. */
function scopeWithin(check: Check, query: ParseNode, around: Scope): Scope {
  const ctes = new Map(around.ctes)
  for (const entry of listIn(nodeIn(query, 'cte_map') ?? {}, 'map')) {
    const cte = nodeIn(entry, 'value') ?? {}
    const body = nodeIn(nodeIn(cte, 'query') ?? {}, 'node') ?? {}
    const columns = columnsOfQuery(check, body, { ...around, ctes: new Map(ctes) }, 'named')
    ctes.set(folded(textIn(entry, 'key')), renamed(columns, textsIn(cte, 'aliases')))
  }
  return { ...around, ctes }
}

function renamed(columns: readonly Column[], names: readonly string[]): Column[] {
  return columns.map((column, index) => ({ ...column, name: names[index] ?? column.name }))
}

function columnsOfSet(check: Check, query: ParseNode, scope: Scope, use: 'named' | 'unnamed'): Column[] {
  const operation = textIn(query, 'setop_type')
  if (operation.endsWith('_BY_NAME')) {
    const start = check.sql.startOf(nodeIn(query, 'right') ?? {})
    const at = check.sql.keywordBefore(/\bby\s+name\b/gi, start)
    refuse(check, at, 'Spark has no BY NAME', 'Select the columns in one order.')
  }
  const sides = [nodeIn(query, 'left'), nodeIn(query, 'right'), ...listIn(query, 'children')].filter(isNode)
  const [first = [], ...others] = sides.map((side, index) =>
    columnsOfQuery(check, side, scope, index === 0 ? use : 'unnamed'),
  )
  const columns = first.map(({ name, type }, index) => {
    const types = [type, ...others.map((columns) => columns[index]?.type ?? UNKNOWN)]
    const all = types.reduce<Type | undefined>((one, other) => (one === undefined ? one : common(one, other)), types[0])
    if (all !== undefined) return { name, type: all }
    const what = `column ${name} is ${types.map(shownType).join(' and ')}, which Spark may mix in another way`
    refuse(check, check.sql.startOf(query), what, 'CAST them to one type.')
    return { name, type: UNKNOWN }
  })
  const own = { ...scope, relations: [{ alias: '', columns }], merged: new Map(), aliases: new Map() }
  lookAtModifiers(check, query, placeIn(own))
  return columns
}

function placeIn(scope: Scope): Place {
  return {
    scope,
    ofQuery: (inner, query, around) =>
      columnsOfQuery(
        inner,
        query,
        { ...around, relations: [], merged: new Map(), aliases: new Map(), around },
        'unnamed',
      ).map(({ type }) => type),
  }
}

function columnsOfSelect(check: Check, query: ParseNode, scope: Scope, use: 'named' | 'unnamed'): Column[] {
  const { sql } = check
  const from = readFrom(check, nodeIn(query, 'from_table') ?? {}, scope)
  const aliases = new Map<string, Type>()
  const own: Scope = { ...scope, relations: from.relations, merged: from.merged, aliases }
  const place = placeIn(own)
  const where = nodeIn(query, 'where_clause')
  if (where !== undefined) assertTruth(check, where, { ...placeIn({ ...own, aliases: new Map() }), isCondition: true })
  const columns: Column[] = []
  for (const item of listIn(query, 'select_list')) {
    if (item.class === 'STAR') {
      columns.push(...columnsOfStar(check, item, from))
      continue
    }
    const column = columnOf(check, item, typeOf(check, item, place), own, use)
    columns.push(column)
    if (textIn(item, 'alias') !== '') aliases.set(folded(column.name), column.type)
  }
  for (const group of listIn(query, 'group_expressions')) typeOf(check, group, place)
  for (const clause of ['having', 'qualify']) {
    const condition = nodeIn(query, clause)
    if (condition !== undefined) assertTruth(check, condition, place)
  }
  if (query.sample !== undefined) {
    const at = sql.keywordAfter(/\b(using\s+sample|tablesample)\b/gi, sql.startOf(query.select_list))
    refuse(check, at, 'a sample takes other rows on Spark', 'Filter rows by a column.')
  }
  lookAtModifiers(check, query, place)
  if (use === 'named') assertNamesApart(check, query, columns)
  return columns
}

function assertNamesApart(check: Check, query: ParseNode, columns: readonly Column[]): void {
  const names = columns.map(({ name }) => folded(name))
  const twin = columns.find(({ name }, index) => name !== '' && names.indexOf(folded(name)) < index)
  if (twin === undefined) return
  const what = `two columns are called ${twin.name}, which Spark does not allow`
  refuse(check, check.sql.startOf(query.select_list), what, 'Give one of them another name.')
}

/** A column of a SELECT that is not a star. */
function columnOf(check: Check, item: ParseNode, type: Type, scope: Scope, use: 'named' | 'unnamed'): Column {
  const written = item.class === 'COLUMN_REF' ? textsIn(item, 'column_names').at(-1) : undefined
  const name = textIn(item, 'alias') || written || ''
  if (use === 'unnamed') return { name, type: resolved(type) }
  if (name === '') {
    refuse(check, item, 'the column has no name, and Spark makes up another one than DuckDB', 'Name it with AS.')
  } else if (written !== undefined && textIn(item, 'alias') === '') {
    const declared = scope.relations.flatMap(({ columns }) => columnNamed(columns, written) ?? [])[0]
    if (declared !== undefined && declared.name !== written) {
      const what = `the column is called ${declared.name} in DuckDB, and ${written} on Spark`
      refuse(check, item, what, `Write ${declared.name}.`)
    }
  }
  if (isSame(resolved(type)) && type !== NULL) return { name, type: resolved(type) }
  const what = type === NULL ? 'NULL alone has no type on Spark' : `${name || 'the column'} has another type on Spark`
  refuse(check, item, what, `CAST it to the type that you need.`)
  return { name, type: UNKNOWN }
}

interface From {
  readonly relations: readonly ReadRelation[]
  readonly merged: ReadonlyMap<string, Column>
}

const STAR_KEYS: ReadonlySet<string> = new Set(['class', 'type', 'query_location', 'relation_name'])

const STAR_PARTS: Readonly<Record<string, string>> = {
  exclude_list: 'EXCLUDE',
  qualified_exclude_list: 'EXCLUDE',
  replace_list: 'REPLACE',
  rename_list: 'RENAME',
  columns: 'COLUMNS',
  expr: 'COLUMNS',
}

function columnsOfStar(check: Check, star: ParseNode, { relations, merged }: From): Column[] {
  const stray = Object.keys(star).find((key) => !STAR_KEYS.has(key))
  if (stray !== undefined) {
    refuse(check, star, `Spark has no ${STAR_PARTS[stray] ?? stray}, or writes it in another way`, 'Name the columns.')
    return []
  }
  const name = folded(textIn(star, 'relation_name'))
  if (name !== '') return [...(relations.find(({ alias }) => alias === name)?.columns ?? [])]
  const all = relations.flatMap(({ columns }) => columns)
  return all.filter(({ name: column }, index) => {
    const isAgain = all.findIndex((other) => folded(other.name) === folded(column)) < index
    return !(merged.has(folded(column)) && isAgain)
  })
}

const NO_MERGED: ReadonlyMap<string, Column> = new Map()

const JOIN_TYPES: ReadonlySet<string> = new Set(['INNER', 'LEFT', 'RIGHT', 'FULL', 'OUTER', 'SEMI', 'ANTI'])

function readFrom(check: Check, table: ParseNode, scope: Scope): From {
  const type = textIn(table, 'type')
  if (table.sample !== undefined) {
    const at = check.sql.keywordAfter(/\btablesample\b/gi, check.sql.startOf(table))
    refuse(check, at, 'a sample takes other rows on Spark', 'Filter rows by a column.')
  }
  if (type === 'EMPTY') return { relations: [], merged: NO_MERGED }
  if (type === 'JOIN') return readJoin(check, table, scope)
  if (type === 'SUBQUERY') {
    const query = nodeIn(nodeIn(table, 'subquery') ?? {}, 'node') ?? {}
    const inner = { ...scope, relations: [], merged: NO_MERGED, aliases: new Map() }
    return one(table, columnsOfQuery(check, query, inner, 'named'))
  }
  if (type === 'BASE_TABLE') return one(table, readTable(check, table, scope))
  const what = FROM_NAMES[type] ?? `${textIn(nodeIn(table, 'function') ?? {}, 'function_name') || type}() in a FROM`
  refuse(check, table, `${what} is not known to be the same on Spark`, 'Read tables, views and references alone.')
  return one(table, [])
}

const FROM_NAMES: Readonly<Record<string, string>> = {
  PIVOT: 'PIVOT or UNPIVOT',
  EXPRESSION_LIST: 'VALUES',
  SHOW_REF: 'DESCRIBE or SUMMARIZE',
}

function one(table: ParseNode, columns: readonly Column[]): From {
  const alias = folded(textIn(table, 'alias') || textIn(table, 'table_name'))
  return { relations: [{ alias, columns: renamed(columns, textsIn(table, 'column_name_alias')) }], merged: NO_MERGED }
}

function readTable(check: Check, table: ParseNode, { ctes }: Scope): readonly Column[] {
  const name = textIn(table, 'table_name')
  const path = [textIn(table, 'catalog_name'), textIn(table, 'schema_name'), name].filter((step) => step !== '')
  const found = path.length > 1 ? undefined : (ctes.get(folded(name)) ?? check.relations.get(folded(name)))
  if (found !== undefined) return found
  refuse(
    check,
    table,
    `${path.join('.')} is not there on Spark`,
    'Read what the header names under "in", by its plain name.',
  )
  return []
}

function readJoin(check: Check, join: ParseNode, scope: Scope): From {
  const left = readFrom(check, nodeIn(join, 'left') ?? {}, scope)
  const right = readFrom(check, nodeIn(join, 'right') ?? {}, scope)
  const [type, kind] = [textIn(join, 'join_type'), textIn(join, 'ref_type')]
  if (!JOIN_TYPES.has(type) || (kind !== 'REGULAR' && kind !== 'CROSS')) {
    const at = typeof join.query_location === 'number' ? join.query_location : check.sql.startOf(join)
    refuse(
      check,
      at,
      `a join of the kind ${kind === 'REGULAR' ? type : kind} is not known to be the same on Spark`,
      'Use JOIN … ON or USING.',
    )
  }
  const isHalf = type === 'SEMI' || type === 'ANTI'
  const merged = new Map([...left.merged, ...right.merged])
  for (const name of textsIn(join, 'using_columns')) {
    const column = left.relations.flatMap(({ columns }) => columnNamed(columns, name) ?? [])[0]
    if (column !== undefined) merged.set(folded(name), column)
  }
  const relations = [...left.relations, ...right.relations]
  const condition = nodeIn(join, 'condition')
  if (condition !== undefined) {
    assertTruth(check, condition, placeIn({ ...scope, relations, merged, aliases: new Map() }))
  }
  return { relations: isHalf ? left.relations : relations, merged }
}

function lookAtModifiers(check: Check, query: ParseNode, place: Place): void {
  for (const modifier of listIn(query, 'modifiers')) {
    const type = textIn(modifier, 'type')
    if (type === 'ORDER_MODIFIER') {
      const argumentOf = (node: ParseNode) => ({ type: typeOf(check, node, place), literal: undefined })
      for (const order of listIn(modifier, 'orders')) assertOrder(check, order, argumentOf)
    } else if (type === 'DISTINCT_MODIFIER') {
      if (modifier.distinct_on_targets === undefined) continue
      const start = check.sql.startOf(modifier)
      refuse(check, start, 'Spark has no DISTINCT ON', 'Use QUALIFY row_number() OVER (…) = 1.')
    } else if (type === 'LIMIT_MODIFIER') {
      for (const key of ['limit', 'offset']) {
        const value = nodeIn(modifier, key)
        if (value !== undefined && !isNumber(value))
          refuse(check, value, 'a computed LIMIT is not known to be the same on Spark', 'Write a number.')
      }
    } else {
      refuse(check, check.sql.startOf(modifier), 'a LIMIT in percent is not known to Spark', 'Write a number of rows.')
    }
  }
}

function isNumber(node: ParseNode): boolean {
  const value: unknown = node.value
  return node.class === 'CONSTANT' && isNode(value) && typeof value.value === 'number'
}
