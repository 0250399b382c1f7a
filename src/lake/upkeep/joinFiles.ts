import { randomUUID } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { deltaStats } from '../../delta/stats.ts'
import {
  type JoinedFile,
  ReplacedMeanwhile,
  type Replacement,
  type ReplacementLog,
  rowsDiffer,
} from '../../delta/upkeep/optimize.ts'
import { countRows } from '../../duckdb/parquet.ts'
import type { Session } from '../../duckdb/session.ts'
import { joinedCopy } from '../../duckdb/sql/upkeep.ts'
import { safeInteger } from '../../duckdb/values.ts'
import { columnValuesOf } from '../../engines/duckdb/columnValues.ts'
import { LakeError } from '../../errors.ts'
import { syncAll } from '../../files/barriers.ts'
import { targetOf } from '../../files/read.ts'
import { joinedFileName, newestBatchOf, writerOf } from '../../tables/dataFileName.ts'
import type { OpenLake } from '../openLake.ts'
import type { TendedTable } from './tendedTable.ts'

/** A file that is to be joined with others of its folder and its writer. */
export interface SmallFile {
  readonly path: string
  readonly file: string
  readonly bytes: number
  /** As the log says; undefined if its writer left that out. */
  readonly rows: number | undefined
}

/** Files that become one. */
export interface Join {
  readonly files: readonly SmallFile[]
  readonly partitionValues: Readonly<Record<string, string | null>>
}

/** What came of joining. */
export type Joined =
  | { readonly kind: 'joined'; readonly version: number; readonly files: readonly JoinedFile[] }
  /** Another writer has changed what was to be replaced. Nothing was changed; another look may find something to do. */
  | { readonly kind: 'given up'; readonly why: string }

/**
 * Puts one file in the place of each list of small ones, in one commit.
 *
 * 1. write the joined files into a folder that no table knows, count their rows and those of the small ones, and make
 *    them and a list of their names durable
 * 2. link them into the table; barrier
 * 3. the Delta commit: from here on, readers see the joined files, and no longer the others; barrier
 * 4. remove the folder
 *
 * A crash before 3 leaves files that the list names, which the next one to hold the table's lock removes; a crash after
 * it leaves a folder, which goes then, too.
 * @throws LakeError; then nothing was changed
 */
export async function joinFiles(
  lake: OpenLake,
  session: Session,
  tended: TendedTable,
  log: ReplacementLog,
  joins: readonly Join[],
): Promise<Joined> {
  const { disk, layout, clock } = lake
  const folder = layout.data(tended.table)
  const attempt = await tended.begin(randomUUID())
  let version: number
  const made: { readonly file: JoinedFile; readonly staged: string }[] = []
  try {
    for (const one of joins) made.push(await stage(session, tended, attempt, one))
    const paths = made.map(({ file }) => join(folder, file.path))
    await syncAll(
      disk,
      made.map(({ staged }) => staged),
      [],
    )
    await tended.announce(
      attempt,
      made.map(({ file }) => file.path),
    )
    for (const [index, { staged }] of made.entries()) await disk.link(staged, paths[index] ?? '')
    await syncAll(disk, [], paths.map(dirname))
    const replacement: Replacement = {
      replaced: joins.flatMap(({ files, partitionValues }) => files.map((file) => ({ ...file, partitionValues }))),
      joined: made.map(({ file }) => file),
    }
    version = await log.commit(replacement, clock.nowMs(), attempt)
  } catch (error) {
    await tended.undo(attempt).catch(() => undefined) // the next to hold the lock does it
    if (error instanceof ReplacedMeanwhile) return { kind: 'given up', why: error.message }
    throw error
  }
  await disk.syncFolder(join(folder, '_delta_log'))
  await tended.end(attempt)
  return { kind: 'joined', version, files: made.map(({ file }) => file) }
}

/** Writes one file with the rows of several, and verifies that none is lost. */
async function stage(
  session: Session,
  { table }: TendedTable,
  attempt: string,
  { files, partitionValues }: Join,
): Promise<{ readonly file: JoinedFile; readonly staged: string }> {
  for (const file of files) await assertUnchanged(table.name, file)
  const sources = files.map(({ file }) => file)
  const columns = Object.fromEntries(
    Object.entries(table.columns).filter(([name]) => !table.partitionBy.includes(name)),
  )
  const [first] = files
  const name = joinedFileName(
    writerOf(first?.path ?? ''),
    files.reduce((newest, { path }) => Math.max(newest, newestBatchOf(path) ?? 0), 0),
    randomUUID(),
  )
  const staged = join(attempt, name)
  const footer = { 'lakeweir.joined': String(files.length) }
  const written = await session.rows(
    joinedCopy({ files: sources, columns, sortBy: table.sortBy, target: staged, footer }),
  )
  const [about] = written
  const rows = safeInteger(about?.count, 'rows of a file')
  const expected = await rowsIn(session, files, rows)
  if (rows !== expected) throw rowsDiffer(table.name, expected, rows)
  const values = (await columnValuesOf(session, written, table.columns)).get(staged) ?? {}
  const below = dirname(first?.path ?? '')
  return {
    staged,
    file: {
      path: below === '.' ? name : `${below}/${name}`,
      bytes: safeInteger(about?.file_size_bytes, 'bytes of a file'),
      partitionValues,
      stats: deltaStats(rows, columns, values),
    },
  }
}

/**
 * How many rows files have. Where the log says as many as were written, there is no doubt; else their footers count,
 * because the counts of other writers are only hints.
 */
async function rowsIn(session: Session, files: readonly SmallFile[], written: number): Promise<number> {
  const logged = files.reduce((sum, { rows }) => sum + (rows ?? Number.NaN), 0)
  if (logged === written) return logged
  return countRows(
    session,
    files.map(({ file }) => file),
  )
}

async function assertUnchanged(table: string, { path, file, bytes }: SmallFile): Promise<void> {
  const found = await targetOf(file)
  if (found?.isFile() === true && found.size === bytes) return
  const what = found === undefined ? 'is gone from the disk' : `has ${found.size} bytes, but its log says ${bytes}`
  throw new LakeError('LAKE_DATA_LOST', `table ${table}: file ${path} ${what}.`, {
    state: 'The table is as it was.',
    remedy: `Restore ${basename(path)} from a backup, then try again.`,
  })
}
