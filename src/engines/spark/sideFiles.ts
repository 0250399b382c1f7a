import { basename, join } from 'node:path'
import { chunksOf } from '../../delta/roaring.ts'
import type { Session } from '../../duckdb/session.ts'
import { deletedPositions, deltaTables, deltaValues } from '../../duckdb/sql/deltaFiles.ts'
import { readSpooledNdjson } from '../../duckdb/sql/spooledFiles.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import { allRows, copyToParquet, script } from '../../duckdb/sql/statements.ts'
import { folderValues } from '../../duckdb/sql/tableFiles.ts'
import type { Disk } from '../../files/disk.ts'
import type { Input } from '../../stream/input.ts'
import type { Reference } from '../../tables/engine.ts'
import { loadReference } from '../../tables/loadReference.ts'

// What DuckDB prepares for Spark, so that both read a value from the name of a folder, a log or a CSV file alike.

/** What Spark reads beside the plan, or instead of what the plan names. */
export interface InputSide {
  /** The Parquet files of the input, in order, under names that Spark reads. */
  readonly files: readonly string[]
  /** A Parquet file with the partition values of each of them: `file`, then `p0`, `p1`, …; null: there are none. */
  readonly values: string | null
  /** A Parquet file with the rows of them that are deleted: `file` and `position`; null: none is. */
  readonly deleted: string | null
}

export interface ReferenceSide {
  readonly name: string
  /** Its rows as Parquet. */
  readonly file: string
  readonly hash: string
}

/** Writes beside files into a folder that exists, and is removed with the batch. */
export async function sideFiles(session: Session, disk: Disk, input: Input, folder: string): Promise<InputSide> {
  switch (input.kind) {
    case 'table': {
      const files = await readableFiles(disk, input.files, folder)
      if (input.partitionBy.length === 0 || files.length === 0) return { files, values: null, deleted: null }
      const pairs = input.files.map((file, index) => ({ file, path: files[index] ?? file }))
      const rows = folderValues(pairs, input.columns, input.partitionBy)
      return { files, values: await written(session, rows, join(folder, 'values.parquet')), deleted: null }
    }
    case 'delta': {
      const { partitionBy, columns } = input
      const files = await readableFiles(
        disk,
        input.files.map(({ file }) => file),
        folder,
      )
      const values = input.files.map(({ partitionValues }, index) => ({
        file: files[index] ?? '',
        values: partitionValues,
      }))
      const deleted = input.files.flatMap(({ deleted: bitmap }, index) => {
        const chunks = bitmap === null ? [] : chunksOf(Buffer.from(bitmap, 'base64'))
        return chunks.map(({ number, bits }) => ({ file: files[index] ?? '', chunk: number, bits }))
      })
      if (partitionBy.length === 0 && deleted.length === 0) return { files, values: null, deleted: null }
      await session.run(script(deltaTables(partitionBy, values, deleted)))
      const valuesFile = join(folder, 'values.parquet')
      const deletedFile = join(folder, 'deleted.parquet')
      return {
        files,
        values: partitionBy.length === 0 ? null : await written(session, deltaValues(columns, partitionBy), valuesFile),
        deleted: deleted.length === 0 ? null : await written(session, deletedPositions, deletedFile),
      }
    }
    case 'spooled': {
      if (input.format === 'parquet' || input.files.length === 0) {
        return { files: await readableFiles(disk, input.files, folder), values: null, deleted: null }
      }
      const file = await written(session, readSpooledNdjson(input.files, input.columns), join(folder, 'rows.parquet'))
      return { files: [file], values: null, deleted: null }
    }
    default:
      return { files: [], values: null, deleted: null } // refused by the program
  }
}

/** Reads references whose bytes have changed, and writes all of them as Parquet. @throws LAKE_REFERENCE_INVALID */
export async function referenceFiles(
  session: Session,
  references: readonly Reference[],
  folder: string,
  hashes: Map<string, string> = new Map(),
): Promise<ReferenceSide[]> {
  const sides: ReferenceSide[] = []
  for (const [index, reference] of references.entries()) {
    const { name } = reference
    const loaded = hashes.get(name)
    hashes.delete(name) // a load that fails may leave another table
    const hash = await loadReference(session, reference, loaded)
    hashes.set(name, hash)
    const file = await written(session, allRows(name), join(folder, `reference-${index}.parquet`))
    sides.push({ name, file, hash })
  }
  return sides
}

/** Spark takes no file whose name begins with _ or a dot, and says nothing: such a file gets another name. */
async function readableFiles(disk: Disk, files: readonly string[], folder: string): Promise<string[]> {
  const readable: string[] = []
  for (const [index, file] of files.entries()) {
    const isHidden = /^[_.]|\._COPYING_$/.test(basename(file))
    const path = isHidden ? join(folder, `hidden-${index}.parquet`) : file
    if (isHidden) await disk.symlink(file, path)
    readable.push(path)
  }
  return readable
}

async function written(session: Session, rows: Sql, file: string): Promise<string> {
  await session.run(copyToParquet(rows, file, undefined))
  return file
}
