import type { CommandModule } from 'yargs'
import { LakeError } from '../../errors.ts'
import type { Console } from '../console.ts'
import { type CommonArguments, withLake } from '../session.ts'
import { type ResultArguments, writeResult } from './report.ts'

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
        .option('json', { type: 'boolean', describe: 'one JSON object a row' })
        .option('csv', { type: 'boolean', describe: 'CSV with a header' })
        .option('output', { type: 'string', describe: 'write to this file; .json and .csv choose the form' })
        .conflicts('json', 'csv')
        .example('$0 sql "SELECT stream, max(batch) FROM batches GROUP BY ALL"', 'a table')
        .example('$0 sql "FROM batches ORDER BY batch_time DESC LIMIT 5"', 'the last batches')
        .example('$0 sql - < query.sql', 'a file'),
    handler: async (argv) => {
      await withLake(argv, async (lake) => {
        const query = argv.query === '-' ? await readStdin() : (argv.query ?? LIST_VIEWS)
        if (query.replaceAll(';', '').trim() === '') {
          throw new LakeError('LAKE_USAGE', 'the query is empty.', { remedy: 'lakeweir sql "SELECT 1"' })
        }
        await writeResult(await lake.query(query), argv, console)
      })
      exit(0)
    },
  }
}

const LIST_VIEWS = `
SELECT view_name AS view, list_reduce(list(column_name ORDER BY column_index), lambda a, b: a || ', ' || b) AS columns
FROM duckdb_views() JOIN duckdb_columns() ON table_name = view_name
WHERE NOT duckdb_views.internal
GROUP BY ALL ORDER BY ALL`

async function readStdin(): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of process.stdin) chunks.push(Buffer.from(chunk as Uint8Array))
  return Buffer.concat(chunks).toString('utf8')
}
