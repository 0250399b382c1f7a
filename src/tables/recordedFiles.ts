import type { TableShape } from '../columns.ts'
import { deltaStats } from '../delta/stats.ts'
import type { StagedFile } from './engine.ts'
import type { RecordedFile } from './record.ts'

/** Values that DuckDB reads from a folder's name as NULL, unless one of their characters is percent-encoded. */
const NULL_FOLDER = /^(null|__HIVE_DEFAULT_PARTITION__)$/i

/** The files of a result, as the batch's record keeps them: table name → files, in the order of the tables. */
export function recordedFiles(
  tables: readonly TableShape[],
  files: readonly StagedFile[],
): Record<string, readonly RecordedFile[]> {
  return Object.fromEntries(
    tables.map((table) => [
      table.name,
      files.filter((file) => file.table === table.name).map((file) => recordedFile(table, file)),
    ]),
  )
}

function recordedFile(table: TableShape, file: StagedFile): RecordedFile {
  const { path, partitionValues, rows, bytes, columns } = file
  const inFile = Object.entries(table.columns).filter(([name]) => !table.partitionBy.includes(name))
  return {
    table: table.name,
    stagedPath: path,
    path: placeInTable(table, file),
    partitionValues: Object.fromEntries(table.partitionBy.map((name) => [name, partitionValues[name] ?? null])),
    rows,
    bytes,
    stats: deltaStats(rows, Object.fromEntries(inFile), columns),
  }
}

/**
 * A staged file's path below its table: a folder for each partition value, as the engine named it, and its name. A
 * column's name that the engine has encoded in part is encoded in full: by nothing else do readers know the folder.
 */
export function placeInTable({ partitionBy }: TableShape, { path, partitionValues }: StagedFile): string {
  const folders = valueFolders(path, partitionBy.length).map((step, index) => {
    const column = partitionBy[index] ?? ''
    return textFolder(namedFolder(step, column), partitionValues[column] ?? null)
  })
  return [...folders, ...path.split('/').slice(-1)].join('/')
}

/** Those of the `count` innermost folders of a path that are named `column=value`. */
export function valueFolders(path: string, count: number): string[] {
  return path
    .split('/')
    .slice(-1 - count, -1)
    .filter((step) => step.includes('='))
}

function namedFolder(step: string, column: string): string {
  if (step.startsWith(`${column}=`)) return step
  const [name = ''] = step.split('=', 1)
  const encoded = encodeURIComponent(column).replaceAll(/[!'()*]/g, (character) => {
    return `%${character.charCodeAt(0).toString(16).toUpperCase()}`
  })
  return `${encoded}${step.slice(name.length)}`
}

function textFolder(step: string, value: string | null): string {
  const [column = ''] = step.split('=', 1)
  const name = step.slice(column.length + 1)
  if (value === null || !NULL_FOLDER.test(name)) return step
  return `${column}=%${name.charCodeAt(0).toString(16).toUpperCase()}${name.slice(1)}`
}
