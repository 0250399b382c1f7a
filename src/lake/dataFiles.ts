import type { LiveFile } from '../delta/snapshot.ts'
import { countRows } from '../duckdb/parquet.ts'
import type { Session } from '../duckdb/session.ts'
import { messageOf } from '../errors.ts'
import { targetOf } from '../files/read.ts'
import { writerOf } from '../tables/dataFileName.ts'
import type { LakeTable } from '../tables/table.ts'
import type { LakeStream } from './config/resolve.ts'

/** The live files of a table that can be read. */
export interface FileSet<Table = LakeTable> {
  readonly table: Table
  /** The paths of all of them. */
  readonly all: readonly string[]
  /** The paths of those that count. */
  readonly files: readonly string[]
  /** How many rows those that count have. */
  readonly rows: number
  /** What is wrong with files that count but cannot be read, each as a sentence. */
  readonly problems: readonly string[]
}

/** What is looked at of a file, as the log of its table says it. */
type LookedAt = Pick<LiveFile, 'path' | 'file' | 'bytes' | 'deletionVector'>

/** How many files with the same fault are named; the rest are only counted. */
const MAX_NAMED_FILES = 5

/** Checks the live files of a table, and counts the rows of those for which `isCounted` is true. */
export async function lookAtFiles<Table extends { readonly name: string }>(
  session: Session,
  table: Table,
  live: readonly LookedAt[],
  isCounted: (file: LookedAt) => boolean,
): Promise<FileSet<Table>> {
  const faults = new Map<LookedAt, string>()
  for (const file of live) {
    const fault = await faultOnDisk(file)
    if (fault !== undefined) faults.set(file, fault)
  }
  const there = live.filter((file) => !faults.has(file))
  const counted = await countEach(session, there.filter(isCounted), faults)
  const files = there.filter((file) => isCounted(file) && !faults.has(file))
  const broken = [...faults.keys()].filter(isCounted)
  const missing = broken.filter((file) => faults.get(file) === MISSING)
  const changed = broken.filter((file) => faults.get(file) !== MISSING)
  return {
    table,
    all: there.filter((file) => !faults.has(file)).map(({ file }) => file),
    files: files.map(({ file }) => file),
    rows: counted,
    problems: [
      ...listed(`${table.name}: ${missing.length} of its files are missing from the disk`, missing, ({ path }) => path),
      ...listed(
        `${table.name}: ${changed.length} of its files are not what its log says`,
        changed,
        (file) => `${file.path} ${faults.get(file)}`,
      ),
    ],
  }
}

/** Whether a stream wrote a file of a table: several streams may write a table that none of them owns. */
export function isOf(stream: LakeStream, table: LakeTable, path: string): boolean {
  return table.owner !== null || writerOf(path) === stream.name
}

const MISSING = 'is missing'

async function faultOnDisk({ file, bytes }: LookedAt): Promise<string | undefined> {
  const found = await targetOf(file)
  if (found === undefined) return MISSING
  if (!found.isFile()) return 'is not a file'
  return found.size === bytes ? undefined : `has ${found.size} bytes, but its log says ${bytes}`
}

/** How many rows the files have. One without a readable footer is added to the faults and counts as none. */
async function countEach(session: Session, files: readonly LookedAt[], faults: Map<LookedAt, string>): Promise<number> {
  try {
    const rows = await countRows(
      session,
      files.map(({ file }) => file),
    )
    return rows - files.reduce((sum, { deletionVector }) => sum + (deletionVector?.cardinality ?? 0), 0)
  } catch (error) {
    const [only] = files
    if (only === undefined) throw error
    if (files.length > 1) {
      const middle = Math.ceil(files.length / 2)
      const before = await countEach(session, files.slice(0, middle), faults)
      return before + (await countEach(session, files.slice(middle), faults))
    }
    faults.set(only, `cannot be read: ${messageOf(error).split('\n')[0]}`)
    return 0
  }
}

function listed(what: string, files: readonly LookedAt[], say: (file: LookedAt) => string): string[] {
  if (files.length === 0) return []
  const named = files.slice(0, MAX_NAMED_FILES).map(say)
  const more = files.length > named.length ? ` and ${files.length - named.length} more` : ''
  return [`${what}: ${named.join(', ')}${more}.`]
}
