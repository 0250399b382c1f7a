import type { CommandModule } from 'yargs'
import { LakeError } from '../../errors.ts'
import { STDIN_WORD } from '../arguments.ts'
import type { Console } from '../console.ts'
import { OPTIONS } from '../options.ts'
import { assertPresent } from '../presence.ts'
import { type CommonArguments, withLake } from '../session.ts'
import { formatOf, type ResultArguments, writeResult } from './report.ts'

interface SqlArguments extends ResultArguments {
  readonly query: string | undefined
}

export function sqlCommand(
  console: Console,
  exit: (code: number) => void,
): CommandModule<CommonArguments, SqlArguments> {
  return {
    command: 'sql [query]',
    describe: 'run SQL over the views of the lake; "-" reads it from stdin, without a query the views are listed',
    builder: (yargs) =>
      yargs
        .positional('query', { type: 'string', describe: 'one statement, or several' })
        .options(OPTIONS.sql)
        .example('$0 sql "SELECT stream, max(batch) FROM batches GROUP BY ALL"', 'a table')
        .example('$0 sql "FROM batches ORDER BY batch_time DESC LIMIT 5"', 'the last batches')
        .example('$0 sql - < query.sql', 'a file'),
    handler: async (argv) => {
      const format = formatOf(argv)
      await withLake(argv, async (lake) => {
        await assertPresent(lake, argv)
        const query = argv.query?.trim() === STDIN_WORD ? await readStdin(console) : (argv.query ?? LIST_VIEWS)
        if (query.replaceAll(NO_STATEMENT, '') === '') {
          throw new LakeError('LAKE_USAGE', 'the query is empty.', { remedy: 'For example: lakeweir sql "SELECT 1"' })
        }
        await writeResult(await lake.query(query), format, argv, console)
      })
      exit(0)
    },
  }
}

/** Comments, and what stands between statements. */
const NO_STATEMENT = /--[^\n]*|\/\*[\s\S]*?\*\/|[;\s]/g

const LIST_VIEWS = `
SELECT view_name AS view, list_reduce(list(column_name ORDER BY column_index), lambda a, b: a || ', ' || b) AS columns
FROM duckdb_views() JOIN duckdb_columns() ON table_name = view_name
WHERE NOT duckdb_views.internal
GROUP BY ALL ORDER BY ALL`

async function readStdin(console: Console): Promise<string> {
  if (process.stdin.isTTY) console.note('SQL, then Ctrl-D:')
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}
