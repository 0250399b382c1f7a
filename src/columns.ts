// The words of the lake for what has columns. Delta's names for the types stand in delta/schema.ts; DuckDB reads the
// lake's own as they are.

/** The types of columns but for decimals. */
const PLAIN_TYPES = [
  'BOOLEAN',
  'TINYINT',
  'SMALLINT',
  'INTEGER',
  'BIGINT',
  'FLOAT',
  'DOUBLE',
  'VARCHAR',
  'BLOB',
  'DATE',
  'TIMESTAMPTZ',
] as const

type PlainType = (typeof PLAIN_TYPES)[number]

/** The type of a column. */
export type ColumnType = PlainType | `DECIMAL(${number},${number})` | `DECIMAL(${number}, ${number})`

export const columnTypes: readonly string[] = [...PLAIN_TYPES, 'DECIMAL(p, s)']

/** The most digits of a decimal. */
const MAX_DIGITS = 38

export interface Decimal {
  readonly digits: number
  readonly scale: number
}

/** What a type says of a decimal; undefined for any other type, and for a decimal that there is not. */
export function decimalOf(type: string): Decimal | undefined {
  const parts = /^DECIMAL\((\d+), ?(\d+)\)$/.exec(type)
  if (parts === null) return undefined
  const [digits, scale] = [Number(parts[1]), Number(parts[2])]
  return digits >= 1 && digits <= MAX_DIGITS && scale <= digits ? { digits, scale } : undefined
}

export function isPlainType(type: string): type is PlainType {
  return (PLAIN_TYPES as readonly string[]).includes(type)
}

export function isColumnType(type: string): boolean {
  return isPlainType(type) || decimalOf(type) !== undefined
}

/** Column name → type, in order. */
export type Columns = Readonly<Record<string, string>>

/** What a table is declared to be. */
export interface TableShape {
  readonly name: string
  readonly columns: Columns
  /** Columns whose values name folders, the outermost first. */
  readonly partitionBy: readonly string[]
}

/** What a variable that SQL reads may hold. */
export type VariableValue = string | number | boolean | null | readonly string[] | Readonly<Record<string, string>>

/** Whether a text is a date of the years 1 to 9999, which are those that a table may hold. */
export function isTableDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text)
}

/** So much of a longer text is enough as a bound. */
export const BOUND_CHARACTERS = 65

/** What is known of the values of a column in a file. */
export interface ColumnValues {
  /** In how many rows it is NULL; null where that is not known. */
  readonly nulls: number | null
  /**
   * null where they are not known or there are none: every value is NULL, some value is NaN, infinite or a time outside
   * of the years 1 to 9999; also of every BLOB.
   */
  readonly bounds: ValueBounds | null
}

/**
 * The least and the greatest value that is not NULL, as texts: BOOLEAN `true` and `false`; integers and DECIMAL
 * `-0.05`, all digits, none of them in an exponent; FLOAT and DOUBLE the shortest number that reads back the same, as
 * JSON writes numbers; DATE `2026-11-22`; TIMESTAMPTZ `2026-11-22T10:00:00.123456Z`, always six digits of a second;
 * VARCHAR by the order of code points, the text itself, or of a longer one at least its first `BOUND_CHARACTERS` code
 * points.
 */
export interface ValueBounds {
  readonly min: string
  readonly max: string
}
