import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Where `npx jiti scripts/install-python.ts` puts Python and the programs of its packages. */
export function pythonProgram(name: string): string {
  return fileURLToPath(new URL(`../../.cache/python/bin/${name}`, import.meta.url))
}

export const PYTHON_NEED = 'Python in .cache/python: npx jiti scripts/install-python.ts'

/** Whether it is there, with the packages of today's pins. */
export const hasPython = isInstalled()

function isInstalled(): boolean {
  const pins = readFileSync(new URL('../../scripts/python-requirements.txt', import.meta.url), 'utf8')
  try {
    return readFileSync(new URL('../../.cache/python/installed.txt', import.meta.url), 'utf8') === pins
  } catch {
    return false // nothing was installed, or not to the end
  }
}

/** Reads the code and its input, and prints what it found; what the code prints itself goes to stderr. */
const RUNNER = `
import json, os, sys, textwrap
call = json.load(sys.stdin)
printed = os.fdopen(os.dup(1), 'w')
os.dup2(2, 1) # what libraries print without Python, such as a bar of progress on a slow machine
scope = {'given': call['given']}
exec(compile(textwrap.dedent(call['code']), 'snippet', 'exec'), scope)
json.dump(scope.get('found'), printed)
printed.flush()
sys.stderr.flush()
os._exit(0) # deltalake's threads may outlive the interpreter, and crash
`

const MAX_OUTPUT_BYTES = 2 ** 28

/**
 * Runs Python with the packages of `python-requirements.txt`: `given` is a variable there, and what the code leaves in
 * the variable `found` is the result; both pass as JSON. Fails with Python's traceback.
 */
export function python<T>(code: string, given: unknown = null): Promise<T> {
  return pythonIn<T>(pythonProgram('python'), code, given)
}

/** The same, with another Python. */
export async function pythonIn<T>(program: string, code: string, given: unknown): Promise<T> {
  const run = promisify(execFile)(program, ['-I', '-c', RUNNER], { maxBuffer: MAX_OUTPUT_BYTES })
  run.child.stdin?.end(JSON.stringify({ code, given }))
  const { stdout } = await run
  return JSON.parse(stdout) as T
}

/** The signed file of DuckDB's delta extension, for a `LOAD` that downloads nothing. */
export async function deltaExtension(): Promise<string> {
  return python<string>(`
    import pathlib, duckdb_extension_delta
    [file] = pathlib.Path(duckdb_extension_delta.__file__).parent.glob('**/*.duckdb_extension')
    found = str(file)
  `)
}
