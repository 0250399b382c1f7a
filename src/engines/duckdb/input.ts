import type { Columns, VariableValue } from '../../columns.ts'
import { chunksOf } from '../../delta/roaring.ts'
import type { Session } from '../../duckdb/session.ts'
import { generatedRows } from '../../duckdb/sql/batch.ts'
import { type DeletedRows, deltaTables, readDeltaFiles } from '../../duckdb/sql/deltaFiles.ts'
import { type ForeignUse, readForeignFiles } from '../../duckdb/sql/foreignFiles.ts'
import { emptyRelation, exactPath } from '../../duckdb/sql/literals.ts'
import { readSpooledNdjson } from '../../duckdb/sql/spooledFiles.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import { createTempView, script, unionAll } from '../../duckdb/sql/statements.ts'
import { readTableFiles } from '../../duckdb/sql/tableFiles.ts'
import type { DeltaFile, Input } from '../../stream/input.ts'

const FILES = 'input_files'

/** The variables that the SELECT of an input reads. */
export function variablesOf(input: Input): Readonly<Record<string, VariableValue>> {
  switch (input.kind) {
    case 'table':
      return { [FILES]: input.files.map(exactPath) }
    case 'delta':
      return { [FILES]: input.files.map(({ file }) => exactPath(file)) }
    case 'spooled':
      return input.format === 'parquet' ? { [FILES]: input.files.map(exactPath) } : {}
    case 'generated':
      return input.variables
    default:
      return {}
  }
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
  for (const [variable, value] of Object.entries(input === undefined ? {} : variablesOf(input))) {
    await session.setVariable(variable, value)
  }
  await session.run(script([...(input === undefined ? [] : tablesOf(input)), createTempView(name, rows)]))
}

/** The rows of an input. */
export function selectOf(input: Input, columns: Columns, use: ForeignUse): Sql {
  switch (input.kind) {
    case 'table':
      return readTableFiles(FILES, input.columns, input.partitionBy)
    case 'delta':
      return readDeltaFiles(FILES, input)
    case 'foreign':
      if (input.groups.length === 0) return emptyRelation(columns)
      return unionAll(input.groups.map(({ files, columns }) => readForeignFiles(files, columns, use)))
    case 'generated':
      return generatedRows(input.first, input.endExclusive, input.firstMicros, input.stepMicros)
    case 'spooled':
      if (input.files.length === 0) return emptyRelation(columns)
      if (input.format === 'parquet') return readTableFiles(FILES, input.columns, [])
      return readSpooledNdjson(input.files, input.columns)
  }
}
