import { accessSync, constants, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { LakeError, messageOf, systemCodeOf } from '../../errors.ts'
import * as library from './library.ts'
import { type ResolvedLake, resolveLake } from './resolve.ts'
import type { Kinds } from './schema.ts'

const require = createRequire(import.meta.url)

const CONFIG_NAME = 'lakeweir.config.ts'

/** What a config gets when it imports `lakeweir`. */
type Library = Readonly<Record<string, unknown>>

export interface LoadOptions {
  /** The config's file; where undefined, `lakeweir.config.ts` in the current folder. */
  readonly config?: string
  /** A folder for the lake, instead of the one that the config names. */
  readonly lake?: string
  /** The kinds of sources and engines that a stream may have; all where left out. */
  readonly kinds?: Partial<Kinds>
  /** What a config can import too, and this loader cannot because it is in a layer above. */
  readonly alsoInLibrary?: Library
}

/**
 * Loads a config, TypeScript or JavaScript, and checks it.
 * @throws LakeError LAKE_CONFIG_INVALID, LAKE_SQL_INVALID
 */
export async function loadLake(options: LoadOptions = {}): Promise<ResolvedLake> {
  const file = resolve(options.config ?? CONFIG_NAME)
  if (!existsSync(file)) {
    throw new LakeError('LAKE_CONFIG_INVALID', `there is no file ${file}.`, {
      remedy: 'Run this in the folder of a lakeweir.config.ts, or name a config: --config FILE',
    })
  }
  return resolveLake(
    await importDefault(file, { ...library, ...options.alsoInLibrary }),
    file,
    options.lake,
    options.kinds,
  )
}

async function importDefault(file: string, lakeweir: Library): Promise<unknown> {
  let module: unknown
  try {
    module = await importConfig(file, lakeweir)
  } catch (cause) {
    throw new LakeError('LAKE_CONFIG_INVALID', `${file} does not load: ${reasonOf(cause)}`, { cause })
  }
  if (typeof module === 'object' && module !== null && 'default' in module) return module.default
  throw new LakeError('LAKE_CONFIG_INVALID', `${file} has no default export.`, {
    remedy: 'Write the lake like this: export default defineLake({ … })',
  })
}

/**
 * Keeps the compiled config in the folder for temporary files, by the config's hash: without it every command compiles
 * the config again, which takes a fifth of a second. If that folder is missing, full or another user's, the config is
 * loaded without it.
 */
async function importConfig(file: string, lakeweir: Library): Promise<unknown> {
  if (!isWritable(tmpdir())) return importWith(file, lakeweir, { keepCompiled: false })
  try {
    return await importWith(file, lakeweir, { keepCompiled: true })
  } catch (cause) {
    // A disk error may come from the cache. If it comes from the config itself, it will come again.
    if (systemCodeOf(cause) === undefined) throw cause
    return importWith(file, lakeweir, { keepCompiled: false })
  }
}

/** In a config, `lakeweir` is the very package that loads it, wherever it is installed. */
async function importWith(
  file: string,
  lakeweir: Library,
  { keepCompiled }: { readonly keepCompiled: boolean },
): Promise<unknown> {
  // By require: an import would first search its 190 kB for export names, which takes longer than running it.
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

/** A loader's message on one line, without its require stack, and with names as they are in the config. */
function reasonOf(cause: unknown): string {
  const [message = ''] = messageOf(cause).split('\nRequire stack:')
  return message.replaceAll(/\(0 , \w+\.(\w+)\)/g, '$1').replaceAll(/\s+/g, ' ')
}
