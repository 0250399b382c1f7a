import { accessSync, constants, existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { LakeError, messageOf, systemCodeOf } from '../../errors.ts'
import { type ResolvedLake, resolveLake } from './resolve.ts'

const require = createRequire(import.meta.url)

const CONFIG_NAME = 'lakeweir.config.ts'

export interface LoadOptions {
  /** The config's file; `lakeweir.config.ts` of the current folder where undefined. */
  readonly config?: string
  /** Another folder for the lake than the config names. */
  readonly lake?: string
}

/**
 * Loads a config, TypeScript or JavaScript, and checks it.
 * @throws LakeError LAKE_CONFIG_INVALID, LAKE_SQL_INVALID
 */
export async function loadLake(options: LoadOptions = {}): Promise<ResolvedLake> {
  const file = resolve(options.config ?? CONFIG_NAME)
  if (!existsSync(file)) {
    throw new LakeError('LAKE_CONFIG_INVALID', `there is no ${file}.`, {
      remedy: 'Run in the folder of a lakeweir.config.ts, or name one: --config FILE',
    })
  }
  return resolveLake(await importDefault(file), file, options.lake)
}

async function importDefault(file: string): Promise<unknown> {
  let module: unknown
  try {
    module = await importConfig(file)
  } catch (cause) {
    throw new LakeError('LAKE_CONFIG_INVALID', `${file} does not load: ${reasonOf(cause)}`, { cause })
  }
  if (typeof module === 'object' && module !== null && 'default' in module) return module.default
  throw new LakeError('LAKE_CONFIG_INVALID', `${file} has no default export.`, {
    remedy: 'Write the lake like this: export default defineLake({ … })',
  })
}

/**
 * Keeps what is compiled in the folder for temporary files, by the config's hash: without it every command compiles the
 * config again, a fifth of a second. That folder may be missing, another user's, or full: the config loads without.
 */
async function importConfig(file: string): Promise<unknown> {
  if (!isWritable(tmpdir())) return importWith(file, { keepCompiled: false })
  try {
    return await importWith(file, { keepCompiled: true })
  } catch (cause) {
    // A fault of the disk may be the cache's. If it is the config's own, it comes again.
    if (systemCodeOf(cause) === undefined) throw cause
    return importWith(file, { keepCompiled: false })
  }
}

/** In a config, `lakeweir` is the very package that loads it, wherever it is installed. */
async function importWith(file: string, { keepCompiled }: { readonly keepCompiled: boolean }): Promise<unknown> {
  const lakeweir = await import('../../index.ts')
  // By require: an import searches its 190 kB for the names of exports first, which takes longer than to run them.
  const { createJiti } = require('jiti') as typeof import('jiti')
  const jiti = createJiti(import.meta.url, {
    virtualModules: { lakeweir },
    fsCache: keepCompiled,
    moduleCache: false,
    interopDefault: false,
  })
  return jiti.import(file)
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK)
    return true
  } catch {
    return false // whatever the reason, nothing can be kept there
  }
}

/** A loader's message in one line, without its require stack, and with names as the config has them. */
function reasonOf(cause: unknown): string {
  const [message = ''] = messageOf(cause).split('\nRequire stack:')
  return message.replaceAll(/\(0 , \w+\.(\w+)\)/g, '$1').replaceAll(/\s+/g, ' ')
}

/** Loads a config whose lake can be where it says. @throws LakeError LAKE_CONFIG_INVALID, LAKE_SQL_INVALID */
export async function loadFitting(options: LoadOptions): Promise<ResolvedLake> {
  const resolved = await loadLake(options)
  const keyed = partitionKeyIn(resolved)
  if (keyed !== undefined) {
    throw new LakeError('LAKE_CONFIG_INVALID', `the lake's path ${resolved.root} has the folder "${keyed}".`, {
      remedy: 'DuckDB would read it as the value of a column of that name: put the lake elsewhere.',
    })
  }
  await assertFolder(resolved.root)
  return resolved
}

/** A folder on the way to the lake that DuckDB would take for a Hive partition of one of its columns. */
function partitionKeyIn(lake: ResolvedLake): string | undefined {
  const columns = new Set(lake.tables.flatMap((table) => Object.keys(table.columns).map((name) => name.toLowerCase())))
  return lake.root.split('/').find((step) => step.includes('=') && columns.has(step.split('=')[0]?.toLowerCase() ?? ''))
}

/** @throws LakeError LAKE_CONFIG_INVALID where no lake can be */
async function assertFolder(root: string): Promise<void> {
  if (root.includes('\\')) {
    throw new LakeError('LAKE_CONFIG_INVALID', `the lake's path ${root} has a backslash.`, {
      remedy: 'DuckDB takes it for an escape in the names of files: put the lake elsewhere.',
    })
  }
  const found = await stat(root).catch((cause: unknown) => {
    if (systemCodeOf(cause) === 'ENOENT') return undefined // what is missing is made by the first run
    throw new LakeError('LAKE_CONFIG_INVALID', `${root} cannot be opened: ${messageOf(cause)}`, {
      cause,
      remedy: 'Name another folder: --lake DIR',
    })
  })
  if (found === undefined || found.isDirectory()) return
  throw new LakeError('LAKE_CONFIG_INVALID', `${root} is not a folder.`, { remedy: 'Name another one: --lake DIR' })
}
