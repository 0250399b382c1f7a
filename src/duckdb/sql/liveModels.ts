// Live models: what is stored of a group, and what readers see of it. The expressions are the user's own, as DuckDB
// wrote them back from their parse tree.
import { type AverageRounding, averageProbe, roundings, withAverages } from './averages.ts'
import { columnList, identifier, listed, typeSql } from './literals.ts'
import { clauses, joined, type Sql, sql } from './sql.ts'

/** A SELECT that DuckDB wrote, with holes in place of the names of the relations that it reads. */
export interface SelectWithHoles {
  readonly pieces: readonly string[]
}

/** One row: what an expression depends on besides its row, which is DuckDB's version and how averages are rounded. */
export const expressionsHere: Sql = sql`SELECT version() AS version, probe.* FROM (${averageProbe}) AS probe`

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
  /** `stored`: as it is. A sum or an average is NULL where `count` is 0. */
  readonly kind: 'stored' | 'sum' | AverageRounding
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
  const averaged = roundings.reduce(
    (rows, rounding) =>
      withAverages(
        rows,
        values.filter(({ kind }) => kind === rounding).map(({ name, column: sum, count }) => ({ name, sum, count })),
        rounding,
      ),
    stored,
  )
  const computed = values.flatMap((value) => {
    const computedAs = storedValue(value)
    return computedAs === undefined ? identifier(value.name) : sql`${computedAs} AS ${identifier(value.name)}`
  })
  const given = sql`(SELECT ${listed([...groups.map(identifier), ...computed])} FROM ${averaged})`
  const seen = columns.map(({ name, type }, index) => {
    const column = identifier(`c${index}`)
    return sql`CAST(${column} AS ${typeSql(type)}) AS ${identifier(name)}`
  })
  return clauses(
    sql`SELECT ${listed(seen)} FROM (${filled(select, [given])})`,
    sql`AS seen(${columnList(columns.map((_, index) => `c${index}`))})`,
  )
}

/** @returns undefined for an average, which the rows have already */
function storedValue({ kind, column, count, type }: StoredValue): Sql | undefined {
  const [value, rows] = [identifier(column), identifier(count)]
  if (kind === 'stored') return value
  return kind === 'sum' ? sql`CASE WHEN ${rows} > 0 THEN CAST(${value} AS ${typeSql(type)}) END` : undefined
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
