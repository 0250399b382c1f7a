import type { LiveFile, Snapshot } from '../delta/snapshot.ts'
import { countRows } from '../duckdb/parquet.ts'
import {
  allRows,
  createTempView,
  exactPath,
  multisetHash,
  readTableFilesOrNone,
  selectedRows,
  selectedRowsWhere,
} from '../duckdb/render.ts'
import type { Session } from '../duckdb/session.ts'
import { requiredText, safeInteger } from '../duckdb/values.ts'
import { DESTINATION } from '../engines/duckdb.ts'
import { statOf } from '../files/read.ts'
import type { Lake } from './lake.ts'
import { landingNotesOf } from './landing.ts'
import { pendingAfter, recordOf } from './pending.ts'
import type { LakeStream } from './resolve.ts'

/** Whether what came in is what went out, counted from the data files. */
export interface Validation {
  readonly ok: boolean
  /** Table → rows; of one that a stream follows and none of these writes, without those that are pending. */
  readonly rows: Readonly<Record<string, number>>
  /** Rows that the streams have not read yet. */
  readonly pending: number
  /** Files in landing folders that cannot be taken. */
  readonly rejectedFiles: number
  /** Why it is not ok, each as a sentence. */
  readonly problems: readonly string[]
}

/** How many missing files are named before the rest are only counted. */
const MAX_NAMED_FILES = 5

/** Checks every stream that follows a table: rows up to its offset = rows in its tables. */
export async function validateLake(lake: Lake, session: Session, deep: boolean): Promise<Validation> {
  const rows: Record<string, number> = {}
  const problems: string[] = []
  let pending = 0
  const streams = lake.resolved.streams.filter(({ from }) => from.kind === 'deltaTable')
  const written = new Set(streams.flatMap(({ into }) => into.map(({ name }) => name)))
  for (const stream of streams) {
    const checked = await validateStream(lake, stream, session, deep)
    for (const [table, count] of Object.entries(checked.rows)) {
      if (table !== sourceTable(stream) || !written.has(table)) rows[table] = count
    }
    problems.push(...checked.problems)
    pending += checked.pending
  }
  let rejectedFiles = 0
  for (const { notes } of await landingNotesOf(lake)) rejectedFiles += Object.keys(notes.rejected).length
  return { ok: problems.length === 0, rows, pending, rejectedFiles, problems }
}

interface StreamValidation {
  readonly rows: Readonly<Record<string, number>>
  readonly pending: number
  readonly problems: readonly string[]
}

async function validateStream(
  lake: Lake,
  stream: LakeStream,
  session: Session,
  deep: boolean,
): Promise<StreamValidation> {
  const source = sourceTable(stream)
  const snapshot = await lake.snapshot(session)
  const tables = [source, ...stream.into.map(({ name }) => name)]
  if (!tables.every((table) => snapshot.heads.has(table))) {
    return { rows: Object.fromEntries(tables.map((table) => [table, 0])), pending: 0, problems: [] }
  }
  const live = new Map<string, LiveFile[]>()
  for (const table of tables) live.set(table, await snapshot.liveFiles(table))
  const batch = commonBatch(stream, snapshot)
  const record = batch === 0 ? undefined : await recordOf(lake, stream, batch)
  if (batch > 0 && record === undefined) {
    return {
      rows: {},
      pending: 0,
      problems: [`${stream.name}: its tables have batch ${batch}, its checkpoint does not.`],
    }
  }
  const ahead = await pendingAfter(lake, stream, record, session)
  const read = (live.get(source) ?? []).filter(({ path }) => !ahead.paths.has(path))

  const problems: string[] = []
  const rows: Record<string, number> = {}
  const present = new Map<string, string[]>()
  for (const table of tables) {
    const files = table === source ? read : (live.get(table) ?? [])
    const missing = await missingFiles(files)
    if (missing.length > 0) problems.push(missingSentence(table, missing))
    const there = files.filter((file) => !missing.includes(file)).map(({ file }) => file)
    present.set(table, there)
    rows[table] = await countRows(session, there)
  }
  const version = snapshot.head(source).version
  const difference = countDifference(
    source,
    stream.into.map(({ name }) => name),
    rows,
    version,
  )
  if (difference !== undefined) problems.push(difference)
  if (deep && problems.length === 0) problems.push(...(await compareDeep(lake, stream, session, present)))
  return { rows, pending: ahead.rows, problems }
}

function sourceTable({ from }: LakeStream): string {
  if (from.kind !== 'deltaTable') throw new RangeError('only a stream that follows a table can be validated')
  return from.table
}

/** The newest batch that all tables of a stream have. */
function commonBatch(stream: LakeStream, snapshot: Snapshot): number {
  const batches = stream.into.map(({ name }) => {
    const txns = [...snapshot.head(name).txns].filter(([appId]) => appId.startsWith(`${stream.name}@`))
    return Math.max(0, ...txns.map(([, version]) => version))
  })
  return Math.min(...batches)
}

async function missingFiles(files: readonly LiveFile[]): Promise<LiveFile[]> {
  const missing: LiveFile[] = []
  for (const file of files) if ((await statOf(file.file)) === undefined) missing.push(file)
  return missing
}

function missingSentence(table: string, missing: readonly LiveFile[]): string {
  const named = missing.slice(0, MAX_NAMED_FILES).map(({ path }) => path)
  const more = missing.length > named.length ? ` and ${missing.length - named.length} more` : ''
  return `${table}: ${missing.length} of its files missing from the disk: ${named.join(', ')}${more}.`
}

function countDifference(
  source: string,
  into: readonly string[],
  rows: Readonly<Record<string, number>>,
  version: number,
): string | undefined {
  const read = rows[source] ?? 0
  const written = into.reduce((sum, table) => sum + (rows[table] ?? 0), 0)
  if (read === written) return undefined
  const sum = into.map((table) => `${table} ${count(rows[table] ?? 0)}`).join(' + ')
  const difference = read > written ? `${count(read - written)} missing` : `${count(written - read)} too many`
  return `${source} ${count(read)} ≠ ${sum} (${difference}) at ${source} version ${version}.`
}

function count(rows: number): string {
  return rows.toLocaleString('en-US')
}

/** Runs the stream's SELECT again over all that it has read, and compares the multisets of rows table by table. */
async function compareDeep(
  lake: Lake,
  stream: LakeStream,
  session: Session,
  present: ReadonlyMap<string, readonly string[]>,
): Promise<string[]> {
  await lake.loadViews(session)
  const source = lake.resolved.tables.find(({ name }) => name === sourceTable(stream))
  if (source === undefined) return []
  await session.setVariable('read_files', (present.get(source.name) ?? []).map(exactPath))
  await session.run(createTempView(source.name, readTableFilesOrNone('read_files', source.columns, source.partitionBy)))
  await session.setVariable('select', stream.select?.text ?? allRows(source.name))
  const problems: string[] = []
  for (const table of stream.into) {
    const columns = Object.keys(table.columns)
    const given = stream.into.length > 1 ? selectedRowsWhere(DESTINATION, table.name) : selectedRows
    const expected = await hashOfRows(session, given, columns)
    const found = await hashOfRows(session, allRows(table.name), columns)
    if (expected.hash === found.hash && expected.rows === found.rows) continue
    problems.push(
      `${table.name}: its ${count(found.rows)} rows are not the ${count(expected.rows)} that ` +
        `${stream.select?.name ?? 'its source'} gives today.`,
    )
  }
  return problems
}

async function hashOfRows(
  session: Session,
  rows: string,
  columns: readonly string[],
): Promise<{ rows: number; hash: string }> {
  const [row] = await session.rows(multisetHash(rows, columns))
  return { rows: safeInteger(row?.rows, 'the number of rows'), hash: requiredText(row?.hash, 'the hash') }
}
