import { fileURLToPath } from 'node:url'
import type { Columns, VariableValue } from '../../columns.ts'
import { chunksOf } from '../../delta/roaring.ts'
import type { Session } from '../../duckdb/session.ts'
import { generatedRows } from '../../duckdb/sql/batch.ts'
import { type DeletedRows, deltaTables, readDeltaFiles } from '../../duckdb/sql/deltaFiles.ts'
import { type ForeignUse, readForeignFiles } from '../../duckdb/sql/foreignFiles.ts'
import { emptyRelation, exactPath } from '../../duckdb/sql/literals.ts'
import { readSpooledNdjson } from '../../duckdb/sql/spooledFiles.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import { createTempView, script, setVariables, unionAll } from '../../duckdb/sql/statements.ts'
import { estimatedRows, readTableFiles } from '../../duckdb/sql/tableFiles.ts'
import { type DeltaFile, filesOf, type Input } from '../../stream/input.ts'
import { bytesOf } from '../inputBytes.ts'

const FILES = 'input_files'
const ROWS = 'input_rows'

/**
 * A Parquet file without rows. Where the columns are given, DuckDB reads a single file with one thread, and several
 * with all: beside this one, a file of ten million rows takes half the time.
 */
const NO_ROWS = fileURLToPath(new URL('./noRows.parquet', import.meta.url))
/** Smaller files have hardly more than one row group, which is what a thread reads. */
const LEAST_SHARED_BYTES = 1_000_000

/** The variables that the SELECT of an input reads. */
export async function variablesOf(input: Input): Promise<Readonly<Record<string, VariableValue>>> {
  if (input.kind === 'generated') return input.variables
  // The SELECT of others says by itself what it reads.
  if (input.kind === 'foreign' || (input.kind === 'spooled' && input.format === 'ndjson')) return {}
  const files = filesOf(input)
  const bytes = await bytesOf(input)
  const beside = files.length === 1 && bytes >= LEAST_SHARED_BYTES ? [NO_ROWS] : []
  return { [FILES]: [...files, ...beside].map(exactPath), [ROWS]: estimatedRows(bytes) }
}

/** What the SELECT of an input joins, made anew for each batch. */
export function tablesOf(input: Input): Sql[] {
  if (input.kind !== 'delta') return []
  const { partitionBy, files } = input
  const values = files.map(({ file, partitionValues }) => ({ file, values: partitionValues }))
  return deltaTables(partitionBy, values, files.flatMap(deletedRows))
}

function deletedRows({ file, deleted }: DeltaFile): DeletedRows[] {
  if (deleted === null) return []
  return chunksOf(Buffer.from(deleted, 'base64')).map(({ number, bits }) => ({ file, chunk: number, bits }))
}

/** Makes a view of the rows of an input; without an input, of none. */
export async function showInput(
  session: Session,
  name: string,
  columns: Columns,
  input: Input | undefined,
): Promise<void> {
  const rows = input === undefined ? emptyRelation(columns) : selectOf(input, columns, 'queried')
  const needs = input === undefined ? [] : [...setVariables(await variablesOf(input)), ...tablesOf(input)]
  await session.run(script([...needs, createTempView(name, rows)]))
}

/** The rows of an input. */
export function selectOf(input: Input, columns: Columns, use: ForeignUse): Sql {
  switch (input.kind) {
    case 'table':
      return readTableFiles(FILES, input, ROWS)
    case 'delta':
      return readDeltaFiles(FILES, input, ROWS)
    case 'foreign':
      if (input.groups.length === 0) return emptyRelation(columns)
      return unionAll(input.groups.map(({ files, columns }) => readForeignFiles(files, columns, use)))
    case 'generated':
      return generatedRows(input.first, input.endExclusive, input.firstMicros, input.stepMicros)
    case 'spooled':
      if (input.files.length === 0) return emptyRelation(columns)
      if (input.format === 'parquet') return readTableFiles(FILES, { columns: input.columns, partitionBy: [] }, ROWS)
      return readSpooledNdjson(input.files, input.columns)
  }
}
