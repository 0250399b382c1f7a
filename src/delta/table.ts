import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { TableShape } from '../columns.ts'
import { LakeError } from '../errors.ts'
import type { Disk } from '../files/disk.ts'
import { ensureFolder } from '../files/folders.ts'
import { statOf } from '../files/read.ts'
import { countedActions, type MetaData } from './actions.ts'
import type { DeltaLog } from './log.ts'
import { assertAppendable, PROTOCOL } from './protocol.ts'
import { columnRule, schemaDifferences, schemaString } from './schema.ts'
import type { TableHead } from './snapshot.ts'

/**
 * Makes a table's folder, its log and its first commit, unless they exist. All are durable when it returns.
 * @param lakeFolder  the topmost folder that is ours
 * @param staging     a folder on the same file system for temporary names
 * @param configuration  the table's settings
 */
export async function createTable(
  disk: Disk,
  lakeFolder: string,
  log: DeltaLog,
  shape: TableShape,
  createdMs: number,
  staging: string,
  configuration: Readonly<Record<string, string>> = {},
): Promise<void> {
  if ((await log.newestVersion()) !== undefined) {
    // The process that made it may have died before this.
    await disk.syncFolder(log.folder)
    return
  }
  await ensureFolder(disk, lakeFolder, log.folder)
  const commitInfo = {
    timestamp: createdMs,
    operation: 'CREATE TABLE',
    operationParameters: { partitionBy: JSON.stringify(shape.partitionBy) },
    engineInfo: 'lakeweir',
  }
  const metaData: MetaData = {
    id: randomUUID(),
    format: { provider: 'parquet', options: {} },
    schemaString: schemaString(shape.columns),
    partitionColumns: shape.partitionBy,
    configuration,
    createdTime: createdMs,
  }
  await log.create(countedActions(commitInfo, [{ protocol: PROTOCOL }, { metaData }]), staging)
  await disk.syncFolder(log.folder)
}

/** The differences between a table on disk and the declared one, each as a sentence without its full stop. */
export function tableDifferences(
  shape: TableShape,
  head: Pick<TableHead, 'schemaString' | 'partitionColumns'>,
): readonly string[] {
  const differences = schemaDifferences(schemaString(shape.columns), head.schemaString)
  const difference = partitionDifference(shape.partitionBy, head.partitionColumns)
  return difference === undefined ? differences : [...differences, difference]
}

/** How the partitions of a table differ from the declared ones. */
export function partitionDifference(declared: readonly string[], found: readonly string[]): string | undefined {
  if (found.join('/') === declared.join('/')) return undefined
  const [says, has] = [declared, found].map((names) => names.join(', ') || 'nothing')
  return `it is declared partitioned by ${says}, but the table is partitioned by ${has}`
}

/** @throws LakeError LAKE_TABLE_MISMATCH if the table on disk is not the declared one, LAKE_PROTOCOL_UNSUPPORTED */
export function assertTableMatches(shape: TableShape, head: TableHead): void {
  const [difference] = tableDifferences(shape, head)
  if (difference !== undefined) throw mismatch(shape.name, difference, 'Declare it in the config as it is')
  const rule = columnRule(head.schemaString)
  if (rule !== undefined) throw mismatch(shape.name, `${rule}, which Lakeweir does not check`)
  assertAppendable(`table ${shape.name}`, head.protocol)
}

function mismatch(table: string, difference: string, wayOut = 'Change the config back'): LakeError {
  return new LakeError('LAKE_TABLE_MISMATCH', `table ${table}: ${difference}.`, {
    remedy: `${wayOut}, or empty the table: lakeweir run STREAM --fresh`,
  })
}

/**
 * Checks by a trial that a file in `staging` can be linked into the table and into its log. The trial file has the same
 * name at every start of a stream, so a start removes what an earlier one left when it died here.
 * @throws LakeError LAKE_DISK_UNSUITABLE
 */
export async function probeLinks(disk: Disk, staging: string, log: DeltaLog, stream: string): Promise<void> {
  const name = probeName(stream)
  const trial = join(staging, name)
  await removeProbes(disk, staging, log, stream)
  await disk.writeFile(trial, '')
  try {
    for (const folder of [log.tableFolder, log.folder]) {
      if ((await statOf(folder)) === undefined) continue
      try {
        await disk.link(trial, join(folder, name))
      } catch (cause) {
        throw new LakeError('LAKE_DISK_UNSUITABLE', `cannot link a file from ${staging} into ${folder}`, {
          cause,
          state: 'Nothing was changed.',
          remedy: 'The whole lake must be on one file system that has hard links (not exFAT or FAT32).',
        })
      }
      await disk.removeFile(join(folder, name))
    }
  } finally {
    await disk.removeFile(trial)
  }
}

/** Removes what is left of an interrupted trial; changes nothing if there is nothing. */
export async function removeProbes(disk: Disk, staging: string, log: DeltaLog, stream: string): Promise<void> {
  for (const folder of [staging, log.tableFolder, log.folder]) await disk.removeFile(join(folder, probeName(stream)))
}

function probeName(stream: string): string {
  return `.probe-${stream}`
}
