// What the footers of Parquet files say that an engine has written.
import type { Columns } from '../../columns.ts'
import { fileList, identifier, listed, text, typeSql } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'

/**
 * A row for each file: its `rows`, its `fields` as they are stored, and of each column, by its place in the file, how
 * many values are NULL and the bounds. Those are NULL where a row group does not say them, or only a part of them.
 */
export function footersOf(files: readonly string[], columns: Columns): Sql {
  const list = fileList(files)
  const values = Object.entries(columns).map(([name, type], index) => columnValues(name, type, index))
  return clauses(
    sql`WITH fields AS (SELECT file_name, list({name: name, type: duckdb_type, physical: type,`,
    sql`converted: converted_type, logical: logical_type} ORDER BY column_id) AS fields`,
    sql`FROM parquet_schema(${list}) WHERE column_id > 0 GROUP BY file_name),`,
    sql`chunks AS (SELECT file_name, column_id, row_group_num_rows AS rows, stats_null_count AS nulls,`,
    sql`CASE WHEN min_is_exact IS NOT false THEN stats_min_value END AS min,`,
    sql`CASE WHEN max_is_exact IS NOT false THEN stats_max_value END AS max FROM parquet_metadata(${list})),`,
    sql`known AS (SELECT file_name, sum(rows) FILTER (column_id = 0)::BIGINT AS rows,`,
    sql`[${listed(values)}] AS "values" FROM chunks GROUP BY file_name)`,
    sql`SELECT f.file_name AS file, coalesce(k.rows, 0) AS rows, f.fields, k."values"`,
    sql`FROM fields AS f LEFT JOIN known AS k USING (file_name)`,
  )
}

function columnValues(name: string, type: string, index: number): Sql {
  const here = sql`FILTER (column_id = ${index})`
  const isKnown = (bound: Sql): Sql => sql`coalesce(bool_and(${bound} IS NOT NULL OR nulls = rows) ${here}, false)`
  const bound = (which: Sql): Sql => {
    const value = sql`TRY_CAST(${which} AS ${typeSql(type)})`
    return sql`CASE WHEN ${isKnown(value)} THEN CAST(${which}(${value}) ${here} AS VARCHAR) END`
  }
  const nulls = sql`CASE WHEN bool_and(nulls IS NOT NULL) ${here} THEN (sum(nulls) ${here})::BIGINT END`
  return clauses(
    sql`{name: ${text(name)}, nulls: ${nulls},`,
    sql`min: ${bound(identifier('min'))}, max: ${bound(identifier('max'))}}`,
  )
}
