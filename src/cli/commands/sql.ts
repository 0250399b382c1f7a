import { hasStatement } from '../../duckdb/sql/statementTexts.ts'
import { LakeError, messageOf } from '../../errors.ts'
import type { AsOf } from '../../lake/asOf/asOf.ts'
import type { Lake } from '../../lake/lake.ts'
import type { LakeQuery, QueryResult } from '../../lake/queries.ts'
import { writeAnswer } from '../answer.ts'
import { AS_OF_OPTION, asOfOption } from '../asOf.ts'
import { defineCommand } from '../command.ts'
import type { AskedEngine } from '../engineOptions.ts'
import { assertPresent } from '../presence.ts'
import { RESULT_OPTIONS, type ResultForm, resultForm, STANDARD_STREAM } from '../resultForm.ts'
import { withLake } from '../session.ts'
import { listenForSignals } from '../signals.ts'
import type { Terminal } from '../terminal.ts'
import { workLine } from '../workLine.ts'

export const sql = defineCommand({
  name: 'sql',
  describe: 'run SQL over the views of the lake: the query, or stdin; without either the views are listed',
  words: {
    name: 'query',
    describe: 'one statement, or several; "-" reads stdin',
    surplusRemedy: 'Put the query in quotes: lakeweir sql "SELECT 1"',
  },
  options: { ...RESULT_OPTIONS, ...AS_OF_OPTION },
  examples: [
    ['sql "SELECT stream, max(batch) FROM batches GROUP BY ALL"', 'a table'],
    ['sql "FROM batches" --output batches.parquet', 'a file'],
    ['sql < query.sql', 'a query from a file'],
    ['sql "FROM orders" --as-of split=120', 'the tables of a stream as of its batch 120'],
  ],
  run: async (argv, terminal) => {
    const form = resultForm(argv)
    return withLake(argv, async (lake, open) => {
      const asOf = asOfOption(argv, open.config)
      await assertPresent(open, argv)
      return answerQuery(lake, { sql: await queryOf(argv.query, terminal) }, { form, asOf }, terminal)
    })
  },
})

/** Writes the results of a query. @returns the exit code */
export async function answerQuery(
  lake: Lake,
  query: LakeQuery,
  {
    form,
    asOf,
    asked = {},
  }: { readonly form: ResultForm; readonly asOf: AsOf | undefined; readonly asked?: AskedEngine },
  terminal: Terminal,
): Promise<number> {
  const interruption = listenForSignals(terminal, undefined)
  terminal.onClosed = interruption.abort
  const { signal } = interruption
  const work = workLine(query.report ?? 'query', terminal)
  const options = { signal, asOf, ...asked, onProgress: work.tell }
  try {
    await writeAnswer(
      {
        results: () => afterWork(lake.results(query, options), work.end),
        writeParquet: (file, limit) => lake.writeParquet(query, file, { ...options, limit }).finally(work.end),
      },
      form,
      terminal,
    )
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    work.end()
    interruption.release()
  }
  return interruption.exitCode() ?? 0
}

/** Results, once what made them has nothing more to say. */
async function* afterWork(results: AsyncIterable<QueryResult>, end: () => void): AsyncGenerator<QueryResult> {
  for await (const result of results) {
    end()
    yield result
  }
}

/** Not those that only the reading of logs makes, which nobody is meant to query. */
const LIST_VIEWS = `
SELECT view_name AS view, list_reduce(list(column_name ORDER BY column_index), lambda a, b: a || ', ' || b) AS columns
FROM duckdb_views() JOIN duckdb_columns() ON table_name = view_name
WHERE NOT duckdb_views.internal AND view_name NOT IN ('live_files', 'named_files')
GROUP BY ALL ORDER BY ALL`

/** The query: the word that was typed, or what comes from stdin; if there is neither, the list of views. */
async function queryOf(word: string | undefined, terminal: Terminal): Promise<string> {
  if (word === undefined && terminal.stdin?.isTTY === true) return LIST_VIEWS
  const query = word === undefined || word === STANDARD_STREAM ? await readStdin(terminal) : word
  if (hasStatement(query)) return query
  if (word === undefined) return LIST_VIEWS
  throw new LakeError('LAKE_USAGE', 'the query is empty.', { remedy: 'For example: lakeweir sql "SELECT 1"' })
}

/** After this time the command says what it waits for: its caller may have left a pipe open. */
const STDIN_NOTE_MS = 2_000

async function readStdin(terminal: Terminal): Promise<string> {
  const { stdin } = terminal
  if (stdin === undefined) return ''
  if (stdin.isTTY === true) terminal.note('SQL, then Ctrl-D:')
  const timer = setTimeout(() => {
    if (stdin.isTTY !== true) terminal.note('sql waits for a query from stdin; with < /dev/null it lists the views')
  }, STDIN_NOTE_MS)
  const chunks: Buffer[] = []
  try {
    for await (const chunk of stdin) {
      clearTimeout(timer)
      chunks.push(Buffer.from(chunk as Uint8Array))
    }
  } catch (cause) {
    throw new LakeError('LAKE_USAGE', `stdin cannot be read: ${messageOf(cause)}`, { cause })
  } finally {
    clearTimeout(timer)
  }
  return Buffer.concat(chunks).toString('utf8')
}
