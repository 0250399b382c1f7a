// Installs the DuckDB command line into `.venv`, for the tests that read a lake with it:
// npx jiti scripts/install-duckdb-cli.ts
//
// Python and pip bring the very version that the engine has; nothing is needed beside what pip is configured to use.
// Where there is no Python, it says so and the tests that want the CLI are skipped.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'

const VERSION = '1.5.5'
const PACKAGE = `duckdb-cli==${VERSION}`
const venv = resolve(import.meta.dirname, '..', '.venv')
const duckdb = join(venv, 'bin', 'duckdb')

/** Runs a program to its end. @returns what it printed, or undefined where it failed or is not there */
function output(program: string, args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : undefined
}

/** The version of the DuckDB that stands in `.venv`, if one does. */
function installedVersion(): string | undefined {
  return existsSync(duckdb) ? /v(\d+\.\d+\.\d+)/.exec(output(duckdb, ['--version']) ?? '')?.[1] : undefined
}

/** Runs a step and shows what it says; a step that fails ends the installation. */
function step(program: string, args: readonly string[]): void {
  const { status } = spawnSync(program, args, { stdio: 'inherit' })
  if (status === 0) return
  console.error(`install-duckdb-cli: ${[program, ...args].join(' ')} failed; no DuckDB CLI was installed.`)
  process.exit(1)
}

function install(): void {
  if (installedVersion() === VERSION) {
    console.error(`install-duckdb-cli: ${duckdb} is there already (${VERSION}).`)
    return
  }
  const check = 'import venv, ensurepip, sys; assert sys.version_info >= (3, 9)'
  const python = ['python3', 'python'].find((name) => output(name, ['-c', check]) !== undefined)
  if (python === undefined) {
    console.error(
      'install-duckdb-cli: no Python 3.9 with venv and pip was found, so there is no DuckDB CLI to test with.',
    )
    return
  }
  step(python, ['-m', 'venv', venv])
  step(join(venv, 'bin', 'python'), ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', PACKAGE])
  if (installedVersion() !== VERSION) {
    console.error(`install-duckdb-cli: ${PACKAGE} is installed, but ${duckdb} does not say ${VERSION}.`)
    process.exit(1)
  }
  console.error(`install-duckdb-cli: installed ${duckdb} (${VERSION}).`)
}

install()
