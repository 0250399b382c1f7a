import {
  chmodSync,
  constants,
  copyFileSync,
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  realpathSync,
  statSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ProgramOptions } from './program.ts'
import { temporaryFolder } from './temporaryFolder.ts'

/** Whom the kernel gives no rights. Root may read and write whatever the modes say. */
export const NOBODY = 65_534

export const isRoot = process.getuid?.() === 0

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
const MODULES = join(REPOSITORY, 'node_modules')

/** What the program consists of, beside the packages that it lists. */
const PARTS = ['dist', 'sql', 'lakeweir.config.ts', 'package.json']

/**
 * Options that run the program as a user without rights; none where the tests have none themselves. That user runs a
 * copy: a checkout in root's home, or a Node that is installed there, cannot be entered by others.
 */
export function asNobody(): Pick<ProgramOptions, 'uid' | 'installation' | 'config'> {
  if (!isRoot) return {}
  const folder = temporaryFolder()
  chmodSync(folder, 0o755)
  for (const part of PARTS) cpSync(join(REPOSITORY, part), join(folder, part), { recursive: true })
  for (const name of packagesBelow(REPOSITORY)) {
    const options = { recursive: true, dereference: true } // some link packages into their node_modules
    cpSync(join(MODULES, name), join(folder, 'node_modules', name), options)
  }
  const installation = { node: nodeForAll(folder), bin: join(folder, 'dist/cli/bin.cjs') }
  return { uid: NOBODY, installation, config: join(folder, 'lakeweir.config.ts') }
}

/** The packages that the program lists, and all that they need, as far as they are installed here. */
function packagesBelow(folder: string, found = new Set<string>()): Set<string> {
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as {
    readonly dependencies?: Readonly<Record<string, string>>
    readonly optionalDependencies?: Readonly<Record<string, string>>
  }
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const installed = join(MODULES, name)
    if (found.has(name) || !existsSync(installed)) continue
    found.add(name)
    packagesBelow(installed, found)
  }
  return found
}

/** The path of this Node, or of the same below `folder` where others cannot enter the folder that it is in. */
function nodeForAll(folder: string): string {
  const node = realpathSync(process.execPath)
  if (isOpen(dirname(node))) return node
  const copy = join(folder, 'bin/node')
  mkdirSync(dirname(copy))
  try {
    linkSync(node, copy)
  } catch {
    copyFileSync(node, copy, constants.COPYFILE_FICLONE) // it is on another file system
  }
  return copy
}

function isOpen(folder: string): boolean {
  const isEntered = (statSync(folder).mode & 0o001) !== 0
  return isEntered && (dirname(folder) === folder || isOpen(dirname(folder)))
}
