// Live models: what is stored of a group, and what readers see of it. The expressions are the user's own, as DuckDB
// wrote them back from their parse tree.
import { columnList, identifier, listed, typeSql } from './literals.ts'
import { clauses, joined, type Sql, sql } from './sql.ts'

/** A SELECT that DuckDB wrote, with holes in place of the names of the relations that it reads. */
export interface SelectWithHoles {
  readonly pieces: readonly string[]
}

/** One row: DuckDB's version, by which the value of an expression may change. */
export const duckdbVersion: Sql = sql`SELECT version() AS version`

/** The rows of a SELECT with other names of its columns, whatever they were called. */
export function named(select: string, names: readonly string[]): Sql {
  return sql`SELECT * FROM (${select as Sql}) AS named(${columnList(names)})`
}

/** A stored column: what it is called in the SELECT and how it is stored. */
export interface StoredColumn {
  readonly name: string
  readonly type: string
  /** Whether nothing to add up is stored as 0. */
  readonly isSum: boolean
}

/** The groups of a SELECT and their stored columns. */
export function partialRows(select: SelectWithHoles, columns: readonly StoredColumn[], relations: readonly Sql[]): Sql {
  const stored = columns.map(({ name, type, isSum }) => {
    const column = identifier(name)
    return isSum ? sql`CAST(coalesce(${column}, 0) AS ${typeSql(type)}) AS ${column}` : column
  })
  const names = columns.map(({ name }) => name)
  return clauses(
    sql`SELECT ${listed(stored)} FROM (${filled(select, relations)})`,
    sql`AS partials(${columnList(names)})`,
  )
}

/** The value of an aggregate from stored columns. */
export interface StoredValue {
  readonly name: string
  /** `stored`: as it is. `sum`, `avg`: NULL where `count` is 0. */
  readonly kind: 'stored' | 'sum' | 'avg'
  readonly column: string
  readonly count: string
  readonly type: string
}

/** A column that readers see; `expression` is its name in the SELECT over values. */
export interface SeenColumn {
  readonly name: string
  readonly type: string
}

/** What readers see of stored rows, one of each group: the SELECT computes it from groups and values of aggregates. */
export function seenRows(
  select: SelectWithHoles,
  columns: readonly SeenColumn[],
  groups: readonly string[],
  values: readonly StoredValue[],
  stored: Sql,
): Sql {
  const computed = values.map((value) => sql`${storedValue(value)} AS ${identifier(value.name)}`)
  const given = sql`(SELECT ${listed([...groups.map(identifier), ...computed])} FROM ${stored})`
  const seen = columns.map(({ name, type }, index) => {
    const column = identifier(`c${index}`)
    return sql`CAST(${column} AS ${typeSql(type)}) AS ${identifier(name)}`
  })
  return clauses(
    sql`SELECT ${listed(seen)} FROM (${filled(select, [given])})`,
    sql`AS seen(${columnList(columns.map((_, index) => `c${index}`))})`,
  )
}

function storedValue({ kind, column, count, type }: StoredValue): Sql {
  const [value, rows] = [identifier(column), identifier(count)]
  if (kind === 'stored') return value
  if (kind === 'sum') return sql`CASE WHEN ${rows} > 0 THEN CAST(${value} AS ${typeSql(type)}) END`
  return sql`CAST(${value} AS DOUBLE) / nullif(${rows}, 0)`
}

/** Some columns of a relation. */
export function columnsOf(relation: string, columns: readonly string[]): Sql {
  return sql`(SELECT ${columnList(columns)} FROM ${identifier(relation)})`
}

/** A relation by its name. */
export function relationNamed(name: string): Sql {
  return identifier(name)
}

function filled({ pieces }: SelectWithHoles, holes: readonly Sql[]): Sql {
  if (pieces.length !== holes.length + 1) {
    throw new RangeError(`${holes.length} relations for ${pieces.length - 1} places`)
  }
  return joined(
    pieces.map((piece, index) => sql`${piece as Sql}${holes[index] ?? joined([], '')}`),
    '',
  )
}

/** A SELECT that reads relations of the given names, which occur nowhere else in it, with holes in their places. */
export function withHoles(select: string, names: readonly string[]): SelectWithHoles {
  let rest = select
  const pieces: string[] = []
  for (const name of names) {
    const parts = rest.split(identifier(name))
    if (parts.length !== 2) throw new RangeError(`${name} is in ${parts.length - 1} places of: ${select}`)
    pieces.push(parts[0] ?? '')
    rest = parts[1] ?? ''
  }
  return { pieces: [...pieces, rest] }
}
