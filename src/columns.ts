// How Lakeweir describes columns and their values. Delta's names for the types are in delta/schema.ts; DuckDB
// understands the lake's own names as they are.

/** The types of columns, except decimals. */
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

/** The most digits that a decimal may have. */
const MAX_DIGITS = 38

export interface Decimal {
  readonly digits: number
  readonly scale: number
}

/** The digits and the scale of a decimal type; undefined for any other type, and for a decimal that cannot exist. */
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

/** How a table is declared. */
export interface TableShape {
  readonly name: string
  readonly columns: Columns
  /** Columns whose values name folders, the outermost first. */
  readonly partitionBy: readonly string[]
}

/** What a variable that SQL reads may hold. */
export type VariableValue = string | number | boolean | null | readonly string[] | Readonly<Record<string, string>>

/** Whether a text is a date in the years 1 to 9999, the only ones that a table may hold. */
export function isTableDate(text: string): boolean {
  return /^\d{4}-\d\d-\d\d$/.test(text)
}

/** How much of a longer text is enough for a bound. */
export const BOUND_CHARACTERS = 65

/** What is known about the values of a column in a file. */
export interface ColumnValues {
  /** In how many rows it is NULL; null where that is not known. */
  readonly nulls: number | null
  /**
   * null where they are not known or do not exist: every value is NULL, or some value is NaN, infinite or a time
   * outside the years 1 to 9999. Always null for a BLOB.
   */
  readonly bounds: ValueBounds | null
}

/**
 * The smallest and the largest value that is not NULL, as texts: BOOLEAN `true` and `false`; integers and DECIMAL
 * `-0.05`, all digits, none of them in an exponent; FLOAT and DOUBLE the shortest number that reads back the same, as
 * JSON writes numbers; DATE `2026-11-22`; TIMESTAMPTZ `2026-11-22T10:00:00.123456Z`, always six digits of a second;
 * VARCHAR, ordered by code points, the text itself, or at least the first `BOUND_CHARACTERS` code points of a longer
 * one.
 */
export interface ValueBounds {
  readonly min: string
  readonly max: string
}
