import type { ColumnType } from './types.ts'

/** How one column of a Parquet file that another program wrote becomes the declared one. */
export interface ForeignColumn {
  readonly name: string
  /** As the lake calls it. */
  readonly type: string
  /** The column in the file; left out where the file lacks it, so that it is NULL in every row. */
  readonly found?: FoundColumn
}

export interface FoundColumn extends Footnotes {
  /**
   * Its name in the file. Of several whose names differ at most in the case of ASCII letters, those after the first
   * have `_1`, `_2` and so on behind them, which is how DuckDB tells them apart.
   */
  readonly name: string
  readonly type: ColumnType
}

/** What a file says of a column beyond its type. */
export interface Footnotes {
  /** The key of a footer that says that times before the Gregorian calendar are in another one. */
  readonly legacyCalendar?: { readonly key: string; readonly before: string }
  /** Whether it is written by fastparquet, which stores what pandas has for missing values: NaN, and NaT as a time. */
  readonly isFastparquet?: boolean
}
