import { basename, join } from 'node:path'
import type { Session } from '../../duckdb/session.ts'
import {
  commitFiles,
  copyCheckpoint,
  headOfCheckpoint,
  metaDataOfCheckpoint,
  newestVersion,
  writtenActions,
} from '../../duckdb/sql/logCheckpoints.ts'
import { sqlFile } from '../../duckdb/sql/sql.ts'
import { script, setVariable } from '../../duckdb/sql/statements.ts'
import { statementsOf } from '../../duckdb/sql/statementTexts.ts'
import { requiredText, safeInteger } from '../../duckdb/values.ts'
import { syncLasting } from '../../files/barriers.ts'
import type { Disk } from '../../files/disk.ts'
import { fittingJson, isLeftOutOr, isListOf, isMapOf, isNumber, isRecordOf, isText } from '../../files/json.ts'
import { statOf } from '../../files/read.ts'
import { temporaryName } from '../../files/temporaryNames.ts'
import { writeTemporary } from '../../files/wholeFiles.ts'
import type { MetaData } from '../actions.ts'
import type { DeltaLog } from '../log.ts'
import { replayPassingOver } from '../passedOver.ts'
import { logInvalid } from '../protocol.ts'
import { lakeTablesStatement, logError, logFilesSql, logLinesSql } from '../snapshot.ts'

/** What a checkpoint holds; its contract is in the file. It runs after `logFilesSql`. */
const logCheckpointSql = sqlFile(new URL('./logCheckpoint.sql', import.meta.url))

/** The features whose tables need nothing of a checkpoint but the actions that we write. */
const PLAIN_FEATURES: ReadonlySet<string> = new Set([
  'appendOnly',
  'invariants',
  'checkConstraints',
  'generatedColumns',
  'changeDataFeed',
  'timestampNtz',
  'vacuumProtocolCheck',
])

/** The newest writer version without named features; those after it imply features that we do not write. */
const LAST_PLAIN_WRITER = 4

/** From this writer version on, features are named. */
const NAMING_WRITER = 7

/** With what a checkpoint is written. */
export interface LogCheckpointParts {
  readonly disk: Disk
  /** Used by this work alone while it runs. */
  readonly session: Session
  readonly log: DeltaLog
  readonly lakeFolder: string
  /** A folder on the same file system for temporary names, from which a start removes those of dead processes. */
  readonly staging: string
}

export interface LogCheckpointPlan {
  readonly table: string
  /** The folder of the table's files, relative to the lake's. */
  readonly folder: string
  /** Up to which commit. Every table of the same stream must have the batch of that commit, durably. */
  readonly version: number
  /** Files that were removed before this time, in milliseconds since 1970, are forgotten. */
  readonly tombstonesFromMs: number
}

/**
 * `written`: it is there, durably. `exists`: somebody else has written one of that version. `unfit`: the table has a
 * feature of another writer that needs more of a checkpoint than ours hold, so that it is left to that writer.
 */
export type LogCheckpointOutcome = 'written' | 'exists' | 'unfit'

/**
 * Writes a checkpoint of a table's log from the one before and the commits since, which pass through DuckDB alone.
 *
 * It is written under a temporary name and read again; then it and the commits that it stands for are made durable.
 * The link into the log is its commit: a crash before it leaves a temporary name, one after it a whole checkpoint that
 * readers find by listing the folder. The hint comes last, once the link is durable.
 * @throws LakeError LAKE_LOG_INVALID
 */
export async function writeLogCheckpoint(
  parts: LogCheckpointParts,
  plan: LogCheckpointPlan,
): Promise<LogCheckpointOutcome> {
  const { disk, session, log, staging } = parts
  const path = log.checkpointPath(plan.version)
  if ((await statOf(path)) !== undefined) return 'exists'
  await readLog(parts, plan)
  if (!(await isPlain(session))) return 'unfit'
  const temporary = join(staging, temporaryName(basename(path)))
  try {
    await session.run(copyCheckpoint(temporary))
    const hint = await hintOf(session, temporary, plan)
    const commits = await session.rows(commitFiles)
    await syncLasting(disk, [temporary, ...commits.map(({ file }) => requiredText(file, 'a commit'))], [log.folder])
    if ((await disk.link(temporary, path)) === 'exists') return 'exists'
    await disk.syncFolder(log.folder)
    await replaceHint(parts, hint)
    return 'written'
  } finally {
    await disk.removeFile(temporary)
  }
}

/** Reads the log up to the version, or all of it. */
export async function readLog(
  { session, lakeFolder }: Pick<LogCheckpointParts, 'session' | 'lakeFolder'>,
  plan: Omit<LogCheckpointPlan, 'version'> & { readonly version: number | undefined },
): Promise<void> {
  const { table: name, folder, version, tombstonesFromMs } = plan
  const replay = script([
    setVariable('lake', lakeFolder),
    setVariable('lake_tombstones_from', tombstonesFromMs),
    lakeTablesStatement([{ name, folder, stream: null, ...(version === undefined ? {} : { asOf: version }) }]),
    statementsOf(logFilesSql),
    statementsOf(logLinesSql),
    statementsOf(logCheckpointSql),
  ])
  try {
    await replayPassingOver(session, () => session.run(replay))
  } catch (cause) {
    throw logError(cause)
  }
  if (version === undefined || (await lastVersionRead(session)) === version) return
  throw logInvalid(`table ${name} has no version ${version}, of which a checkpoint was to be written`)
}

/** The newest version that `readLog` has found; -1 if there is none. */
export async function lastVersionRead(session: Session): Promise<number> {
  const [row] = await session.rows(newestVersion)
  return safeInteger(row?.newest, 'the newest version of a log')
}

/** The metadata of the table that `readLog` has read, whoever wrote it. */
export async function metaDataOf(session: Session): Promise<MetaData> {
  const [row] = await session.rows(metaDataOfCheckpoint)
  const found = fittingJson(requiredText(row?.metadata, 'metadata'), isMetaData)
  if (found === undefined) throw logInvalid('the metadata of a log is not what the Delta protocol says')
  const { configuration = {}, createdTime = 0 } = found
  // The protocol knows no other format, and no options of it.
  return { ...found, format: { provider: 'parquet', options: {} }, configuration, createdTime }
}

const isMetaData = isRecordOf<
  Omit<MetaData, 'format' | 'configuration' | 'createdTime'> & {
    readonly configuration: MetaData['configuration'] | undefined
    readonly createdTime: number | undefined
  }
>({
  id: isText,
  schemaString: isText,
  partitionColumns: isListOf(isText),
  configuration: isLeftOutOr(isMapOf(isText)),
  createdTime: isLeftOutOr(isNumber),
})

async function isPlain(session: Session): Promise<boolean> {
  const [head] = await session.rows(headOfCheckpoint)
  const [reader, writer] = [Number(head?.reader), Number(head?.writer)]
  const features = Array.isArray(head?.features) ? head.features.map(String) : []
  if (writer < NAMING_WRITER) return reader === 1 && writer <= LAST_PLAIN_WRITER
  return features.every((feature) => PLAIN_FEATURES.has(feature))
}

/** The text of `_last_checkpoint`, from what was written. */
async function hintOf(session: Session, file: string, { table, version }: LogCheckpointPlan): Promise<string> {
  const [found] = await session.rows(writtenActions(file))
  const count = (kind: string): number => safeInteger(found?.[kind], `${kind} of the checkpoint of ${table}`)
  const [adds, heads, protocols] = [count('adds'), count('heads'), count('protocols')]
  if (heads !== 1 || protocols !== 1) {
    throw logInvalid(`the checkpoint of ${table} at version ${version} has ${heads} metadata, ${protocols} protocols`)
  }
  const size = adds + heads + protocols + count('removes') + count('txns')
  const sizeInBytes = (await statOf(file))?.size
  return JSON.stringify({ version, size, sizeInBytes, numOfAddFiles: adds })
}

/** A reader sees the old hint or the new one; both name a checkpoint that is durable. */
async function replaceHint({ disk, log, staging }: LogCheckpointParts, hint: string): Promise<void> {
  const temporary = await writeTemporary(disk, staging, '_last_checkpoint', hint)
  try {
    await disk.rename(temporary, join(log.folder, '_last_checkpoint'))
  } catch (error) {
    await disk.removeFile(temporary).catch(() => undefined) // the first error is the one to report
    throw error
  }
  await disk.syncFolder(log.folder)
}
