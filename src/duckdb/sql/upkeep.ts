// Which small files of a table there are, and how they become one. Reads what `delta/snapshot.sql` has found.
import type { Columns } from '../../columns.ts'
import { fileOptions } from './batch.ts'
import { columnList, fileList, listed, text } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'

/** Which of a table's live files are looked at. */
export interface SmallFiles {
  readonly table: string
  /** Files of this size and larger are left as they are. */
  readonly belowBytes: number
  /** The last version whose files are looked at. */
  readonly upTo: number
}

/** The files of one folder and one writer. */
export interface FileGroup {
  /** Below the table's folder, with a slash at its end; empty for the table's own folder. */
  readonly folder: string
  /** How the names of its writer's files begin, up to the batch; empty for files that no stream names. */
  readonly writer: string
}

const FOLDER = sql`regexp_extract(path, '^(?:.*/)?')`

/** As in `tables/dataFileName.ts`: 0 stands for writers that are no stream. */
const WRITER = clauses(
  sql`regexp_replace(regexp_extract(path,`,
  sql`'^(?:.*/)?([^/]*)-[0-9]{10,}-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-', 1), '^0$', '')`,
)

function smallFiles({ table, belowBytes, upTo }: SmallFiles): Sql {
  return sql`FROM live_files WHERE name = ${text(table)} AND bytes < ${belowBytes} AND version <= ${upTo}
    AND deletion_vector IS NULL`
}

/** Each group of small files that has more than so many, the one with the most first. */
export function groupsOfSmallFiles(small: SmallFiles, moreThan: number): Sql {
  return clauses(
    sql`SELECT ${FOLDER} AS folder, ${WRITER} AS writer, count(*) AS files`,
    smallFiles(small),
    sql`GROUP BY ALL HAVING count(*) > ${moreThan} ORDER BY files DESC, folder, writer`,
  )
}

/** How a group's files are taken one after another. */
export const FILE_ORDERS = {
  bySize: sql`bytes, version, path`,
  byAge: sql`version, path`,
} as const

/** The small files of a group, in an order, after the first `offset` of them. */
export function filesOfGroup(
  small: SmallFiles,
  { folder, writer }: FileGroup,
  order: keyof typeof FILE_ORDERS,
  { limit, offset }: { readonly limit: number; readonly offset: number },
): Sql {
  return clauses(
    sql`SELECT path, file, bytes, rows`,
    smallFiles(small),
    sql`AND ${FOLDER} = ${text(folder)} AND ${WRITER} = ${text(writer)}`,
    sql`ORDER BY ${FILE_ORDERS[order]} LIMIT ${limit} OFFSET ${offset}`,
  )
}

export interface JoinedCopy {
  readonly files: readonly string[]
  /** Those that are in the files, with their types. */
  readonly columns: Columns
  readonly sortBy: readonly string[]
  readonly target: string
  /** Keys and values for the footer. */
  readonly footer: Readonly<Record<string, string>>
}

/** Writes the rows of some files as one. A column that a file lacks is NULL. Returns one row, about the new file. */
export function joinedCopy({ files, columns, sortBy, target, footer }: JoinedCopy): Sql {
  const fields = Object.entries(columns).map(
    ([name, type]) => sql`${text(name)}: {name: ${text(name)}, type: ${text(type)}, default_value: NULL}`,
  )
  const schema = sql`MAP {${fields.reduce((all, field) => sql`${all}, ${field}`)}}`
  const order = sortBy.length === 0 ? sql`` : sql` ORDER BY ${columnList(sortBy)}`
  return clauses(
    sql`COPY (SELECT ${columnList(Object.keys(columns))} FROM read_parquet(${fileList(files)}, schema = ${schema},`,
    sql`hive_partitioning = false, union_by_name = false)${order}) TO ${text(target)}`,
    sql`(${listed(fileOptions(Object.values(columns), footer))})`,
  )
}
