import { lakeTablesStatement, logError, snapshotSql, type TableRef } from '../delta/snapshot.ts'
import type { Session } from '../duckdb/session.ts'
import { readReference } from '../duckdb/sql/references.ts'
import { createTempView, script, setOption } from '../duckdb/sql/statements.ts'
import { readTableFilesOrNone, setLakeDefault, setLiveFiles } from '../duckdb/sql/tableFiles.ts'
import { assertReferenceReadable } from '../engines/reference.ts'
import { LakeError, messageOf } from '../errors.ts'
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
    ...tableStatements(lake, layout),
    ...lake.references.map((reference) => createTempView(reference.name, readReference(reference))),
    // A line of its own: the file may end in a comment.
    ...lake.views.map(({ view, text }) => createTempView(view, `\n${selectOf(text)}\n`)),
  ]
  return `${HEADER}${statements.map((statement) => `${statement};\n`).join('\n')}`
}

/**
 * Makes the views of `lake.sql` in a session, and says of a failure whose it is.
 * @throws LakeError LAKE_LOG_INVALID, LAKE_REFERENCE_INVALID, LAKE_SQL_INVALID
 */
export async function makeViews(session: Session, lake: ResolvedLake, layout: Layout): Promise<void> {
  try {
    await session.run(script(tableStatements(lake, layout)))
  } catch (cause) {
    throw logError(cause)
  }
  for (const reference of lake.references) {
    await assertReferenceReadable(reference)
    await session.run(createTempView(reference.name, readReference(reference)))
  }
  for (const { view, name, text } of lake.views) {
    try {
      // On the line of the statement, so that an error counts the file's lines.
      await session.run(createTempView(view, selectOf(text)))
    } catch (cause) {
      throw new LakeError('LAKE_SQL_INVALID', `${name}: ${messageOf(cause)}`, { cause })
    }
  }
}

function tableStatements(lake: ResolvedLake, layout: Layout): string[] {
  return [
    setOption('TimeZone', 'UTC'),
    setLakeDefault(lake.root),
    lakeTablesStatement(tableRefs(lake, layout)),
    selectOf(snapshotSql),
    ...lake.tables.flatMap((table) => {
      const variable = `lake_files_${table.name}`
      return [
        setLiveFiles(variable, table.name),
        createTempView(table.name, readTableFilesOrNone(variable, table.columns, table.partitionBy)),
      ]
    }),
  ]
}

/** The text of a .sql file without the semicolon at its end. */
function selectOf(text: string): string {
  return text.trimEnd().replace(/;$/, '')
}

const HEADER = `-- lake.sql: this lake as views for any DuckDB client; one view per table, reference and query.
--
--   duckdb -init lake.sql                                                   the lake at the path below
--   duckdb -cmd "SET VARIABLE lake = '/else/where'" -cmd ".read lake.sql"   one elsewhere (-init would come too early)
--   .read lake.sql                                                          again: the newest batches
--
-- Written by Lakeweir at every run; changes are lost.

`
