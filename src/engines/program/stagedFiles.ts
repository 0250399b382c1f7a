import { join } from 'node:path'
import { type Columns, type ColumnValues, decimalOf, isTableDate, type TableShape } from '../../columns.ts'
import type { Session } from '../../duckdb/session.ts'
import { footersOf } from '../../duckdb/sql/stagedFiles.ts'
import { type JsonValue, type Row, requiredText, safeInteger } from '../../duckdb/values.ts'
import { messageOf } from '../../errors.ts'
import { realPathOf, statOf } from '../../files/read.ts'
import type { StagedFile, StagePlan } from '../../tables/engine.ts'
import { answerFault } from '../../tables/engineAnswer.ts'
import { columnValuesOf } from '../duckdb/columnValues.ts'
import type { SpokenFile } from './spoken.ts'

const NULL_FOLDER = '__HIVE_DEFAULT_PARTITION__'

/** A file that a program named, with its place on the disk. */
interface Named {
  readonly file: SpokenFile
  /** For messages: the answer, and the file in it. */
  readonly at: string
  readonly path: string
  readonly bytes: number
}

/**
 * The files that a program has named, with what their footers say of them. What the program says is compared with that.
 * Files without rows are left out where it did not say how many there are.
 * @throws LakeError LAKE_VALUE_UNEXPECTED naming the file and what is not so
 */
export async function stagedFilesOf(
  session: Session,
  engine: string,
  { shape, stagingFolder }: Pick<StagePlan, 'shape' | 'stagingFolder'>,
  files: readonly SpokenFile[],
): Promise<StagedFile[]> {
  const named: Named[] = []
  const top = realPathOf(stagingFolder)
  const paths = new Set<string>()
  for (const file of files) {
    if (paths.has(file.path)) throw answerFault(`the answer of ${engine}: ${file.path} is named twice`)
    paths.add(file.path)
    named.push(await namedFile(`the answer of ${engine}: ${file.path}`, stagingFolder, top, file))
  }
  const staged: StagedFile[] = []
  for (const table of shape.tables) {
    const ofTable = named.filter(({ file }) => file.table === table.name)
    if (ofTable.length > 0) staged.push(...(await filesOfTable(session, table, ofTable)))
  }
  const stray = named.find(({ file }) => shape.tables.every(({ name }) => name !== file.table))
  if (stray !== undefined)
    throw answerFault(`${stray.at} is for ${stray.file.table}, which is not one of the stream's tables`)
  return staged
}

async function namedFile(at: string, folder: string, top: string | undefined, file: SpokenFile): Promise<Named> {
  const path = join(folder, file.path)
  const found = await statOf(path)
  if (found === undefined) throw answerFault(`${at} is not there`)
  if (!found.isFile()) throw answerFault(`${at} is not a regular file`)
  // A folder on the way may be a link that leads out of the staging folder.
  if (top === undefined || realPathOf(path)?.startsWith(`${top}/`) !== true) {
    throw answerFault(`${at} is not below the staging folder`)
  }
  if (file.bytes !== undefined && file.bytes !== found.size) {
    throw answerFault(`${at} has ${found.size} bytes, not ${file.bytes} as the answer says`)
  }
  return { file, at, path, bytes: found.size }
}

async function filesOfTable(session: Session, table: TableShape, named: readonly Named[]): Promise<StagedFile[]> {
  const columns = Object.fromEntries(
    Object.entries(table.columns).filter(([name]) => !table.partitionBy.includes(name)),
  )
  const footers = await readFooters(session, named, columns)
  const [seen, withRows]: [Map<string, Footer>, Row[]] = [new Map(), []]
  for (const { file, at, path } of named) {
    const footer = footers.get(path)
    if (footer === undefined) throw answerFault(`${at} has no columns`)
    assertColumns(at, columns, footer.fields)
    if (file.rows !== undefined && file.rows !== footer.rows) {
      throw answerFault(`${at} has ${footer.rows} rows, not ${file.rows} as the answer says`)
    }
    seen.set(path, footer)
    if (footer.rows > 0) withRows.push({ filename: path, count: footer.rows, column_statistics: footer.statistics })
  }
  const values = await columnValuesOf(session, withRows, columns)
  return named.flatMap((each) => {
    const { file, at, path, bytes } = each
    const rows = seen.get(path)?.rows ?? 0
    if (rows === 0 && file.rows === undefined) return []
    const found = values.get(path) ?? {}
    assertValues(at, columns, file.columns ?? {}, found)
    const partitionValues = partitionValuesOf(each, table)
    return [{ table: table.name, path: file.path, partitionValues, rows, bytes, columns: found }]
  })
}

interface Footer {
  readonly rows: number
  readonly fields: readonly Row[]
  /** As RETURN_STATS of a COPY says it. */
  readonly statistics: JsonValue
}

async function readFooters(
  session: Session,
  named: readonly Named[],
  columns: Columns,
): Promise<ReadonlyMap<string, Footer>> {
  const paths = named.map(({ path }) => path)
  const rows = await session.rows(footersOf(paths, columns)).catch((cause: unknown) => {
    const at = named.find(({ path }) => messageOf(cause).includes(path))?.at ?? named[0]?.at
    throw answerFault(`${at} is not a Parquet file that can be read: ${messageOf(cause).split('\n')[0]}`, cause)
  })
  return new Map(
    rows.map(({ file, rows: count, fields, values }) => [
      requiredText(file, 'file'),
      {
        rows: safeInteger(count, 'rows of a file'),
        fields: listOf(fields),
        statistics: listOf(values).map(({ name, nulls, min, max }) => ({
          key: `"${requiredText(name, 'name').replaceAll('"', '""')}"`,
          value: [
            { key: 'null_count', value: nulls ?? null },
            { key: 'min', value: min ?? null },
            { key: 'max', value: max ?? null },
          ],
        })),
      },
    ]),
  )
}

function listOf(value: JsonValue | undefined): readonly Row[] {
  return Array.isArray(value) ? value : []
}

function assertColumns(at: string, columns: Columns, fields: readonly Row[]): void {
  const [wanted, found] = [Object.keys(columns), fields.map(({ name }) => String(name))]
  if (wanted.length !== found.length || wanted.some((name, index) => name !== found[index])) {
    throw answerFault(`${at} has the columns ${found.join(', ')}, but files of its table have ${wanted.join(', ')}`)
  }
  for (const field of fields) {
    const type = columns[String(field.name)] ?? ''
    const stored = storedType(field)
    if (stored !== plainType(type)) throw answerFault(`${at} stores ${field.name} as ${stored}, not as ${type}`)
  }
}

/** What a column is stored as, by the name of the type that stores it so; where there is none, as DuckDB sees it. */
function storedType({ type, physical, converted, logical }: Row): string {
  if (physical === 'INT96') return 'INT96, which has no time zone'
  const name = String(type)
  if (name !== 'TIMESTAMP WITH TIME ZONE') return name
  const isMicros = converted === 'TIMESTAMP_MICROS' || String(logical).includes('MicroSeconds')
  return isMicros ? 'TIMESTAMPTZ' : `${name} in another unit than microseconds`
}

function plainType(type: string): string {
  const decimal = decimalOf(type)
  return decimal === undefined ? type : `DECIMAL(${decimal.digits},${decimal.scale})`
}

function assertValues(
  at: string,
  columns: Columns,
  said: Readonly<Record<string, ColumnValues>>,
  found: Readonly<Record<string, ColumnValues>>,
): void {
  for (const [name, { nulls, bounds }] of Object.entries(said)) {
    const type = columns[name]
    if (type === undefined) throw answerFault(`${at} has a column ${name}, which files of its table do not have`)
    const there = found[name]
    if (nulls !== null && nulls !== there?.nulls) {
      throw answerFault(
        `${at} has ${there?.nulls ?? 'an unknown number of'} NULLs in ${name}, not ${nulls} as the answer says`,
      )
    }
    if (bounds === null) continue
    for (const end of ['min', 'max'] as const) {
      if (there?.bounds == null || !isSameBound(type, bounds[end], there.bounds[end])) {
        const value = there?.bounds?.[end]
        const is = value === undefined ? 'no bounds' : `${JSON.stringify(value)} as its ${end}`
        throw answerFault(`${at}: ${name} has ${is}, not ${JSON.stringify(bounds[end])} as the answer says`)
      }
    }
  }
}

function isSameBound(type: string, said: string, found: string): boolean {
  if (type === 'FLOAT' || type === 'DOUBLE') return Number(said) === Number(found)
  // Both may be the beginning of a longer text, the one in the answer a longer beginning.
  return type === 'VARCHAR' ? said === found || said.startsWith(found) : said === found
}

/** The values in the names of a file's folders. */
function partitionValuesOf({ file, at }: Named, { columns, partitionBy }: TableShape): Record<string, string | null> {
  const folders = file.path
    .split('/')
    .slice(0, -1)
    .slice(-partitionBy.length || Number.POSITIVE_INFINITY)
  const values = partitionBy.map((column, index) => {
    const value = folderValue(at, column, folders[index] ?? '')
    if (value !== null && !isOfType(value, columns[column] ?? '')) {
      throw answerFault(
        `${at} is in a folder for ${JSON.stringify(value)}, which is no ${columns[column]} as it is written`,
      )
    }
    const said = file.partitionValues?.[column]
    if (said !== undefined && (said || null) !== value) {
      const shown = value === null ? 'NULL' : JSON.stringify(value)
      throw answerFault(
        `${at} is in the folder for ${shown} as its ${column}, not ${JSON.stringify(said)} as the answer says`,
      )
    }
    return [column, value] as const
  })
  const stray = Object.keys(file.partitionValues ?? {}).find((name) => !partitionBy.includes(name))
  if (stray !== undefined) throw answerFault(`${at} has a value of ${stray}, which names no folder of its table`)
  return Object.fromEntries(values)
}

/** The text that a folder is named after; Delta has no '' beside NULL. */
function folderValue(at: string, column: string, folder: string): string | null {
  const end = folder.indexOf('=')
  try {
    if (end >= 0 && decodeURIComponent(folder.slice(0, end)) === column) {
      const name = folder.slice(end + 1)
      return name === NULL_FOLDER || name === '' ? null : decodeURIComponent(name)
    }
  } catch (cause) {
    throw answerFault(`${at} is in the folder ${folder}, whose name is not percent-encoded text`, cause)
  }
  throw answerFault(`${at} is not in a folder ${column}=… where its table has one`)
}

/** Whether a value is written as the contract wants it, so that the same value never has two folders. */
function isOfType(value: string, type: string): boolean {
  if (type === 'VARCHAR') return true
  return type === 'DATE' ? isTableDate(value) : /^(0|-?[1-9]\d*)$/.test(value)
}
