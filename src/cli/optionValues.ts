import { LakeError } from '../errors.ts'
import { parseDurationMs } from '../lake/config/duration.ts'
import { parseTimeMs } from '../lake/config/time.ts'

/** A whole number above 0, also as `20_000_000`, `20,000,000`, `20k` or `20M`. */
export function countOf<Option extends string>(
  argv: { readonly [name in Option]?: string | undefined },
  option: Option,
): number | undefined {
  const text = argv[option]
  if (text === undefined) return undefined
  const parts = /^(\d+|\d{1,3}(?:[_,]\d{3})+|\d+\.\d+)([kMG]?)$/.exec(text)
  const factor = { '': 1, k: 1e3, M: 1e6, G: 1e9 }[parts?.[2] ?? ''] ?? 1
  const value = Number(parts?.[1]?.replaceAll(/[_,]/g, '')) * factor
  if (Number.isSafeInteger(value) && value > 0) return value
  throw usage(`--${option}: "${text}" is not a count.`, 'Write a whole number above 0: 1000, 20_000_000 or 20M.')
}

/** A duration above 0: with 0 a run would end before it begins, or look for files without a pause. */
export function timeSpanOf<Option extends string>(
  argv: { readonly [name in Option]?: string | undefined },
  option: Option,
): number | undefined {
  const text = argv[option]
  if (text === undefined) return undefined
  const spanMs = parseDurationMs(text, `--${option}`)
  if (spanMs > 0) return spanMs
  throw usage(`--${option} must be more than 0.`, `Write --${option} 1s, or leave it out.`)
}

export function paceOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (value > 0) return value
  throw usage(`--rows-per-second: "${text}" is not a number above 0.`, 'Write 100, or 0.5 for a row every two seconds.')
}

export function seedOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value)) return value
  throw usage(`--seed: "${text}" is not a whole number of 0 or more.`, 'Write --seed 7.')
}

/** A time in milliseconds since 1970. Without a zone it is UTC, as everywhere in a lake. */
export function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const timeMs = parseTimeMs(text)
  if (timeMs !== undefined) return timeMs
  throw usage(`--start-time: "${text}" is not a time.`, 'Write 2026-11-22 or 2026-11-22T10:00:00Z.')
}

export function usage(what: string, remedy: string): LakeError {
  return new LakeError('LAKE_USAGE', what, { remedy })
}
