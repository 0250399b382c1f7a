import type { Columns, TableShape } from '../../columns.ts'
import type { Session } from '../../duckdb/session.ts'
import { countedRows, rowsBeyond, stagedRows } from '../../duckdb/sql/engineKit.ts'
import { allRows, copyToParquet, createTempTable, createTempTableOf, dropTable } from '../../duckdb/sql/statements.ts'
import { requiredText, safeInteger } from '../../duckdb/values.ts'
import type { StagedFile } from '../../tables/engine.ts'
import { Fault } from './fault.ts'

/** A value as text that its column's type can be cast from; null: NULL. */
export type Cell = string | number | null

export type Cells = readonly (readonly Cell[])[]

/** A list of values has one type: numbers and texts do not go together. */
function asTexts(rows: Cells): (string | null)[][] {
  return rows.map((row) => row.map((cell) => (cell === null ? null : String(cell))))
}

const GIVEN = 'given_rows'
const EXPECTED = 'expected_rows'
const STAGED = 'staged_rows'
const VALUES = 'staged_values'

/** Writes rows to a Parquet file. */
export async function writeRows(session: Session, file: string, columns: Columns, rows: Cells): Promise<void> {
  await session.run(createTempTableOf(GIVEN, columns, asTexts(rows)))
  await session.run(copyToParquet(allRows(GIVEN), file, undefined))
  await session.run(dropTable(GIVEN))
}

/** Writes the numbers below `rows` to a Parquet file. */
export async function writeCounted(session: Session, file: string, column: string, rows: number): Promise<void> {
  await session.run(copyToParquet(countedRows(column, rows), file, undefined))
}

/**
 * Compares the rows of a table's staged files with those that should be there, in any order.
 * @param folder  the staging folder
 * @throws Fault  naming a row that is missing, and one too many
 */
export async function assertRows(
  session: Session,
  table: TableShape,
  folder: string,
  files: readonly StagedFile[],
  expected: Cells,
): Promise<void> {
  const { columns, partitionBy, name } = table
  await session.run(createTempTableOf(EXPECTED, columns, asTexts(expected)))
  const types = partitionBy.map((_, index) => [`p${index}`, 'VARCHAR'] as const)
  const values = files.map(({ path, partitionValues }) => [
    `${folder}/${path}`,
    ...partitionBy.map((column) => partitionValues[column] ?? null),
  ])
  await session.run(createTempTableOf(VALUES, { file: 'VARCHAR', ...Object.fromEntries(types) }, values))
  const paths = files.map(({ path }) => `${folder}/${path}`)
  await session.run(
    files.length === 0
      ? createTempTableOf(STAGED, columns, [])
      : createTempTable(STAGED, stagedRows(paths, columns, partitionBy, VALUES)),
  )
  const missing = await beyond(session, EXPECTED, STAGED)
  const surplus = await beyond(session, STAGED, EXPECTED)
  const says = [
    ...(missing === undefined ? [] : [`lack ${missing}`]),
    ...(surplus === undefined ? [] : [`have ${surplus} that should not be there`]),
  ]
  if (says.length > 0) throw new Fault(`the files of table ${name} ${says.join(' and ')}`)
}

async function beyond(session: Session, relation: string, other: string): Promise<string | undefined> {
  const [found] = await session.rows(rowsBeyond(relation, other))
  if (found === undefined) return undefined
  const rows = safeInteger(found.rows, 'a number of rows')
  const shown = shortened(requiredText(found.row, 'a row'))
  return rows === 1 ? `the row ${shown}` : `${rows} rows, such as ${shown},`
}

/** A message shows at most this many characters of a row. */
const SHOWN_CHARACTERS = 200

function shortened(text: string): string {
  return text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}…`
}
