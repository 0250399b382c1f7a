import { lakeTablesStatement, snapshotSql, type TableRef } from '../delta/snapshot.ts'
import {
  createTempView,
  readReference,
  readTableFilesOrNone,
  setLakeDefault,
  setLiveFiles,
  setOption,
} from '../duckdb/render.ts'
import type { Layout } from './layout.ts'
import type { ResolvedLake } from './resolve.ts'

/** The lake's tables as a snapshot takes them. */
export function tableRefs(lake: ResolvedLake, layout: Layout): TableRef[] {
  return lake.tables.map((table) => ({ name: table.name, folder: layout.dataFolder(table), stream: table.owner }))
}

/**
 * The text of `lake.sql`: every table, reference and view of the lake as a temporary view, in plain DuckDB SQL. What it
 * shows is the lake at the moment when it is run.
 */
export function lakeSql(lake: ResolvedLake, layout: Layout): string {
  const statements = [
    setOption('TimeZone', 'UTC'),
    setLakeDefault(lake.root),
    lakeTablesStatement(tableRefs(lake, layout)),
    snapshotSql.trimEnd().replace(/;$/, ''),
    ...lake.tables.flatMap((table) => {
      const variable = `lake_files_${table.name}`
      return [
        setLiveFiles(variable, table.name),
        createTempView(table.name, readTableFilesOrNone(variable, table.columns, table.partitionBy)),
      ]
    }),
    ...lake.references.map(({ name, file, columns }) => createTempView(name, readReference(file, columns))),
    createTempView('batches', 'FROM log_batches'),
    ...lake.views.map(({ view, text }) => createTempView(view, `\n${text.trimEnd().replace(/;$/, '')}`)),
  ]
  return `${HEADER}${statements.map((statement) => `${statement};\n`).join('\n')}`
}

const HEADER = `-- lake.sql: the tables of this lake as views for any DuckDB client; one view per table, reference and query.
--
--   duckdb -init lake.sql                                                     the lake at the path below
--   duckdb -cmd "SET VARIABLE lake = '/else/where'" -cmd ".read lake.sql"     one elsewhere (-init would come too early)
--   .read lake.sql                                                            again: the newest batches
--
-- Written by Lakeweir at every run; changes are lost.

`
