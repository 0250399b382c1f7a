import type { ColumnType } from './types.ts'

/** How one column of a foreign Parquet file becomes the declared one. */
export interface ForeignColumn {
  readonly name: string
  /** The lake's own name of the type. */
  readonly type: string
  /** The column in the file; left out if the file lacks it, so that it is NULL in every row. */
  readonly found?: FoundColumn
  /** The text of its value in every row, for a column whose values are in the names of folders; null for NULL. */
  readonly value?: string | null
}

export interface FoundColumn extends Footnotes {
  /**
   * Its name in the file. Where several names differ at most in the case of ASCII letters, those after the first get
   * `_1`, `_2` and so on at their end, which is how DuckDB tells them apart.
   */
  readonly name: string
  readonly type: ColumnType
}

/** What a file says about a column besides its type. */
export interface Footnotes {
  /** The footer's key that says that times before the Gregorian calendar are in another calendar. */
  readonly legacyCalendar?: { readonly key: string; readonly before: string }
  /** Whether fastparquet wrote the file, which stores missing values as pandas has them: NaN, or NaT as a time. */
  readonly isFastparquet?: boolean
}
