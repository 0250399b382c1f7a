import { replayPassingOver } from '../delta/passedOver.ts'
import { assertLogsListable, lakeTablesStatement, readsSql, snapshotSql } from '../delta/snapshot.ts'
import type { Session } from '../duckdb/session.ts'
import { refusedTable } from '../duckdb/sql/asOf.ts'
import { readReference } from '../duckdb/sql/references.ts'
import { givenSql, type Sql, sqlFile } from '../duckdb/sql/sql.ts'
import { createTempView, onLines, script, setOption } from '../duckdb/sql/statements.ts'
import { statementsOf } from '../duckdb/sql/statementTexts.ts'
import { queryOf, setLakeDefault, setLiveFiles, setTableRead } from '../duckdb/sql/tableFiles.ts'
import { LakeError, messageOf } from '../errors.ts'
import { knownError } from '../stream/failures.ts'
import { assertReferenceReadable } from '../tables/referenceFile.ts'
import type { Moment } from './asOf/asOf.ts'
import { leaveOutStatements } from './asOf/viewsThen.ts'
import { behindStatement, notBehindSql, readingError, recordStatements } from './committed.ts'
import type { ResolvedLake } from './config/resolve.ts'
import type { Layout } from './layout.ts'
import type { OpenLake } from './openLake.ts'
import { tableRefs } from './tableLogs.ts'

/** Stops a client that reads `lake.sql` where there is no lake; the contract is in the file. */
const presentSql = sqlFile(new URL('./present.sql', import.meta.url))

/**
 * The text of `lake.sql`: every table, reference and view of the lake as a temporary view, in plain DuckDB SQL. It
 * shows the lake as it is when the text is run.
 */
export function lakeSql(lake: ResolvedLake, layout: Layout): string {
  const statements = [
    ...replayStatements(lake, layout),
    statementsOf(presentSql),
    ...tableStatements(lake),
    ...lake.references.map((reference) => createTempView(reference.name, readReference(reference))),
    ...lake.views.map(({ view, text }) => createTempView(view, onLines(statementsOf(givenSql(text))))),
  ]
  return `${HEADER}${statements.map((statement) => `${statement};\n`).join('\n')}`
}

/**
 * Makes the views of `lake.sql` in a session: those of the tables as they are, or of a moment that the session has
 * replayed. An error says whether a log, a reference or a view is at fault.
 * @throws LakeError LAKE_LOG_INVALID, LAKE_LOG_BEHIND, LAKE_PROTOCOL_UNSUPPORTED, LAKE_REFERENCE_INVALID,
 * LAKE_SQL_INVALID
 */
export async function loadViews({ config, layout }: OpenLake, session: Session, moment?: Moment): Promise<void> {
  await makeViews(session, config, layout, moment).catch((cause: unknown) => {
    throw knownError(cause)
  })
}

async function makeViews(
  session: Session,
  lake: ResolvedLake,
  layout: Layout,
  moment: Moment | undefined,
): Promise<void> {
  const replay = moment === undefined ? replayStatements(lake, layout) : statementsThen(moment)
  await assertLogsListable(lake.root, tableRefs(lake, layout))
  try {
    const views = script([...replay, ...tableStatements(lake, moment)])
    await replayPassingOver(session, () => session.run(views))
  } catch (cause) {
    throw readingError(cause)
  }
  for (const reference of lake.references) {
    await assertReferenceReadable(reference)
    await session.run(createTempView(reference.name, readReference(reference)))
  }
  for (const { view, name, text } of lake.views) {
    try {
      // Starts on the first line of the statement, so that line numbers in an error are the file's.
      await session.run(createTempView(view, statementsOf(givenSql(text))))
    } catch (cause) {
      throw new LakeError('LAKE_SQL_INVALID', `${name}: ${messageOf(cause)}`, { cause })
    }
  }
}

/** Reads the logs, which say what tables there are and how each is read. */
function replayStatements(lake: ResolvedLake, layout: Layout): Sql[] {
  return [
    setOption('TimeZone', 'UTC'),
    setLakeDefault(lake.root),
    ...recordStatements(lake, layout),
    lakeTablesStatement(tableRefs(lake, layout)),
    statementsOf(snapshotSql),
    behindStatement,
    statementsOf(notBehindSql),
    statementsOf(readsSql),
  ]
}

/** For the tables as they were, whose logs `replayMoment` has replayed; the newest records say nothing of that. */
function statementsThen(moment: Moment): Sql[] {
  return [setOption('TimeZone', 'UTC'), ...leaveOutStatements(moment), statementsOf(readsSql)]
}

/** A view for each table, with the columns of its log, or those of the config while it has no log. */
function tableStatements(lake: ResolvedLake, moment?: Moment): Sql[] {
  return lake.tables.flatMap((table) => {
    const { name, columns } = table
    const then = moment?.tables.get(table)
    if (then?.kind === 'unknown') return [createTempView(name, refusedTable(columns, `${name} ${then.why}`))]
    return [
      // DuckDB binds a view when it is made, too: that would look at the names of all files.
      setTableRead(`lake_read_${name}`, name, columns, 'none'),
      createTempView(name, queryOf(`lake_read_${name}`)),
      setLiveFiles(`lake_files_${name}`, name),
      setTableRead(`lake_read_${name}`, name, columns, 'rows'),
    ]
  })
}

const HEADER = `-- lake.sql: this lake as views for any DuckDB client; one view per table, reference and query.
--
--   duckdb -init lake.sql                                                   the lake at the path below
--   duckdb -cmd "SET VARIABLE lake = '/else/where'" -cmd ".read lake.sql"   a lake elsewhere (-init runs too early)
--   .read lake.sql                                                          refreshes: shows the newest batches
--
-- SQL cannot find out where its file is. Read a lake that was moved or copied in the second way, until a run of
-- Lakeweir there has written this file again. Where there is no lake, this stops with an error.
--
-- Written by Lakeweir at every run; your changes would be lost.

`
