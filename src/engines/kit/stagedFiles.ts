import { lstatSync } from 'node:fs'
import { BOUND_CHARACTERS, type Columns, type ColumnValues, isTableDate, type TableShape } from '../../columns.ts'
import type { Session } from '../../duckdb/session.ts'
import { valuesInFile } from '../../duckdb/sql/engineKit.ts'
import { type JsonValue, type Row, requiredStruct, requiredText, safeInteger } from '../../duckdb/values.ts'
import { type Column, FooterReader } from '../../parquet/footer.ts'
import { typeName } from '../../parquet/types.ts'
import type { StagedFile, StagePlan, StageResult } from '../../tables/engine.ts'
import { Fault } from './fault.ts'

const NULL_FOLDER = '__HIVE_DEFAULT_PARTITION__'

/** Checks what a result says of each of its files against the file. @throws Fault  naming the file */
export async function assertFiles(session: Session, plan: StagePlan, { files }: StageResult): Promise<void> {
  const footers = new FooterReader()
  for (const file of files) {
    const table = plan.shape.tables.find(({ name }) => name === file.table)
    if (table === undefined) throw new Fault(`${file.path} is for ${file.table}, which the plan does not name`)
    const path = `${plan.stagingFolder}/${file.path}`
    assertOnDisk(path, file)
    const footer = footers.read(path)
    if ('reason' in footer) throw new Fault(`${file.path} cannot be read: ${footer.reason}`)
    if (footer.rows !== file.rows) throw new Fault(`${file.path} has ${footer.rows} rows, not ${file.rows}`)
    const inFile = columnsInFile(table)
    assertColumns(file.path, inFile, footer.columns)
    assertFooter(file.path, plan.footer, footer.keyValues)
    assertFolders(table, file)
    const [row] = await session.rows(valuesInFile(path, inFile))
    assertValues(file, inFile, listOf(row?.found))
  }
}

/** The columns of a table that are in its files. */
function columnsInFile({ columns, partitionBy }: TableShape): Columns {
  return Object.fromEntries(Object.entries(columns).filter(([name]) => !partitionBy.includes(name)))
}

function assertOnDisk(path: string, file: StagedFile): void {
  const stats = lstatSync(path, { throwIfNoEntry: false })
  if (stats === undefined) throw new Fault(`there is no file ${file.path} in the staging folder`)
  if (!stats.isFile()) throw new Fault(`${file.path} is not a file but a ${stats.isDirectory() ? 'folder' : 'link'}`)
  if (stats.size !== file.bytes) throw new Fault(`${file.path} has ${stats.size} bytes, not ${file.bytes}`)
}

function assertColumns(path: string, wanted: Columns, found: readonly Column[]): void {
  const names = found.map(({ name }) => name)
  if (names.join('\n') !== Object.keys(wanted).join('\n')) {
    throw new Fault(`${path} has the columns ${names.join(', ')}, not ${Object.keys(wanted).join(', ')} in this order`)
  }
  for (const { name, type } of found) {
    const is = type.kind === 'timestamp' && type.unit !== 'us' ? `a time in ${type.unit}` : typeName(type)
    const should = wanted[name]?.replaceAll(', ', ',') ?? ''
    if (is === (should === 'TIMESTAMPTZ' ? 'TIMESTAMP WITH TIME ZONE' : should)) continue
    const stored = type.kind === 'int96' ? 'an INT96' : is
    throw new Fault(`the column ${name} of ${path} is ${stored}, not ${should}`)
  }
}

/** An engine may be unable to write keys into a footer: then it writes none of them. */
function assertFooter(
  path: string,
  wanted: Readonly<Record<string, string>>,
  found: ReadonlyMap<string, string>,
): void {
  const entries = Object.entries(wanted)
  if (entries.every(([key]) => !found.has(key))) return
  const wrong = entries.find(([key, value]) => found.get(key) !== value)
  if (wrong !== undefined) throw new Fault(`the footer of ${path} has ${found.get(wrong[0])} as ${wrong[0]}`)
}

function assertFolders({ partitionBy }: TableShape, { path, partitionValues }: StagedFile): void {
  const steps = path.split('/').slice(-1 - partitionBy.length, -1)
  for (const [index, column] of partitionBy.entries()) {
    const step = steps[index] ?? ''
    const value = partitionValues[column] ?? null
    const name = step.slice(step.indexOf('=') + 1)
    const isColumn = decoded(step.slice(0, step.indexOf('='))) === column
    const isValue = value === null ? name === NULL_FOLDER || name === '' : decoded(name) === value
    if (isColumn && isValue) continue
    throw new Fault(`${path} says ${step}, but its value of ${column} is ${JSON.stringify(value)}`)
  }
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined // a % that begins no byte
  }
}

function assertValues({ path, rows, columns: claimed }: StagedFile, columns: Columns, found: readonly Row[]): void {
  for (const values of found) {
    const name = requiredText(values.name, 'a column')
    const claim = claimed[name]
    if (claim === undefined) continue // nothing is claimed
    const nulls = safeInteger(values.nulls, 'a number of NULLs')
    if (claim.nulls !== null && claim.nulls !== nulls) {
      throw new Fault(`${name} is NULL in ${nulls} rows of ${path}, not in ${claim.nulls}`)
    }
    if (claim.bounds !== null)
      assertBounds({ path, name, type: columns[name] ?? '' }, claim.bounds, values, nulls === rows)
  }
}

interface Place {
  readonly path: string
  readonly name: string
  readonly type: string
}

function assertBounds(
  { path, name, type }: Place,
  bounds: NonNullable<ColumnValues['bounds']>,
  values: Row,
  isAllNull: boolean,
): void {
  const where = `the bounds of ${name} in ${path}`
  if (type === 'BLOB') throw new Fault(`${where} should be null: a BLOB has none`)
  if (isAllNull) throw new Fault(`${where} should be null: every value is NULL`)
  if (values.hasOdd === true) throw new Fault(`${where} should be null: a value is NaN, infinite or beyond the years`)
  for (const side of ['min', 'max'] as const) {
    const real = requiredText(values[side], side)
    if (isBound(bounds[side], real, type)) continue
    throw new Fault(`${where} have ${JSON.stringify(bounds[side])} as ${side}, but it is ${JSON.stringify(real)}`)
  }
}

/** Whether a text is the bound of a column, in the form of the contract. */
function isBound(claimed: string, real: string, type: string): boolean {
  if (type === 'VARCHAR') return isTextBound(claimed, real)
  if (type === 'FLOAT' || type === 'DOUBLE') return isNumber(claimed) && isSame(Number(claimed), Number(real), type)
  return claimed === exactText(real) && (type !== 'DATE' || isTableDate(claimed))
}

/** DuckDB writes -0.5 of a decimal without other whole digits as `-.5`. */
function exactText(text: string): string {
  return text.replace(/^(?<sign>-?)\./, '$<sign>0.')
}

function isTextBound(claimed: string, real: string): boolean {
  const [some, all] = [[...claimed], [...real]]
  return claimed === real || (some.length >= BOUND_CHARACTERS && all.slice(0, some.length).join('') === claimed)
}

function isSame(claimed: number, real: number, type: string): boolean {
  return type === 'FLOAT' ? Math.fround(claimed) === Math.fround(real) : claimed === real
}

function isNumber(text: string): boolean {
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/.test(text)
}

function listOf(value: JsonValue | undefined): Row[] {
  return Array.isArray(value) ? value.map((item: JsonValue) => requiredStruct(item, 'the values of a column')) : []
}
