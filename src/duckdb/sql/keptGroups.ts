// What models store: `summed` has one row for each group, `added` what batches have added since. Both have a batch: the
// last that changed the row.
import { columnList, identifier, listed, text, typeSql } from './literals.ts'
import { STORE } from './liveStore.ts'
import { clauses, joined, type Sql, sql } from './sql.ts'
import { createTempTable, unionAll } from './statements.ts'

/** The shape of what a model stores, as far as SQL needs it. */
export interface StoredShape {
  readonly name: string
  readonly groups: readonly { readonly name: string; readonly type: string }[]
  readonly partials: readonly { readonly name: string; readonly type: string; readonly merge: 'sum' | 'min' | 'max' }[]
}

/** Removes a model with all that it stores. */
export function dropModel(name: string): Sql[] {
  return [
    sql`DROP VIEW IF EXISTS ${readersView(name)}`,
    sql`DROP TABLE IF EXISTS ${storedIn('summed', name)}`,
    sql`DROP TABLE IF EXISTS ${storedIn('added', name)}`,
  ]
}

function readersView(name: string): Sql {
  return sql`${identifier(STORE)}.main.${identifier(name)}`
}

type Part = 'summed' | 'added'

function storedIn(part: Part, name: string): Sql {
  return sql`${identifier(STORE)}.${identifier(part)}.${identifier(name)}`
}

/** Empty tables for a model; what was there before is gone. */
export function createModelTables(shape: StoredShape): Sql[] {
  const columns = [...shape.groups, ...shape.partials, BATCH].map(
    ({ name, type }) => sql`${identifier(name)} ${typeSql(type)}`,
  )
  return (['summed', 'added'] as const).map(
    (part) => sql`CREATE OR REPLACE TABLE ${storedIn(part, shape.name)} (${listed(columns)})`,
  )
}

/** The batch that last changed a row. */
const BATCH = { name: 'batch', type: 'BIGINT' }

/** How the view of a model names its rows of groups and partials. */
export const STORED_ROWS = 'stored rows'

/** The view that readers see. @param result  the model's columns from the relation `STORED_ROWS` */
export function createModelView(shape: StoredShape, result: Sql): Sql {
  return clauses(
    sql`CREATE OR REPLACE VIEW ${readersView(shape.name)} AS`,
    sql`WITH ${identifier(STORED_ROWS)} AS (FROM (${mergedRows(shape)}) WHERE n <> 0)`,
    result,
  )
}

/** All rows of a model, as its readers see them. */
export function allOfModel(name: string): Sql {
  return sql`FROM ${readersView(name)}`
}

/**
 * One row a group: groups, partials and the last batch that changed it. A group that has no row any more has n = 0.
 * Groups that begin with a time change near its end; those before the first one that a batch has changed since are
 * taken as they stand, which is most of them.
 */
export function mergedRows(shape: StoredShape): Sql {
  const summed = storedIn('summed', shape.name)
  const added = storedIn('added', shape.name)
  const columns = columnsOf(shape)
  const summedUp = (from: Sql): Sql =>
    clauses(
      sql`SELECT ${mergedColumns(shape)}`,
      sql`FROM (SELECT ${columns} FROM ${from} UNION ALL SELECT ${columns} FROM ${added})`,
      groupBy(shape),
    )
  const mark = markOf(shape)
  if (mark === undefined) return summedUp(summed)
  const { name, type } = mark
  const first = sql`(SELECT coalesce(min(${identifier(name)}), ${typeSql(type)} 'infinity') FROM ${added})`
  const isBefore = sql`${identifier(name)} < ${first}`
  return unionAll([
    sql`SELECT ${columns} FROM ${summed} WHERE ${isBefore}`,
    summedUp(sql`(FROM ${summed} WHERE (${isBefore}) IS NOT TRUE)`),
  ])
}

/** The group by which a table of groups is in order, more or less: rows come in the order of time. */
function markOf({ groups }: StoredShape): StoredShape['groups'][number] | undefined {
  const [first] = groups
  return first !== undefined && /^(DATE|TIMESTAMP)/.test(first.type) ? first : undefined
}

function groupNames({ groups }: StoredShape): string[] {
  return groups.map(({ name }) => name)
}

function columnsOf(shape: StoredShape): Sql {
  return columnList([...shape.groups, ...shape.partials, BATCH].map(({ name }) => name))
}

function groupBy(shape: StoredShape): Sql {
  return shape.groups.length === 0 ? sql`` : sql`GROUP BY ${columnList(groupNames(shape))}`
}

function mergedColumns(shape: StoredShape): Sql {
  const groups = groupNames(shape).map(identifier)
  return listed([...groups, ...shape.partials.map(mergedPartial), sql`max(batch) AS batch`])
}

function mergedPartial({ name, type, merge }: StoredShape['partials'][number]): Sql {
  const column = identifier(name)
  return sql`CAST(${MERGES[merge]}(${column}) AS ${typeSql(type)}) AS ${column}`
}

const MERGES = { sum: sql`sum`, min: sql`min`, max: sql`max` } as const

/**
 * Makes the rows of a model from the partials of all rows of its relation: in the order that batches would have made
 * them in, so that a query with a range of time need not read all of them.
 */
export function fillModel(shape: StoredShape, partials: Sql, batch: number): Sql {
  const mark = markOf(shape)
  return clauses(
    sql`INSERT INTO ${storedIn('summed', shape.name)} BY NAME`,
    sql`SELECT *, ${batch}::BIGINT AS batch FROM (${partials})`,
    mark === undefined ? sql`` : sql`ORDER BY ${identifier(mark.name)}`,
  )
}

/** Adds the partials of rows that came; those of rows that left count against them. */
export function addPartials(shape: StoredShape, gained: Sql, lost: Sql | undefined, batch: number): Sql {
  const columns = sql`${columnList([...shape.groups, ...shape.partials].map(({ name }) => name))}, ${batch}::BIGINT`
  const into = sql`INSERT INTO ${storedIn('added', shape.name)} (${columnsOf(shape)})`
  if (lost === undefined) return sql`${into} SELECT ${columns} FROM (${gained})`
  const taken = [
    ...groupNames(shape).map(identifier),
    ...shape.partials.map(({ name, merge }) => (merge === 'sum' ? sql`-${identifier(name)}` : sql`NULL`)),
  ]
  return clauses(
    into,
    unionAll([sql`SELECT ${columns} FROM (${gained})`, sql`SELECT ${listed(taken)}, ${batch}::BIGINT FROM (${lost})`]),
  )
}

/** The partials of groups whose rows left, under the names of the groups; for telling what their extremes were. */
export const LOST_PARTIALS = 'lost partials'

/** The partials of rows that left while a model was being built: its groups were not there to be compared with. */
function lostMeanwhile(name: string): Sql {
  return identifier(`${name} lost meanwhile`)
}

/** Makes an empty temporary table for them. */
export function createLostMeanwhile(shape: StoredShape): Sql {
  const columns = [...shape.groups, ...shape.partials].map(
    ({ name, type }) => sql`${identifier(name)} ${typeSql(type)}`,
  )
  return sql`CREATE OR REPLACE TEMP TABLE ${lostMeanwhile(shape.name)} (${listed(columns)})`
}

/** Notes the partials of rows that left in a batch. */
export function noteLost(shape: StoredShape): Sql {
  return sql`INSERT INTO ${lostMeanwhile(shape.name)} BY NAME FROM ${identifier(LOST_PARTIALS)}`
}

/** What was noted, as the partials of rows that leave now. */
export function allLostMeanwhile(shape: StoredShape): Sql {
  return createTempTable(LOST_PARTIALS, sql`FROM ${lostMeanwhile(shape.name)}`)
}

/** Groups that have to be computed anew. */
export function redoneGroups(name: string): string {
  return `${name} redone`
}

export function hasExtremes({ partials }: StoredShape): boolean {
  return partials.some(({ merge }) => merge !== 'sum')
}

/** Makes an empty temporary table for groups that have to be computed anew. */
export function createRedoneGroups(shape: StoredShape): Sql {
  const columns = shape.groups.map(({ name, type }) => sql`${identifier(name)} ${typeSql(type)}`)
  return sql`CREATE OR REPLACE TEMP TABLE ${identifier(redoneGroups(shape.name))} (${listed(columns)})`
}

/** Notes the groups that may have lost their extreme: that of the rows that left is the extreme of all. */
export function redoLostExtremes(shape: StoredShape): Sql {
  const extremes = shape.partials.filter(({ merge }) => merge !== 'sum')
  const now = extremes.map(({ name, merge }) => sql`${MERGES[merge]}(t.${identifier(name)}) AS ${identifier(name)}`)
  const groups = groupNames(shape).map((name) => sql`t.${identifier(name)}`)
  const rows = unionAll([sql`FROM ${storedIn('summed', shape.name)}`, sql`FROM ${storedIn('added', shape.name)}`])
  const lost = identifier(LOST_PARTIALS)
  const isLost = extremes.map(({ name }) => sql`l.${identifier(name)} = m.${identifier(name)}`)
  return clauses(
    sql`INSERT INTO ${identifier(redoneGroups(shape.name))}`,
    sql`SELECT ${listed(groupNames(shape).map((name) => sql`l.${identifier(name)}`))} FROM ${lost} AS l JOIN (`,
    sql`SELECT ${listed([...groups, ...now])} FROM (${rows}) AS t`,
    sql`SEMI JOIN ${lost} AS s ON ${isSameGroup(shape, 't', 's')} GROUP BY ALL`,
    sql`) AS m ON ${isSameGroup(shape, 'l', 'm')} WHERE ${joined(isLost, ' OR ')}`,
  )
}

export function countRedone(shape: StoredShape): Sql {
  return sql`SELECT count(*) AS groups FROM ${identifier(redoneGroups(shape.name))}`
}

/**
 * Replaces what is stored of the noted groups by what their rows of now are.
 * @param partials  of the rows of those groups; a group without any stays, with n = 0
 */
export function redoGroups(shape: StoredShape, partials: Sql, batch: number): Sql[] {
  const redone = identifier(redoneGroups(shape.name))
  const forget = (part: Part): Sql =>
    sql`DELETE FROM ${storedIn(part, shape.name)} AS t USING ${redone} AS r WHERE ${isSameGroup(shape, 't', 'r')}`
  const values = [
    ...groupNames(shape).map((name) => sql`r.${identifier(name)}`),
    ...shape.partials.map(({ name }) =>
      name === 'n' ? sql`coalesce(p.${identifier(name)}, 0)` : sql`p.${identifier(name)}`,
    ),
    sql`${batch}::BIGINT`,
  ]
  return [
    forget('summed'),
    forget('added'),
    clauses(
      sql`INSERT INTO ${storedIn('added', shape.name)} (${columnsOf(shape)}) SELECT ${listed(values)}`,
      sql`FROM (SELECT DISTINCT * FROM ${redone}) AS r LEFT JOIN (${partials}) AS p ON ${isSameGroup(shape, 'r', 'p')}`,
    ),
  ]
}

/**
 * Brings the rows that batches added into one row for each group, and empties the table that has them.
 * @param from  a bound of the first group, so that the rows before it are not looked at
 */
export function sumUp(shape: StoredShape, from: Sql | undefined): Sql[] {
  const added = clauses(sql`SELECT ${mergedColumns(shape)}`, sql`FROM ${storedIn('added', shape.name)}`, groupBy(shape))
  const changed = shape.partials.map(({ name, merge }) => {
    const column = identifier(name)
    const [old, more] = [sql`t.${column}`, sql`d.${column}`]
    // A sum of no value is NULL.
    const merged =
      merge === 'sum' ? sql`coalesce(${old} + ${more}, ${old}, ${more})` : sql`${EXTREMES[merge]}(${old}, ${more})`
    return sql`${column} = ${merged}`
  })
  const values = [...shape.groups, ...shape.partials, BATCH].map(({ name }) => sql`d.${identifier(name)}`)
  return [
    clauses(
      sql`MERGE INTO ${storedIn('summed', shape.name)} AS t USING (${added}) AS d`,
      sql`ON ${isSameGroup(shape, 't', 'd')}${from === undefined ? sql`` : sql` AND t.${from}`}`,
      sql`WHEN MATCHED THEN UPDATE SET ${listed([...changed, sql`batch = d.batch`])}`,
      sql`WHEN NOT MATCHED THEN INSERT (${columnsOf(shape)}) VALUES (${listed(values)})`,
    ),
    sql`DELETE FROM ${storedIn('added', shape.name)}`,
  ]
}

const EXTREMES = { min: sql`least`, max: sql`greatest` } as const

function isSameGroup(shape: StoredShape, one: string, other: string): Sql {
  const same = groupNames(shape).map(
    (name) => sql`${identifier(one)}.${identifier(name)} IS NOT DISTINCT FROM ${identifier(other)}.${identifier(name)}`,
  )
  return same.length === 0 ? sql`true` : joined(same, ' AND ')
}

/** Where the first groups of the rows begin that batches have added, as text, and in how many rows it is NULL. */
export function startOfAdded(shape: StoredShape): Sql {
  const mark = markOf(shape)
  const [first, nulls] =
    mark === undefined
      ? [sql`NULL`, sql`0`]
      : [sql`min(${identifier(mark.name)})`, sql`count(*) FILTER (WHERE ${identifier(mark.name)} IS NULL)`]
  return clauses(
    sql`SELECT count(*) AS rows, CAST(${first} AS VARCHAR) AS first, ${nulls} AS nulls`,
    sql`FROM ${storedIn('added', shape.name)}`,
  )
}

/** The bound for `sumUp` from what `startOfAdded` returned. */
export function boundOfAdded(shape: StoredShape, first: string): Sql | undefined {
  const mark = markOf(shape)
  return mark && sql`${identifier(mark.name)} >= CAST(${text(first)} AS ${typeSql(mark.type)})`
}

/** The batch up to which groups without rows may be forgotten, so that at most so many stay. */
export function tombstonesBefore(shape: StoredShape, kept: number): Sql {
  return clauses(
    sql`SELECT max(batch) AS batch FROM (SELECT batch FROM ${storedIn('summed', shape.name)} WHERE n = 0`,
    sql`ORDER BY batch DESC LIMIT 1 OFFSET ${kept})`,
  )
}

/** Forgets groups without rows that no batch after this one has changed. */
export function forgetTombstones(shape: StoredShape, batch: number): Sql {
  return sql`DELETE FROM ${storedIn('summed', shape.name)} WHERE n = 0 AND batch <= ${batch}`
}

/** How much a model stores: groups, rows that batches have added to them since, and blocks of the file. */
export function storedSize(name: string): Sql {
  const blocks = (['summed', 'added'] as const).map(
    (part) => sql`SELECT block_id FROM pragma_storage_info(${text(storedIn(part, name))}) WHERE block_id >= 0`,
  )
  return clauses(
    sql`SELECT (SELECT count(*) FROM ${storedIn('summed', name)} WHERE n <> 0) AS groups,`,
    sql`(SELECT count(*) FROM ${storedIn('added', name)}) AS added,`,
    sql`(SELECT count(DISTINCT block_id) FROM (${unionAll(blocks)})) AS blocks`,
  )
}

/** The size of a block of the file. */
export const blockBytes: Sql = clauses(
  sql`SELECT block_size AS bytes FROM pragma_database_size() WHERE database_name = ${text(STORE)}`,
)
