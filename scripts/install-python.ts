// Sets up Python in `.cache/python`, for the tests that read a lake with other programs or write files with them:
// npx jiti scripts/install-python.ts
//
// Everything is pinned in python-requirements.txt: pyarrow, pandas, polars, fastparquet, deltalake, DuckDB's command
// line and its delta extension. pip downloads them from where it is configured to. A second run does nothing; after the
// pins have changed, everything is installed again. Without Python, it says so and those tests are skipped.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const requirements = resolve(import.meta.dirname, 'python-requirements.txt')
const venv = resolve(import.meta.dirname, '..', '.cache', 'python')
/** The pins that are installed. Written last, so that an interrupted installation does not count as one. */
const installed = join(venv, 'installed.txt')

/** The oldest Python that all pinned packages run on. */
const OLDEST = [3, 11]
const NAMES = ['python3', 'python', 'python3.13', 'python3.12', 'python3.11']

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return undefined // nothing is installed yet
  }
}

/** The first Python that can make a virtual environment. */
function findPython(): string | undefined {
  const check = `import venv, ensurepip, sys; assert sys.version_info >= (${OLDEST.join(', ')})`
  return NAMES.find((name) => spawnSync(name, ['-c', check]).status === 0)
}

/** Runs a step and shows its output; a step that fails ends the installation. */
function step(program: string, args: readonly string[]): void {
  const { status } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (status === 0) return
  console.error(`install-python: ${[program, ...args].join(' ')} failed; the tests that need Python will be skipped.`)
  process.exit(1)
}

function install(): void {
  const pins = readFileSync(requirements, 'utf8')
  if (textOf(installed) === pins && existsSync(join(venv, 'bin', 'python'))) {
    console.error(`install-python: everything is already in ${venv}.`)
    return
  }
  const python = findPython()
  if (python === undefined) {
    console.error(`install-python: no Python ${OLDEST.join('.')} or newer with venv and pip was found.`)
    console.error('install-python: the tests that need it will be skipped.')
    return
  }
  rmSync(venv, { recursive: true, force: true })
  step(python, ['-m', 'venv', venv])
  const pip = ['-m', 'pip', '--disable-pip-version-check']
  // --no-deps installs only what is pinned, and `check` finds what is missing.
  step(join(venv, 'bin', 'python'), [...pip, 'install', '--quiet', '--no-deps', '--requirement', requirements])
  step(join(venv, 'bin', 'python'), [...pip, 'check'])
  writeFileSync(installed, pins)
  console.error(`install-python: installed everything into ${venv}.`)
}

install()
