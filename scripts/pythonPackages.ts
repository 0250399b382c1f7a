// Sets up a virtual environment of Python with pinned packages, below `.cache/`.
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The oldest Python that all pinned packages run on. */
const OLDEST = [3, 11]
const NAMES = ['python3', 'python', 'python3.13', 'python3.12', 'python3.11']

export interface PythonPackages {
  /** The program that installs them, as its messages begin. */
  readonly installer: string
  /** A requirements file in `scripts/`, each package pinned, with all its dependencies. */
  readonly requirements: string
  /** A folder in `.cache/`. */
  readonly folder: string
  /** What cannot be done without them. */
  readonly without: string
}

/**
 * Installs the packages unless exactly those are there already. pip downloads them from where it is configured to.
 * Exits with 1 if a step fails; without Python, only says so.
 */
export function installPackages({ installer, requirements, folder, without }: PythonPackages): void {
  const say = (text: string): void => console.error(`${installer}: ${text}`)
  const pins = readFileSync(resolve(import.meta.dirname, requirements), 'utf8')
  const venv = resolve(import.meta.dirname, '..', '.cache', folder)
  /** The pins that are installed. Written last, so that an interrupted installation does not count as one. */
  const installed = join(venv, 'installed.txt')
  if (textOf(installed) === pins && existsSync(join(venv, 'bin', 'python'))) {
    say(`everything is already in ${venv}.`)
    return
  }
  const python = findPython()
  if (python === undefined) {
    say(`no Python ${OLDEST.join('.')} or newer with venv and pip was found.`)
    say(`${without}.`)
    return
  }
  const step = (program: string, args: readonly string[]): void => {
    const { status } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
    if (status === 0) return
    say(`${[program, ...args].join(' ')} failed; ${without}.`)
    process.exit(1)
  }
  rmSync(venv, { recursive: true, force: true })
  step(python, ['-m', 'venv', venv])
  const pip = ['-m', 'pip', '--disable-pip-version-check']
  // --no-deps installs only what is pinned, and `check` finds what is missing.
  const from = ['--quiet', '--no-deps', '--requirement', resolve(import.meta.dirname, requirements)]
  step(join(venv, 'bin', 'python'), [...pip, 'install', ...from])
  step(join(venv, 'bin', 'python'), [...pip, 'check'])
  writeFileSync(installed, pins)
  say(`installed everything into ${venv}.`)
}

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
