import { execFile, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { promisify, stripVTControlCharacters } from 'node:util'
import { pythonProgram } from './python.ts'

/** The DuckDB command line comes with Python's packages. */
const DUCKDB_CLI = pythonProgram('duckdb')

/** No `.duckdbrc` of whoever runs the tests. */
const env = { ...process.env, HOME: '/nowhere' }

export interface CliCall {
  readonly args: readonly string[]
  /** What is typed. */
  readonly input?: string
  readonly folder?: string
}

/** Starts a DuckDB and gives what it printed. Fails where it exits with an error or says one. */
export async function duckdbCli({ args, input = '', folder = '/' }: CliCall): Promise<string> {
  const run = promisify(execFile)(DUCKDB_CLI, [...args], { encoding: 'utf8', env, cwd: folder })
  run.child.stdin?.end(input)
  const { stdout, stderr } = await run
  // It says which file -init reads; anything else is a complaint.
  const said = stripVTControlCharacters(stderr).split('\n')
  const complaints = said.filter((line) => line !== '' && !line.startsWith('-- Loading resources from'))
  if (complaints.length > 0) throw new Error(`duckdb ${args.join(' ')}: ${complaints.join('\n')}`)
  return stdout
}

/** The rows that it printed as JSON. */
export async function duckdbCliRows(call: CliCall): Promise<unknown[]> {
  const printed = await duckdbCli({ ...call, args: ['-json', ...call.args] })
  return printed.trim() === '' ? [] : (JSON.parse(printed) as unknown[])
}

/** A DuckDB that stays up, as on a terminal. Every line that is typed must be answered by one line. */
export class DuckdbCliSession {
  readonly #child = spawn(DUCKDB_CLI, ['-csv', '-noheader'], { env, cwd: '/', stdio: ['pipe', 'pipe', 'inherit'] })
  readonly #lines = createInterface({ input: this.#child.stdout })[Symbol.asyncIterator]()

  /** Types `lines`, of which the last one is a query with one row of one column. @returns its value as text */
  async ask(...lines: readonly string[]): Promise<string> {
    this.#child.stdin.write(`${lines.join('\n')}\n`)
    const { value, done } = await this.#lines.next()
    if (done === true) throw new Error(`duckdb ended at: ${lines.join(' ')}`)
    return String(value)
  }

  close(): void {
    this.#child.stdin.end()
  }
}
