import { PLAIN_FEATURES } from '../delta/features.ts'
import { unknownFeatures } from '../delta/protocol.ts'
import type { TableHead } from '../delta/snapshot.ts'
import type { Session } from '../duckdb/session.ts'
import { multisetHash, selectedRows, selectedRowsWhere } from '../duckdb/sql/batch.ts'
import { exactPath } from '../duckdb/sql/literals.ts'
import type { Sql } from '../duckdb/sql/sql.ts'
import { allRows, createTempView } from '../duckdb/sql/statements.ts'
import { readTableFilesOrNone } from '../duckdb/sql/tableFiles.ts'
import { requiredText, safeInteger } from '../duckdb/values.ts'
import { showInput } from '../engines/duckdb/input.ts'
import { LakeError } from '../errors.ts'
import type { SourceFile, SourceNow } from '../sources/kind.ts'
import { DESTINATION } from '../tables/engine.ts'
import { listBatches } from '../tables/record.ts'
import { referenceHash } from '../tables/referenceFile.ts'
import type { LakeTable } from '../tables/table.ts'
import type { LakeStream } from './config/resolve.ts'
import { sqlHashOf } from './config/sqlFile.ts'
import type { FileSet } from './dataFiles.ts'
import type { Differences } from './differences.ts'
import type { OpenLake } from './openLake.ts'
import { recordOf } from './streamRecords.ts'
import { loadViews } from './views.ts'

// Compares the rows of a stream one by one: what its SELECT returns today for all that it has read, and what it wrote.

/** With these, views show the rows of a table; those of deletion vectors they refuse. */
const SHOWN: ReadonlySet<string> = new Set([...PLAIN_FEATURES, 'columnMapping', 'v2Checkpoint'])

/**
 * Why the SELECT of a stream may return different rows today than in its batches, each as a sentence.
 * @param source  the table of the lake that it follows, if it is one
 */
export async function reasonsNotToCompare(
  lake: OpenLake,
  stream: LakeStream,
  source: LakeTable | undefined,
  differences: Differences,
  heads: ReadonlyMap<string, Pick<TableHead, 'protocol'>>,
): Promise<string[]> {
  const { name, select } = stream
  const reasons: string[] = []
  const tables = source === undefined ? stream.into : [source, ...stream.into]
  for (const table of tables) {
    const protocol = heads.get(table.name)?.protocol
    const [feature] = protocol === undefined ? [] : unknownFeatures(protocol, table === source ? SHOWN : undefined)
    if (feature === undefined) continue
    reasons.push(`${name}: ${table.name} has the Delta feature ${feature}: its rows are counted, not compared.`)
  }
  for (const table of tables) {
    if ((differences.tables.get(table.name) ?? []).length === 0) continue
    reasons.push(`${name}: ${table.name} differs from the config: its rows are counted, not compared.`)
  }
  if (select?.inputs.includes('batch_time') === true) {
    reasons.push(
      `${name}: ${select.name} reads batch_time, which is different today: its rows are counted, not compared.`,
    )
  }
  for (const [changed, batch] of await changedSince(lake, stream)) {
    reasons.push(`${name}: ${changed} has changed since batch ${batch}: its rows are counted, not compared.`)
  }
  return reasons
}

/** SELECT or reference that has changed → the newest batch, among the kept records, that used the old one. */
async function changedSince(lake: OpenLake, stream: LakeStream): Promise<Map<string, number>> {
  const changed = new Map<string, number>()
  const sqlHash = sqlHashOf(stream.select)
  const { commits } = lake.layout.checkpoint(stream)
  const hashes = new Map<string, string>()
  for (const reference of lake.config.references) hashes.set(reference.name, await referenceHash(reference))
  for (const batch of await listBatches(commits)) {
    const record = await recordOf(lake, stream, batch)
    if (record === undefined) continue
    if (record.sqlHash !== sqlHash) changed.set(stream.select?.name ?? 'its SELECT', batch)
    for (const [name, hash] of Object.entries(record.references))
      if (hash !== hashes.get(name)) changed.set(name, batch)
  }
  return changed
}

/** What a stream has read of its source, as that is now. */
export interface ReadSource {
  readonly now: SourceNow
  readonly isRead: (file: SourceFile) => boolean
}

/**
 * Runs the stream's SELECT again over all that it has read, and compares the multisets of rows table by table. It uses
 * the same files that were counted, because the streams may be running meanwhile.
 */
export async function differingRows(
  lake: OpenLake,
  stream: LakeStream,
  session: Session,
  read: ReadSource,
  written: readonly FileSet[],
): Promise<string[]> {
  await loadViews(lake, session) // for the references
  const { relation } = stream.source
  const lost = await showRead(session, relation, read)
  if (lost !== undefined) return [`${stream.name}: ${lost}`]
  for (const [index, { table, files, rows }] of written.entries()) {
    const variable = `compared_files_${index}`
    await session.setVariable(variable, files.map(exactPath))
    await session.run(createTempView(table.name, readTableFilesOrNone(variable, table, rows)))
  }
  await session.setVariable('select', stream.select?.text ?? allRows(relation))
  const problems: string[] = []
  const engines = await otherEngines(lake, stream)
  // That the same SQL means something else there is the likeliest reason.
  const otherwise = engines.length === 0 ? '' : `, while batches of it were made by ${engines.join(', ')}`
  for (const { table } of written) {
    const columns = Object.keys(table.columns)
    const returned = stream.into.length > 1 ? selectedRowsWhere(DESTINATION, table.name) : selectedRows
    const expected = await hashOfRows(session, returned, columns)
    const found = await hashOfRows(session, allRows(table.name), columns)
    if (expected.hash === found.hash && expected.rows === found.rows) continue
    problems.push(
      `${table.name}: its ${count(found.rows)} rows are not the ${count(expected.rows)} that ` +
        `${stream.select?.name ?? 'its source'} returns today${otherwise}.`,
    )
  }
  return problems
}

/** Makes a view of what was read. @returns why it can no longer be read, if it cannot */
async function showRead(session: Session, relation: string, { now, isRead }: ReadSource): Promise<string | undefined> {
  try {
    await showInput(session, relation, now.columns, now.inputOf(isRead))
    return undefined
  } catch (error) {
    if (!(error instanceof LakeError)) throw error
    return `${error.code}: ${error.message}`
  }
}

/** The engines that made batches of a stream and are not the one that compares, as far as its records are kept. */
async function otherEngines(lake: OpenLake, stream: LakeStream): Promise<string[]> {
  const [own] = lake.config.engines.kinds
  const engines = new Set<string>()
  for (const batch of await listBatches(lake.layout.checkpoint(stream).commits)) {
    const record = await recordOf(lake, stream, batch)
    if (record !== undefined && record.engine.split(' ')[0] !== own.word) engines.add(record.engine)
  }
  return [...engines]
}

async function hashOfRows(
  session: Session,
  rows: Sql,
  columns: readonly string[],
): Promise<{ rows: number; hash: string }> {
  const [row] = await session.rows(multisetHash(rows, columns))
  return { rows: safeInteger(row?.rows, 'the number of rows'), hash: requiredText(row?.hash, 'the hash') }
}

/** A number of rows as a sentence shows it. */
export function count(rows: number): string {
  return rows.toLocaleString('en-US')
}
