import { dirname, join } from 'node:path'
import { commitFacts } from '../delta/commitFacts.ts'
import type { DeltaLog } from '../delta/log.ts'
import type { ForeignTail } from '../delta/snapshot.ts'
import { ensureFolder } from '../files/folders.ts'
import { fittingJson, isCount, isListOf, isRecordOf, isText } from '../files/json.ts'
import { readText } from '../files/read.ts'
import { replaceFile } from '../files/wholeFiles.ts'
import { commitHash } from '../tables/logCommits.ts'
import type { LakeTable } from '../tables/table.ts'
import { commitEntry, type HistoryEntry } from './history.ts'
import type { OpenLake } from './openLake.ts'
import { logOf } from './tableLogs.ts'

// Commits after the newest checkpoint of a log are read anyway. Of those before it, upkeep notes with each checkpoint
// which ones another program made: to look at ten thousand takes half a second.

/** What is noted of a log up to a version. */
interface Noted {
  readonly tableId: string
  readonly version: number
  /** Of that version: if another commit has its number now, the note is of another history. */
  readonly commitHash: string
  /** The versions that another program made, ascending. */
  readonly foreign: readonly number[]
}

const isNoted = isRecordOf<Noted>({ tableId: isText, version: isCount, commitHash: isText, foreign: isListOf(isCount) })

/** More than so many are not noted: they are the rule in such a table. */
const MAX_NOTED = 10_000

/**
 * The commits by which other programs changed rows that belong to a stream, newest first, as far as the log still has
 * them. A table that several streams may write takes appends of others too; that they take rows away is told there.
 * @param atMost  look at so many commits of which nothing is noted; at all where left out
 */
export async function foreignCommitsIn(
  lake: OpenLake,
  table: LakeTable,
  tail: ForeignTail,
  atMost = Number.POSITIVE_INFINITY,
): Promise<HistoryEntry[]> {
  const log = logOf(lake, table)
  const versions = [...(await foreignUpTo(lake, table, tail, atMost)), ...tail.versions]
  const found: HistoryEntry[] = []
  for (const version of versions.toReversed()) {
    const entry = await commitEntry(lake.config, log, version)
    if (entry !== undefined && concerns(table, entry)) found.push(entry)
  }
  return found
}

/** Notes the foreign commits of a table, once a checkpoint stands for all up to a version. */
export async function noteForeign(lake: OpenLake, table: LakeTable, version: number, tail: ForeignTail): Promise<void> {
  const { disk, config } = lake
  const text = await logOf(lake, table).readCommitText(version)
  const foreign = [...(await foreignUpTo(lake, table, tail)), ...tail.versions].filter((one) => one <= version)
  if (text === undefined || foreign.length > MAX_NOTED) return
  const noted: Noted = { tableId: tail.tableId, version, commitHash: commitHash(text), foreign }
  const file = noteFile(lake, table)
  await ensureFolder(disk, config.root, dirname(file))
  await replaceFile(disk, file, `${JSON.stringify(noted)}\n`)
}

/** The versions before the tail that another program made, ascending: as noted, and those after by their first line. */
async function foreignUpTo(
  lake: OpenLake,
  table: LakeTable,
  { tableId, after: last }: ForeignTail,
  atMost = Number.POSITIVE_INFINITY,
): Promise<number[]> {
  const log = logOf(lake, table)
  const noted = await readNoted(lake, table, log)
  const isKnown = noted !== undefined && noted.tableId === tableId && noted.version <= last
  const known = isKnown ? noted : { version: -1, foreign: [] }
  const found: number[] = []
  for (let version = last; version > known.version && last - version < atMost; version--) {
    const facts = await commitFacts(log, version)
    if (facts === undefined) break
    if (facts.isForeign) found.push(version)
  }
  return [...known.foreign, ...found.toReversed()]
}

async function readNoted(lake: OpenLake, table: LakeTable, log: DeltaLog): Promise<Noted | undefined> {
  const text = await readText(noteFile(lake, table)).catch(() => undefined) // then the commits are looked at
  const noted = text === undefined ? undefined : fittingJson(text, isNoted)
  if (noted === undefined) return undefined
  // It may have been cleaned up meanwhile.
  const commit = await log.readCommitText(noted.version)
  return commit === undefined || commitHash(commit) === noted.commitHash ? noted : undefined
}

function noteFile({ layout }: OpenLake, table: LakeTable): string {
  return join(layout.checkpoints(table), '.upkeep', 'foreign.json')
}

/** Whether a commit of another program changed rows that are no other program's. */
function concerns({ owner }: LakeTable, { changesRows, removedFiles, operation }: HistoryEntry): boolean {
  if (changesRows !== true) return false
  return owner !== null || (removedFiles ?? 0) > 0 || operation === 'RESTORE'
}
