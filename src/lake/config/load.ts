import { accessSync, constants, existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { resolve } from 'node:path'
import { LakeError, messageOf, systemCodeOf } from '../../errors.ts'
import * as library from './library.ts'
import { type ResolvedLake, resolveLake } from './resolve.ts'
import type { SourceKinds } from './schema.ts'

const require = createRequire(import.meta.url)

const CONFIG_NAME = 'lakeweir.config.ts'

/** What a config finds where it imports `lakeweir`. */
type Library = Readonly<Record<string, unknown>>

export interface LoadOptions {
  /** The config's file; `lakeweir.config.ts` of the current folder where undefined. */
  readonly config?: string
  /** Another folder for the lake than the config names. */
  readonly lake?: string
  /** The kinds of sources that a stream may have; all where left out. */
  readonly kinds?: SourceKinds
  /** What belongs to it and stands above this loader. */
  readonly alsoInLibrary?: Library
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
 * Keeps what is compiled in the folder for temporary files, by the config's hash: without it every command compiles the
 * config again, a fifth of a second. That folder may be missing, another user's, or full: the config loads without.
 */
async function importConfig(file: string, lakeweir: Library): Promise<unknown> {
  if (!isWritable(tmpdir())) return importWith(file, lakeweir, { keepCompiled: false })
  try {
    return await importWith(file, lakeweir, { keepCompiled: true })
  } catch (cause) {
    // A fault of the disk may be the cache's. If it is the config's own, it comes again.
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
