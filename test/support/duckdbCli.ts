import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Where `npx jiti scripts/install-duckdb-cli.ts` puts the DuckDB command line. */
export const DUCKDB_CLI = fileURLToPath(new URL('../../.venv/bin/duckdb', import.meta.url))

export const hasDuckdbCli = existsSync(DUCKDB_CLI)

/** Starts a DuckDB of its own, away from any `.duckdbrc`, and gives what it printed. Fails where it says an error. */
export async function duckdbCli(args: readonly string[], input = ''): Promise<string> {
  const run = promisify(execFile)(DUCKDB_CLI, [...args], {
    encoding: 'utf8',
    env: { ...process.env, HOME: '/nowhere' },
  })
  run.child.stdin?.end(input)
  const { stdout, stderr } = await run
  // Told of the file that -init reads, it is not silent; anything else is a complaint.
  const complaints = stderr.split('\n').filter((line) => line !== '' && !line.includes('-- Loading resources from'))
  if (complaints.length > 0) throw new Error(`duckdb ${args.join(' ')}: ${complaints.join('\n')}`)
  return stdout
}

/** The rows that a query gives in the DuckDB command line, after it has read a file. */
export async function duckdbCliRows(init: string, query: string, before: readonly string[] = []): Promise<unknown[]> {
  const cmd = before.flatMap((statement) => ['-cmd', statement])
  const printed = await duckdbCli([...cmd, '-init', init, '-json', '-c', query])
  return printed.trim() === '' ? [] : (JSON.parse(printed) as unknown[])
}
