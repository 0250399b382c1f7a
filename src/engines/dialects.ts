/**
 * The SQL of engines that read another one than DuckDB's. What such an engine reads in the place of a .sql file stands
 * beside it, with the dialect in its name: `orders.spark.sql` beside `orders.sql`.
 */
export const DIALECTS = ['spark'] as const

export type Dialect = (typeof DIALECTS)[number]
