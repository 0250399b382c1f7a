/**
 * The SQL of engines that read another one than DuckDB's. What a .sql file means there, where it is not the same, stands
 * beside it in a file with the dialect in its name: `orders.spark.sql` beside `orders.sql`.
 */
export const DIALECTS = ['spark'] as const

export type Dialect = (typeof DIALECTS)[number]
