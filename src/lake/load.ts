import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { LakeError, messageOf } from '../errors.ts'
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

/** In a config, `lakeweir` is the very package that loads it, wherever it is installed. */
async function importDefault(file: string): Promise<unknown> {
  const lakeweir = await import('../index.ts')
  // By require: an import searches its 190 kB for the names of exports first, which takes longer than to run them.
  const { createJiti } = require('jiti') as typeof import('jiti')
  const jiti = createJiti(import.meta.url, {
    virtualModules: { lakeweir },
    fsCache: true, // by the config's hash: without it every command compiles the config again, a fifth of a second
    moduleCache: false,
    interopDefault: false,
  })
  let module: unknown
  try {
    module = await jiti.import(file)
  } catch (cause) {
    throw new LakeError('LAKE_CONFIG_INVALID', `${file} does not load: ${reasonOf(cause)}`, { cause })
  }
  if (typeof module === 'object' && module !== null && 'default' in module) return module.default
  throw new LakeError('LAKE_CONFIG_INVALID', `${file} has no default export.`, {
    remedy: 'Write the lake like this: export default defineLake({ … })',
  })
}

/** A loader's message in one line, without its require stack, and with names as the config has them. */
function reasonOf(cause: unknown): string {
  const [message = ''] = messageOf(cause).split('\nRequire stack:')
  return message.replaceAll(/\(0 , \w+\.(\w+)\)/g, '$1').replaceAll(/\s+/g, ' ')
}
