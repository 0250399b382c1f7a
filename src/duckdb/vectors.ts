import {
  type DuckDBDataChunk,
  DuckDBDoubleVector,
  DuckDBIntegerVector,
  DuckDBUHugeIntVector,
  type DuckDBVector,
} from '@duckdb/node-api'

/**
 * A column of numbers that are not NULL: INTEGER, DOUBLE, or UHUGEINT as four words of 32 bits each, the lowest first.
 */
export type NumberVector = Int32Array | Float64Array | Uint32Array

/** Some thousand rows of a result, column by column. */
export interface NumberVectors {
  readonly rowCount: number
  readonly columns: readonly NumberVector[]
}

/**
 * The columns of a chunk, without a JavaScript value for each number: for a UHUGEINT that would be a BigInt. They are
 * copies, because DuckDB's own memory is freed when JavaScript collects the chunk.
 */
export function numberVectors(chunk: DuckDBDataChunk): NumberVectors {
  const columns = Array.from({ length: chunk.columnCount }, (_, index) => numbersOf(chunk.getColumnVector(index)))
  return { rowCount: chunk.rowCount, columns }
}

/**
 * The driver keeps a vector's memory in a private field, and there is no other way to it. Its version is pinned, and
 * what it holds is checked here.
 */
interface VectorMemory {
  readonly items?: unknown
  readonly dataView?: unknown
}

function numbersOf(vector: DuckDBVector): NumberVector {
  const { items, dataView } = vector as unknown as VectorMemory
  if (vector instanceof DuckDBIntegerVector && items instanceof Int32Array) return items.slice()
  if (vector instanceof DuckDBDoubleVector && items instanceof Float64Array) return items.slice()
  if (vector instanceof DuckDBUHugeIntVector && dataView instanceof DataView) {
    const { buffer, byteOffset, byteLength } = dataView
    return new Uint32Array(buffer.slice(byteOffset, byteOffset + byteLength))
  }
  throw new TypeError(`a ${vector.type} column cannot be read as numbers`)
}
