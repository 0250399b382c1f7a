// The first rows of a relation, kept: a table of a store that only grows. Beside the columns that models read it has a
// hash of the key, and the id of the row that this one replaced. Of the rows of a key, the newest id counts.
import type { Columns } from '../../columns.ts'
import { columnList, identifier, listed, text, typeSql } from './literals.ts'
import { clauses, joined, type Sql, sql } from './sql.ts'
import { createTempTable, createTempView, unionAll } from './statements.ts'

/** What defines such a relation. */
export interface FirstRows {
  readonly name: string
  readonly columns: Columns
  readonly keys: readonly string[]
  readonly order: readonly RowOrder[]
  /** The columns that are kept, in the table's order: those of the order, and those that models read. */
  readonly kept: readonly string[]
}

export interface RowOrder {
  readonly column: string
  readonly isDescending: boolean
  readonly areNullsFirst: boolean
}

/** Columns of ours have names that no column of a Delta table can have. */
const ID = sql`"id="`
const KEY = sql`"key="`
const PLACE = sql`"place="`
const REPLACES = sql`"replaces="`

/** The names of a relation's temporary tables and views. */
export function firstRowsNames(name: string): Readonly<Record<'gained' | 'lost' | 'current', string>> {
  return { gained: `${name} gained`, lost: `${name} lost`, current: `${name} now` }
}

/** The name of the temporary table of the new rows of a portion. @param slot  of portions whose rows are kept */
export function gainedName(name: string, slot: number): string {
  return `${name} gained ${slot}`
}

/** How the names of tables end in which states are made beside those that there are: no view is called so. */
export const NEXT_STATE_END = '='

/** The name of the table that the state of a relation is made in beside the one that it has. */
export function nextStateName(name: string): string {
  return name + NEXT_STATE_END
}

/** Rows of the state that stand in the temporary table of a portion. */
export interface UnsettledRows {
  readonly slot: number
  /** A row has the id of its place after this one. */
  readonly firstId: number
  /** By place: the id of the row that it replaces, or -1. */
  readonly replaced: readonly number[]
  /** By place: whether the row was gained; undefined if all that stand there were. */
  readonly isGained: Uint8Array | undefined
}

/** The names of the relations that have a state. */
export function builtRelations(catalog: string): Sql {
  return clauses(
    sql`SELECT table_name AS name FROM duckdb_tables()`,
    sql`WHERE database_name = ${text(catalog)} AND schema_name = 'relations'`,
  )
}

export function dropState(catalog: string, name: string): Sql {
  return sql`DROP TABLE IF EXISTS ${stateIn(catalog, name)}`
}

/** Puts the state that was made beside another in its place. */
export function replaceState(catalog: string, name: string): readonly Sql[] {
  const next = stateIn(catalog, nextStateName(name))
  return [dropState(catalog, name), sql`ALTER TABLE ${next} RENAME TO ${identifier(name)}`]
}

function stateIn(catalog: string, name: string): Sql {
  return sql`${identifier(catalog)}.relations.${identifier(name)}`
}

/** The schema that states stand in. */
export function createRelations(catalog: string): Sql {
  return sql`CREATE SCHEMA IF NOT EXISTS ${identifier(catalog)}.relations`
}

/** The definition that the state of a relation was made of; no row if there is none. */
export function builtDefinition(catalog: string, name: string): Sql {
  return clauses(
    sql`SELECT comment FROM duckdb_tables() WHERE database_name = ${text(catalog)}`,
    sql`AND schema_name = 'relations' AND table_name = ${text(name)}`,
  )
}

/** The columns of the table that its state has, in order; no rows if there is none. */
export function builtColumns(catalog: string, name: string): Sql {
  return clauses(
    sql`SELECT column_name AS name FROM duckdb_columns() WHERE database_name = ${text(catalog)}`,
    sql`AND schema_name = 'relations' AND table_name = ${text(name)} AND NOT ends_with(column_name, '=')`,
    sql`ORDER BY column_index`,
  )
}

/** The statements that keep the first rows of one relation in a catalog. */
export class FirstRowsSql {
  readonly #rows: FirstRows
  readonly #state: Sql
  readonly #kept: Sql
  readonly #lost: Sql

  /**
   * @param catalog  of the store
   * @param state  the name of the table of the state
   */
  constructor(catalog: string, rows: FirstRows, state: string) {
    const names = firstRowsNames(rows.name)
    this.#rows = rows
    this.#state = stateIn(catalog, state)
    this.#kept = columnList(rows.kept)
    this.#lost = sql`temp.${identifier(names.lost)}`
  }

  /** How many rows the state has, how many of them others have replaced, and the id that the next row may get. */
  counts(): Sql {
    const nextId = sql`coalesce(max(${ID}) + 1, 0)`
    return sql`SELECT count(*) AS rows, count(${REPLACES}) AS replaced, ${nextId} AS next_id FROM ${this.#state}`
  }

  createCurrent(): Sql {
    return createTempView(
      firstRowsNames(this.#rows.name).current,
      sql`SELECT ${this.#kept} FROM ${this.#notReplaced()}`,
    )
  }

  /** Id, hash and lead of the row of each key, for the index. */
  indexed(): Sql {
    return sql`SELECT ${this.#idNumber()}, ${KEY}, ${this.#lead()} FROM ${this.#notReplaced()}`
  }

  /** The rows of the state that no other one has replaced: one of each key. */
  #notReplaced(): Sql {
    const replaced = sql`SELECT ${REPLACES} AS ${ID} FROM ${this.#state} WHERE ${REPLACES} IS NOT NULL`
    return sql`${this.#state} ANTI JOIN (${replaced}) USING (${ID})`
  }

  /** The new rows as a temporary table, each with its place in it, from 0. */
  createGained(slot: number, select: Sql): Sql {
    return createTempTable(
      gainedName(this.#rows.name, slot),
      clauses(
        sql`SELECT CAST(row_number() OVER () - 1 AS INTEGER) AS ${PLACE}, ${this.#keyHash()} AS ${KEY},`,
        sql`${this.#kept} FROM (${select})`,
      ),
    )
  }

  dropGained(slot: number): Sql {
    return sql`DROP TABLE ${this.#gained(slot)}`
  }

  /** Place, hash and lead of the new rows. */
  gainedKeys(slot: number, limit?: number): Sql {
    const some = limit === undefined ? sql`` : sql`LIMIT ${limit}`
    return sql`SELECT ${PLACE}, ${KEY}, ${this.#lead()} FROM ${this.#gained(slot)} ${some}`
  }

  /**
   * Of new rows, and of rows in the state, those that others come before: place or -1, id or -1. Of two that are equal
   * in all that is kept, the one in the state stays.
   */
  losers(slot: number, places: readonly number[], ids: readonly number[], unsettled: readonly UnsettledRows[]): Sql {
    const columns = sql`${PLACE}, -1 AS ${ID}, ${KEY}, ${this.#kept}`
    const news = sql`SELECT ${columns} FROM ${this.#gained(slot)} ${whereIn(PLACE, places)}`
    const olds = sql`SELECT -1 AS ${PLACE}, ${ID}, ${KEY}, ${this.#kept} FROM (${this.#rowsOf(ids, unsettled)})`
    return clauses(
      sql`SELECT CAST(${PLACE} AS INTEGER), ${this.#idNumber()} FROM (${news} UNION ALL ${olds})`,
      sql`QUALIFY row_number() OVER (PARTITION BY ${KEY} ORDER BY ${this.#orderKey()}, ${PLACE}) > 1`,
    )
  }

  /** Those of the new rows that were gained, for models to read. To delete the others would take four times as long. */
  createGainedView(slot: number, isGained: Uint8Array): Sql {
    return createTempView(
      firstRowsNames(this.#rows.name).gained,
      sql`SELECT ${this.#kept} FROM ${this.#gained(slot)} WHERE ${bitAtPlace(PLACE, isGained)}`,
    )
  }

  /** The rows of the state with these ids, which new rows replace. */
  createLost(ids: readonly number[], unsettled: readonly UnsettledRows[]): Sql {
    return createTempTable(firstRowsNames(this.#rows.name).lost, this.#rowsOf(ids, unsettled))
  }

  /**
   * The same by joins: for more rows than the index is for, and where there is none. First, one of the new rows of a
   * key is left; then those go that the state has an earlier one for, and `lost` has those that come after a new one.
   */
  joinGained(slot: number): readonly Sql[] {
    const [gained, lost] = [this.#gained(slot), this.#lost]
    const later = sql`row_number() OVER (PARTITION BY ${KEY} ORDER BY ${this.#orderKey()}, ${PLACE}) > 1`
    const newest = sql`SELECT max(s.${ID}) FROM ${this.#state} s SEMI JOIN ${gained} USING (${KEY}) GROUP BY s.${KEY}`
    return [
      sql`DELETE FROM ${gained} WHERE ${PLACE} IN (SELECT ${PLACE} FROM ${gained} QUALIFY ${later})`,
      createTempTable(firstRowsNames(this.#rows.name).lost, this.#rowsInState(sql`WHERE ${ID} IN (${newest})`)),
      clauses(
        sql`DELETE FROM ${gained} WHERE ${PLACE} IN (SELECT g.${PLACE} FROM ${gained} g JOIN ${lost} l USING (${KEY})`,
        sql`WHERE ${this.#orderKey('g')} >= ${this.#orderKey('l')})`,
      ),
      sql`DELETE FROM ${lost} WHERE ${KEY} NOT IN (SELECT ${KEY} FROM ${gained})`,
    ]
  }

  /** How many rows are gained and lost, and how many ids those take. */
  changeCounts(slot: number): Sql {
    const lost = sql`(SELECT count(*) FROM ${this.#lost})`
    const ids = sql`coalesce(max(${PLACE}) + 1, 0)`
    return sql`SELECT count(*) AS gained, ${lost} AS lost, ${ids} AS ids FROM ${this.#gained(slot)}`
  }

  /** Appends the rows that a portion gained to the state: each gets the id of its place. */
  append(slot: number, firstId: number, hasLost: boolean, isGained: Uint8Array | undefined): Sql {
    const replaced = hasLost ? sql`l.${ID}` : sql`NULL`
    const join = hasLost ? sql`LEFT JOIN ${this.#lost} l ON l.${KEY} = g.${KEY}` : sql``
    return this.#append(slot, firstId, replaced, join, isGained)
  }

  /** The same for the rows of an earlier portion, which have replaced other ones since. */
  settle({ slot, firstId, replaced, isGained }: UnsettledRows): Sql {
    const hasReplaced = replaced.some((id) => id >= 0)
    // They are read as one value; each number of an IN would be planned as an expression of its own.
    const ids = sql`CAST(${text(`[${replaced.join(',')}]`)} AS BIGINT[])`
    return this.#append(
      slot,
      firstId,
      hasReplaced ? sql`nullif(${ids}[g.${PLACE} + 1], -1)` : sql`NULL`,
      sql``,
      isGained,
    )
  }

  #append(slot: number, firstId: number, replaced: Sql, join: Sql, isGained: Uint8Array | undefined): Sql {
    const where = isGained === undefined ? sql`` : sql`WHERE ${bitAtPlace(sql`g.${PLACE}`, isGained)}`
    const kept = listed(this.#rows.kept.map((name) => sql`g.${identifier(name)}`))
    return clauses(
      sql`INSERT INTO ${this.#state} SELECT ${firstId} + g.${PLACE}, g.${KEY}, ${replaced}, ${kept}`,
      sql`FROM ${this.#gained(slot)} g ${join} ${where}`,
    )
  }

  /**
   * Makes the state anew from all rows of the table. By a window, because its sorts spill: `arg_min` of a struct took a
   * fifth less time, and with 1 GB it ran out of memory at 10M keys.
   */
  build(select: Sql, definition: string): readonly Sql[] {
    const { kept, columns } = this.#rows
    const typed = kept.map((name) => sql`${identifier(name)} ${typeSql(columns[name] ?? '')}`)
    const own = [sql`${ID} BIGINT PRIMARY KEY`, sql`${KEY} UHUGEINT`, sql`${REPLACES} BIGINT`]
    const hashed = sql`SELECT ${this.#keyHash()} AS ${KEY}, ${this.#kept} FROM (${select})`
    return [
      sql`DROP TABLE IF EXISTS ${this.#state}`,
      sql`CREATE TABLE ${this.#state} (${listed([...own, ...typed])})`,
      sql`COMMENT ON TABLE ${this.#state} IS ${text(definition)}`,
      clauses(
        sql`INSERT INTO ${this.#state} SELECT row_number() OVER () - 1, * FROM (`,
        sql`SELECT ${KEY}, NULL AS ${REPLACES}, ${this.#kept} FROM (${hashed})`,
        sql`QUALIFY row_number() OVER (PARTITION BY ${KEY} ORDER BY ${orderBy(this.#rows)}) = 1)`,
      ),
    ]
  }

  #gained(slot: number): Sql {
    return sql`temp.${identifier(gainedName(this.#rows.name, slot))}`
  }

  /** Id, key and kept columns of the rows with these ids, wherever they stand. */
  #rowsOf(ids: readonly number[], unsettled: readonly UnsettledRows[]): Sql {
    const isOf = (id: number, { firstId, replaced }: UnsettledRows): boolean =>
      id >= firstId && id < firstId + replaced.length
    const settled = ids.filter((id) => !unsettled.some((rows) => isOf(id, rows)))
    const others = unsettled.flatMap((rows) => {
      const places = ids.filter((id) => isOf(id, rows)).map((id) => id - rows.firstId)
      if (places.length === 0) return []
      const id = sql`${rows.firstId} + ${PLACE} AS ${ID}`
      return [sql`SELECT ${id}, ${KEY}, ${this.#kept} FROM ${this.#gained(rows.slot)} ${whereIn(PLACE, places)}`]
    })
    return unionAll([this.#rowsInState(whereIn(ID, settled)), ...others])
  }

  #rowsInState(where: Sql): Sql {
    return sql`SELECT ${ID}, ${KEY}, ${this.#kept} FROM ${this.#state} ${where}`
  }

  /** A JavaScript number holds ids exactly. */
  #idNumber(): Sql {
    return sql`CAST(${ID} AS DOUBLE)`
  }

  /**
   * Rows have the same key exactly if DuckDB's sort keys of it are equal: so NULL is a value, and -0 is 0. A sort key
   * of few bytes is a BIGINT; with a text it is always a BLOB.
   */
  #keyHash(): Sql {
    const keys = this.#rows.keys.map((name) => sql`${identifier(name)}, 'ASC NULLS LAST'`)
    return sql`md5_number(create_sort_key(${listed(keys)}, '', 'ASC NULLS LAST'))`
  }

  /** What rows of a key are compared by. */
  #orderKey(alias?: string): Sql {
    const of = alias === undefined ? sql`` : sql`${identifier(alias)}.`
    const columns = wholeOrder(this.#rows).map(
      (column) => sql`${of}${identifier(column.column)}, ${text(directionOf(column))}`,
    )
    return sql`create_sort_key(${listed(columns)})`
  }

  /**
   * A number that is lower only for a row that comes before: most rows need no look at their other columns. Where two
   * are equal, the whole order decides; so it may round, and may be the same for all values of a type.
   */
  #lead(): Sql {
    const [first] = this.#rows.order
    if (first === undefined) return sql`0::DOUBLE`
    const { isDescending, areNullsFirst } = first
    const values = numbersOf(identifier(first.column), this.#rows.columns[first.column] ?? '')
    const leads = isDescending ? values.map((value) => sql`-(${value})`) : values
    return sql`coalesce(${listed(leads)}, ${areNullsFirst ? sql`'-Infinity'` : sql`'Infinity'`}::DOUBLE)`
  }
}

/**
 * The first rows of a SELECT, computed at once. Where rows of a key are equal in the whole order, the view may
 * pick any of them; this picks the one that is least in the other columns that are kept, as the state does.
 */
export function firstRowsOf(rows: FirstRows, select: Sql): Sql {
  return clauses(
    sql`SELECT * FROM (${select}) QUALIFY row_number()`,
    sql`OVER (PARTITION BY ${columnList(rows.keys)} ORDER BY ${orderBy(rows)}) = 1`,
  )
}

function orderBy(rows: FirstRows): Sql {
  return listed(wholeOrder(rows).map((column) => sql`${identifier(column.column)} ${directionSql(column)}`))
}

/** The order, continued by the other columns that are kept: which of two equal rows came first does not matter then. */
function wholeOrder({ order, kept }: FirstRows): RowOrder[] {
  const others = kept.filter((name) => !order.some(({ column }) => column === name))
  return [...order, ...others.map((column) => ({ column, isDescending: false, areNullsFirst: false }))]
}

function directionOf({ isDescending, areNullsFirst }: RowOrder): string {
  return `${isDescending ? 'DESC' : 'ASC'} NULLS ${areNullsFirst ? 'FIRST' : 'LAST'}`
}

function directionSql({ isDescending, areNullsFirst }: RowOrder): Sql {
  const direction = isDescending ? sql`DESC` : sql`ASC`
  return areNullsFirst ? sql`${direction} NULLS FIRST` : sql`${direction} NULLS LAST`
}

/** A value as a number that keeps the order of its type: the first of these that is not NULL. */
function numbersOf(value: Sql, type: string): Sql[] {
  switch (type) {
    case 'VARCHAR':
    case 'BLOB':
      return [sql`CASE WHEN ${value} IS NOT NULL THEN 0::DOUBLE END`]
    case 'FLOAT':
    case 'DOUBLE':
      return [sql`CASE WHEN isnan(${value}) THEN 'Infinity'::DOUBLE ELSE CAST(${value} AS DOUBLE) END`]
    case 'DATE':
      return [sql`CAST(${value} - DATE '1970-01-01' AS DOUBLE)`]
    case 'TIMESTAMPTZ': // the first is NULL for infinite times
      return [
        sql`CAST(epoch_us(${value}) AS DOUBLE)`,
        sql`CASE ${value} WHEN 'infinity' THEN 'Infinity'::DOUBLE WHEN '-infinity' THEN '-Infinity'::DOUBLE END`,
      ]
    default:
      return [sql`CAST(${value} AS DOUBLE)`]
  }
}

/** Whether the bit at a row's place is set. The bits are one value. */
function bitAtPlace(place: Sql, bits: Uint8Array): Sql {
  return sql`get_bit(CAST(${text(bits.join(''))} AS BIT), ${place}) = 1`
}

function whereIn(column: Sql, values: readonly number[]): Sql {
  const numbers = joined(
    values.map((value) => sql`${value}`),
    ', ',
  )
  return values.length === 0 ? sql`WHERE false` : sql`WHERE ${column} IN (${numbers})`
}
