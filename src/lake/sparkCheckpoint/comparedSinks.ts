import type { Session } from '../../duckdb/session.ts'
import { multisetHash } from '../../duckdb/sql/batch.ts'
import { readForeignFiles } from '../../duckdb/sql/foreignFiles.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import { unionAll } from '../../duckdb/sql/statements.ts'
import { requiredText } from '../../duckdb/values.ts'
import type { ForeignGroup } from '../../stream/input.ts'
import { refused, START_FROM_FILES } from './refusal.ts'
import { pieces, type SinkRows } from './sinkRows.ts'

/**
 * Asserts that each row that was read is in one sink, by the columns that source and sinks share. Nothing else can tell
 * of files that no log names whether a batch was written twice while another was lost.
 * @throws LakeError LAKE_IMPORT_REFUSED
 */
export async function assertSameRows(
  session: Session,
  read: readonly ForeignGroup[],
  sinks: readonly SinkRows[],
): Promise<readonly string[]> {
  const written = sinks.flatMap(({ groups }) => groups)
  const columns = sharedColumns(read, sinks)
  if (columns.length === 0)
    throw refused('source and sinks share no column: nothing proves that they have the same rows.')
  if (read.length === 0 || written.length === 0) return columns
  const [one, other] = [await hashOf(session, read, columns), await hashOf(session, written, columns)]
  if (one === other) return columns
  const folders = sinks.map(({ sink }) => sink.folder).join(' and ')
  throw refused(
    `${folders} have as many rows as Spark has read, but not the same ones, by the columns ${columns.join(', ')}.`,
    `A batch was written twice and another in part, or the query changes one of these columns. ${START_FROM_FILES}`,
  )
}

/** Hashes of parts add up to that of the whole. */
async function hashOf(session: Session, groups: readonly ForeignGroup[], columns: readonly string[]): Promise<bigint> {
  let sum = 0n
  for (const some of pieces(groups)) {
    const [row] = await session.rows(multisetHash(rowsOf(some), columns))
    sum += BigInt(requiredText(row?.hash, 'the hash'))
  }
  return sum
}

function rowsOf(groups: readonly ForeignGroup[]): Sql {
  return unionAll(groups.map(({ files, columns }) => readForeignFiles(files, columns, 'queried')))
}

/** Those that the source's files and all tables have, of one type. */
function sharedColumns(read: readonly ForeignGroup[], sinks: readonly SinkRows[]): readonly string[] {
  const [first] = read
  return (first?.columns ?? []).flatMap(({ name, type }) =>
    sinks.every(({ table }) => table.columns[name] === type) ? [name] : [],
  )
}
