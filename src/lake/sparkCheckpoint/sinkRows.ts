import type { Session } from '../../duckdb/session.ts'
import { unfitText } from '../../duckdb/sql/foreignFiles.ts'
import { inTurns } from '../../files/turns.ts'
import { FooterReader } from '../../parquet/footer.ts'
import type { ForeignColumn } from '../../parquet/foreignColumn.ts'
import { ColumnMatcher } from '../../sources/landing/foreignColumns.ts'
import { matchWhole } from '../../sources/landing/readyFile.ts'
import type { ForeignGroup } from '../../stream/input.ts'
import type { LakeTable } from '../../tables/table.ts'
import { refused, START_FROM_FILES } from './refusal.ts'
import type { SparkSink, WrittenFile } from './sinkFolder.ts'

/** The rows of a sink, as they become those of a table. */
export interface SinkRows {
  readonly table: LakeTable
  readonly sink: SparkSink
  readonly rows: number
  readonly bytes: number
  /** How they are read; files of one partition are beside each other. */
  readonly groups: readonly ForeignGroup[]
}

/** Spark's name for a folder of NULLs. */
const NULL_FOLDER = '__HIVE_DEFAULT_PARTITION__'

/** Types whose values a folder's name does not tell for certain: times in it are of the time zone of the session. */
const UNCERTAIN_IN_NAMES: ReadonlySet<string> = new Set(['TIMESTAMPTZ', 'BLOB', 'FLOAT', 'DOUBLE'])

/** Matches the files of a sink to the columns of a table. @throws LakeError LAKE_IMPORT_REFUSED naming a file */
export async function sinkRows(session: Session, table: LakeTable, sink: SparkSink): Promise<SinkRows> {
  const { partitionBy, columns } = table
  const uncertain = partitionBy.find((name) => UNCERTAIN_IN_NAMES.has(columns[name] ?? ''))
  if (uncertain !== undefined) {
    throw refused(
      `${table.name} is partitioned by ${uncertain}, a ${columns[uncertain]}, which the names of folders do not tell.`,
    )
  }
  const stored = Object.fromEntries(Object.entries(columns).filter(([name]) => !partitionBy.includes(name)))
  const matcher = new ColumnMatcher(stored)
  const footers = new FooterReader()
  const groups = new Map<string, { values: readonly Given[]; files: string[]; columns: readonly ForeignColumn[] }>()
  let rows = 0
  for await (const written of inTurns(sink.files)) {
    const { file } = written
    const values = valuesOf(table, written)
    const { rows: found, columns: read } = await lookAt(table, file, matcher, footers)
    rows += found
    if (found === 0) continue
    const key = JSON.stringify([values, read])
    const group = groups.get(key) ?? { values, files: [], columns: read }
    group.files.push(file)
    groups.set(key, group)
  }
  await assertFitting(
    session,
    table,
    [...groups.values()].flatMap(({ values }) => values),
  )
  const ordered = [...groups].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, group]) => group)
  return {
    table,
    sink,
    rows,
    bytes: sink.files.reduce((sum, file) => sum + file.bytes, 0),
    groups: ordered.map(({ values, files, columns: read }) => ({ files, columns: inOrder(table, read, values) })),
  }
}

/** Nothing that a query wrote may be left out, and nothing that it did not may be added. */
async function lookAt(
  { name: table }: LakeTable,
  file: string,
  matcher: ColumnMatcher,
  footers: FooterReader,
): Promise<{ readonly rows: number; readonly columns: readonly ForeignColumn[] }> {
  const footer = footers.read(file)
  const match = 'reason' in footer ? footer : await matchWhole(matcher, file, footer)
  if ('reason' in match) throw refused(`${file} cannot become rows of ${table}: ${match.reason}.`)
  if ('reason' in footer) throw new RangeError('a file that matches has a footer')
  const { rows, columns: there } = footer
  if (rows === 0) return { rows, columns: [] }
  const [extra] = match.extra
  if (extra !== undefined) {
    throw refused(`${file} has the column ${extra}, which ${table} does not have.`, 'Declare it in the config.')
  }
  const names = new Set(there.map((column) => column.name))
  const missing = match.columns.find(({ found, name }) => found === undefined && !names.has(name))
  if (missing !== undefined) {
    throw refused(`${file} has no column ${missing.name}, which ${table} has.`, 'Declare the table as it was written.')
  }
  const [plain] = match.plain
  if (plain === undefined) return { rows, columns: match.columns }
  throw refused(`${file} has the column ${plain.name}, which cannot be read exactly as it is stored.`, START_FROM_FILES)
}

/** The value of a column in all rows of a file. */
interface Given {
  readonly name: string
  readonly type: string
  readonly value: string | null
}

/** What the names of the folders above a file say, as Spark writes them: `date=2026-11-22`, percent-encoded. */
function valuesOf({ name: table, partitionBy, columns }: LakeTable, { file, path }: WrittenFile): readonly Given[] {
  const steps = path.split('/').slice(0, -1)
  const values = steps.map((step, index) => {
    const equals = step.indexOf('=')
    const [name, text] = [unescaped(step.slice(0, Math.max(0, equals))), unescaped(step.slice(equals + 1))]
    const column = partitionBy[index]
    if (equals === -1 || column === undefined || name.toLowerCase() !== column.toLowerCase()) return undefined
    return { name: column, type: columns[column] ?? '', value: text === NULL_FOLDER ? null : text }
  })
  const isWhole = values.length === partitionBy.length && values.every((value) => value !== undefined)
  if (isWhole) return values
  const wanted = partitionBy.length === 0 ? 'no folders' : `a folder for each of ${partitionBy.join(', ')}`
  throw refused(`${file} is not where ${table} has its files: it needs ${wanted} below the sink.`)
}

/** Spark writes characters that a path cannot have as `%` and two hex digits, each for itself. */
function unescaped(text: string): string {
  return text.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)))
}

async function assertFitting(session: Session, table: LakeTable, given: readonly Given[]): Promise<void> {
  for (const name of table.partitionBy) {
    const values = given.flatMap((one) => (one.name === name && one.value !== null ? [one.value] : []))
    const type = table.columns[name] ?? ''
    const [unfit] = await session.rows(unfitText([...new Set(values)], type))
    if (unfit === undefined) continue
    throw refused(`the folder ${name}=${String(unfit.given)} of ${table.name} is no ${type}.`)
  }
}

/** All columns of a table: those in its files, and those that folders are named for. */
function inOrder(table: LakeTable, read: readonly ForeignColumn[], values: readonly Given[]): readonly ForeignColumn[] {
  const known = new Map<string, ForeignColumn>([...read, ...values].map((column) => [column.name, column]))
  return Object.entries(table.columns).map(([name, type]) => known.get(name) ?? { name, type })
}

/** How many groups of files one statement reads: with more, planning it takes longer than its rows. */
const GROUPS_AT_ONCE = 100

/** Groups of files, as many together as one statement reads. */
export function pieces(groups: readonly ForeignGroup[]): (readonly ForeignGroup[])[] {
  const cut: (readonly ForeignGroup[])[] = []
  for (let first = 0; first < groups.length; first += GROUPS_AT_ONCE)
    cut.push(groups.slice(first, first + GROUPS_AT_ONCE))
  return cut
}
