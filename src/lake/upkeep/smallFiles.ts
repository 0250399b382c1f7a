import { decodePath, encodePath } from '../../delta/actions.ts'
import type { Session } from '../../duckdb/session.ts'
import { type FileGroup, filesOfGroup, groupsOfSmallFiles, type SmallFiles } from '../../duckdb/sql/upkeep.ts'
import { requiredText, safeInteger } from '../../duckdb/values.ts'
import { writerOf } from '../../tables/dataFileName.ts'
import type { LakeTable } from '../../tables/table.ts'
import type { Join, SmallFile } from './joinFiles.ts'

// Which small files become one. DuckDB groups and sorts them: here are never more than those of one commit.

/** So many files at the most become one: each is open for as long as that takes. */
const MAX_JOINED_FILES = 1_000

/** One commit joins at the most so many groups. */
const MAX_JOINS = 64

/** A file of more than this part of the wanted size is left as it is: it would be written again for little. */
const LARGE_PART = 0.75

/**
 * Files below this part of the wanted size are joined whenever others are: to write 250 KB again takes hardly longer
 * than to begin a file.
 */
const TINY_PART = 1 / 512

/** In a group that has too many, so many of the small files are left at the most. */
const LEFT_PART = 0.6

/** The tables of a lake whose files are joined, and how. */
export interface Joining {
  readonly table: LakeTable
  /** The last version whose files may be replaced. */
  readonly upTo: number
  /** How large joined files become. */
  readonly fileBytes: number
}

function smallFilesOf({ table, upTo, fileBytes }: Joining): SmallFiles {
  return { table: table.name, belowBytes: Math.floor(fileBytes * LARGE_PART), upTo }
}

/** Lists of joins, each for one commit, that leave few files: a group's files in the order in which they came. */
export async function* allJoins(session: Session, joining: Joining): AsyncGenerator<readonly Join[]> {
  const small = smallFilesOf(joining)
  let joins: Join[] = []
  let bytes = 0
  for (const group of await groupsOf(session, small, 1)) {
    for await (const files of binsOf(session, small, group, joining.fileBytes)) {
      const join = joinOf(joining.table, group, files)
      if (join === undefined) continue
      joins.push(join)
      bytes += sizeOf(files)
      if (joins.length < MAX_JOINS && bytes < joining.fileBytes) continue
      yield joins
      joins = []
      bytes = 0
    }
  }
  if (joins.length > 0) yield joins
}

/** The files of a group in bins of about the wanted size; a file alone is not worth it. */
async function* binsOf(
  session: Session,
  small: SmallFiles,
  group: FileGroup,
  fileBytes: number,
): AsyncGenerator<readonly SmallFile[]> {
  let bin: SmallFile[] = []
  for (let offset = 0; ; offset += MAX_JOINED_FILES) {
    const page = await filesIn(session, small, group, 'byAge', offset)
    for (const file of page) {
      if (bin.length >= MAX_JOINED_FILES || sizeOf(bin) + file.bytes > fileBytes) {
        if (bin.length > 1) yield bin
        bin = []
      }
      bin.push(file)
    }
    if (page.length < MAX_JOINED_FILES) break
  }
  if (bin.length > 1) yield bin
}

/**
 * The joins that are due where groups have too many small files: the smallest files of each, so that what was joined
 * before is written again only together with about as much that is new.
 */
export async function dueJoins(session: Session, joining: Joining, moreThan: number): Promise<readonly Join[]> {
  const small = smallFilesOf(joining)
  const joins: Join[] = []
  let bytes = 0
  for (const group of await groupsOf(session, small, moreThan)) {
    const files = smallestOf(
      await filesIn(session, small, group, 'bySize', 0),
      group.files,
      moreThan,
      joining.fileBytes,
    )
    const join = files.length < 2 ? undefined : joinOf(joining.table, group, files)
    if (join === undefined) continue
    joins.push(join)
    bytes += sizeOf(files)
    if (joins.length >= MAX_JOINS || bytes >= joining.fileBytes) break
  }
  return joins
}

/**
 * Of a group's files, smallest first, those that are joined now. Each next one joins if it is not larger than those
 * before it together: a byte is then written again only as often as the size doubles. That may leave too many:
 * then more join.
 * Simulated in the test: of 10,000 files of 3 KB, never more than 8 left, a byte is written 18 times.
 * @param all  how many files the group has
 */
export function smallestOf(
  files: readonly SmallFile[],
  all: number,
  moreThan: number,
  fileBytes: number,
): readonly SmallFile[] {
  const least = all - Math.ceil(moreThan * LEFT_PART) + 1
  const tinyBytes = fileBytes * TINY_PART
  let bytes = 0
  let count = 0
  for (const file of files) {
    const isWorth = count < least || file.bytes <= Math.max(bytes, tinyBytes)
    if (!isWorth || (count > 1 && bytes + file.bytes > fileBytes)) break
    bytes += file.bytes
    count += 1
  }
  return files.slice(0, count)
}

/** Small files of one partition and one writer, which could become one. */
export interface CountedGroup extends FileGroup {
  readonly files: number
}

/** The groups of small files of a table whose snapshot the session has, the one with the most first. */
export function smallFileGroups(
  session: Session,
  table: LakeTable,
  fileBytes: number,
): Promise<readonly CountedGroup[]> {
  return groupsOf(session, smallFilesOf({ table, upTo: Number.MAX_SAFE_INTEGER, fileBytes }), 0)
}

async function groupsOf(session: Session, small: SmallFiles, moreThan: number): Promise<readonly CountedGroup[]> {
  const rows = await session.rows(groupsOfSmallFiles(small, moreThan))
  return rows.map(({ folder, writer, files }) => ({
    folder: typeof folder === 'string' ? folder : '',
    writer: typeof writer === 'string' ? writer : '',
    files: safeInteger(files, 'a number of files'),
  }))
}

async function filesIn(
  session: Session,
  small: SmallFiles,
  group: FileGroup,
  order: 'bySize' | 'byAge',
  offset: number,
): Promise<SmallFile[]> {
  const found = await session.rows(filesOfGroup(small, group, order, { limit: MAX_JOINED_FILES, offset }))
  return found.map(({ path, file, bytes, rows }) => ({
    path: requiredText(path, 'path'),
    file: requiredText(file, 'file'),
    bytes: safeInteger(bytes, `size of ${path}`),
    rows: rows === null ? undefined : safeInteger(rows, `numRecords of ${path}`),
  }))
}

/** Undefined where files are not in folders with their values, or another writer spells their names in its own way. */
function joinOf({ partitionBy }: LakeTable, { folder }: FileGroup, files: readonly SmallFile[]): Join | undefined {
  const partitionValues = partitionValuesIn(folder, partitionBy)
  if (partitionValues === undefined) return undefined
  const isPlain = (path: string): boolean => writerOf(path) !== undefined || encodePath(path) === path
  return files.every(({ path }) => isPlain(path)) ? { files, partitionValues } : undefined
}

/** Text that is the name of a folder stands percent-encoded there. */
function partitionValuesIn(
  folder: string,
  partitionBy: readonly string[],
): Readonly<Record<string, string | null>> | undefined {
  const values = new Map<string, string | null>()
  for (const step of folder.split('/')) {
    const end = step.indexOf('=')
    if (end < 0) continue
    const value = step.slice(end + 1)
    values.set(
      decodePath(step.slice(0, end)).toLowerCase(),
      value === NULL_FOLDER || value === '' ? null : decodePath(value),
    )
  }
  const found = partitionBy.map((column) => [column, values.get(column.toLowerCase())] as const)
  if (found.some(([, value]) => value === undefined)) return undefined
  return Object.fromEntries(found.map(([column, value]) => [column, value ?? null]))
}

const NULL_FOLDER = '__HIVE_DEFAULT_PARTITION__'

function sizeOf(files: readonly SmallFile[]): number {
  return files.reduce((sum, { bytes }) => sum + bytes, 0)
}
