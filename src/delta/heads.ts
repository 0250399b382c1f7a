import { LakeError } from '../errors.ts'
import type { Commit, TableIdentity } from './actions.ts'
import { PLAIN_FEATURES } from './features.ts'
import { type DeltaLog, listLog } from './log.ts'
import { assertReadable, type Protocol } from './protocol.ts'
import type { TableHead } from './snapshot.ts'

/**
 * The heads of tables, read commit by commit: a start needs nothing else, and a replay in SQL takes tens of
 * milliseconds even for a new table. Tables without a log are left out.
 * @param features  those with which the caller can read files
 * @returns undefined if a log has a checkpoint, from which `snapshot.sql` reads it faster, or if it is not sound JSON
 * from its first commit on: `snapshot.sql` then says why not
 * @throws LakeError LAKE_PROTOCOL_UNSUPPORTED for a table that needs a newer reader, LAKE_LOG_INVALID for a commit that
 * is not a file
 */
export async function headsByCommits(
  tables: readonly { readonly name: string; readonly log: DeltaLog }[],
  features: ReadonlySet<string> = PLAIN_FEATURES,
): Promise<Map<string, TableHead> | undefined> {
  const heads = new Map<string, TableHead>()
  for (const { name, log } of tables) {
    const entries = await listLog(log.folder)
    if (entries.length === 0) continue
    if (entries.some(({ isCheckpoint }) => isCheckpoint)) return undefined
    const newest = entries.reduce((latest, { version }) => Math.max(latest, version), 0)
    const head = await headOf(log, newest)
    if (head !== undefined) assertReadable(`table ${name}`, head.protocol, features)
    if (head === undefined) return undefined
    heads.set(name, head)
  }
  return heads
}

async function headOf(log: DeltaLog, newest: number): Promise<TableHead | undefined> {
  const txns = new Map<string, number>()
  let metaData: TableIdentity | undefined
  let protocol: Protocol | undefined
  for (let version = 0; version <= newest; version++) {
    const commit = await readSound(log, version)
    if (commit === undefined) return undefined
    protocol = commit.protocol ?? protocol
    metaData = commit.metaData ?? metaData
    for (const txn of commit.txns) txns.set(txn.appId, Math.max(txns.get(txn.appId) ?? 0, txn.version))
  }
  if (metaData === undefined || protocol === undefined) return undefined
  const { id: tableId, schemaString, partitionColumns, configuration } = metaData
  return {
    version: newest,
    readVersion: newest,
    tableId,
    schemaString,
    partitionColumns,
    configuration,
    protocol,
    txns,
  }
}

async function readSound(log: DeltaLog, version: number): Promise<Commit | undefined> {
  try {
    return await log.readCommit(version)
  } catch (error) {
    if (error instanceof LakeError) return undefined
    throw error
  }
}
