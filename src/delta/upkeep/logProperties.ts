import { countedActions, type MetaData, OUR_ENGINE, SET_PROPERTIES } from '../actions.ts'
import { type LogCheckpointParts, lastVersionRead, metaDataOf, readLog } from './logCheckpoint.ts'

/** How long a table's log and its replaced files are kept. */
export interface Retention {
  readonly keepLogMs: number
  readonly keepFilesMs: number
}

/**
 * The settings of a table that keep other Delta writers from removing what a lake still needs: they keep as much as we
 * do, and leave the log to us.
 */
export function retentionProperties({ keepLogMs, keepFilesMs }: Retention): Readonly<Record<string, string>> {
  return {
    'delta.logRetentionDuration': interval(keepLogMs),
    'delta.deletedFileRetentionDuration': interval(keepFilesMs),
    'delta.enableExpiredLogCleanup': 'false',
  }
}

/** In the largest unit without a rest: every writer knows these units, in this spelling. */
function interval(ms: number): string {
  const seconds = Math.ceil(ms / 1000)
  if (seconds % 86_400 === 0) return `interval ${seconds / 86_400} days`
  if (seconds % 3_600 === 0) return `interval ${seconds / 3_600} hours`
  return `interval ${seconds} seconds`
}

/** Whether a table has all of some settings. */
export function hasProperties(
  configuration: Readonly<Record<string, string>>,
  properties: Readonly<Record<string, string>>,
): boolean {
  return Object.entries(properties).every(([name, value]) => configuration[name] === value)
}

/**
 * Gives a table settings, by a commit with its metadata as it is and no other change; streams that write or follow the
 * table go on. Does nothing if it has them.
 * @returns the version of the commit, or undefined if there was nothing to do
 * @throws LakeError LAKE_LOG_INVALID, LAKE_TABLE_MISMATCH, LAKE_PROTOCOL_UNSUPPORTED
 */
export async function setProperties(
  parts: LogCheckpointParts,
  table: { readonly table: string; readonly folder: string },
  properties: Readonly<Record<string, string>>,
  nowMs: number,
): Promise<number | undefined> {
  const { disk, session, log, staging } = parts
  await readLog(parts, { ...table, version: undefined, tombstonesFromMs: 0 })
  const found: MetaData = await metaDataOf(session)
  if (hasProperties(found.configuration, properties)) return undefined
  const metaData = { ...found, configuration: { ...found.configuration, ...properties } }
  const commitInfo = {
    timestamp: nowMs,
    operation: SET_PROPERTIES,
    operationParameters: { properties: JSON.stringify(properties) },
    engineInfo: OUR_ENGINE,
  }
  const prepared = await log.prepare(countedActions(commitInfo, [{ metaData }]), staging)
  const version = await log.append(await lastVersionRead(session), prepared)
  await disk.syncFolder(log.folder)
  return version
}
