import { LakeError } from '../errors.ts'
import type { Lake } from '../lake/lake.ts'

/** The options that every command has. */
export interface CommonArguments {
  readonly config?: string | undefined
  readonly lake?: string | undefined
}

/** Opens the lake that the arguments name, works with it, and closes it whatever happens. */
export async function withLake<T>(argv: CommonArguments, work: (lake: Lake) => Promise<T>): Promise<T> {
  for (const option of ['config', 'lake'] as const) {
    if (argv[option]?.trim() !== '') continue
    throw new LakeError('LAKE_USAGE', `--${option} is empty.`, {
      remedy: 'Perhaps a variable in your shell is not set.',
    })
  }
  // Imported only now: --help and a usage error need no DuckDB.
  const { Lake } = await import('../lake/lake.ts')
  const lake = await Lake.open({
    ...(argv.config === undefined ? {} : { config: argv.config }),
    ...(argv.lake === undefined ? {} : { lake: argv.lake }),
  })
  try {
    return await work(lake)
  } finally {
    lake.close()
  }
}

/** A whole number, also as `20_000_000`, `20k` or `20M`. @throws LakeError LAKE_USAGE */
export function parseCount(text: string | undefined, option: string): number | undefined {
  if (text === undefined) return undefined
  const parts = /^(\d+(?:\.\d+)?)([kMG]?)$/.exec(text.replaceAll(/[_,]/g, ''))
  const factor = { '': 1, k: 1e3, M: 1e6, G: 1e9 }[parts?.[2] ?? ''] ?? 1
  const value = Number(parts?.[1]) * factor
  if (Number.isSafeInteger(value) && value > 0) return value
  throw new LakeError('LAKE_USAGE', `--${option}: "${text}" is not a count.`, {
    remedy: 'Write a whole number above 0: 1000, 20_000_000 or 20M.',
  })
}
