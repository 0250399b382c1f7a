import type { LakeError } from '../errors.ts'
import type { AsOf } from '../lake/asOf/asOf.ts'
import type { ResolvedLake } from '../lake/config/resolve.ts'
import { parseTimeMs } from '../lake/config/time.ts'
import { nearestWord } from '../words.ts'
import type { Arguments, Options } from './command.ts'
import { usage } from './optionValues.ts'

/** The option by which a query reads the lake as it was. */
export const AS_OF_OPTION = {
  'as-of': {
    type: 'string',
    describe: "the lake as it was: at a time, or a stream's tables and source at one of its batches",
    example: '2026-11-22T10:00:00Z',
  },
} as const satisfies Options

/** @throws LakeError LAKE_USAGE for what is neither a time nor a batch of a stream */
export function asOfOption(argv: Arguments<typeof AS_OF_OPTION>, { streams }: ResolvedLake): AsOf | undefined {
  const text = argv['as-of']?.trim()
  if (text === undefined) return undefined
  const [, stream, number] = /^([^=]+?)\s*=\s*(.*)$/.exec(text) ?? []
  if (stream !== undefined && number !== undefined) return { stream, batch: batchOf(text, stream, number) }
  const timeMs = parseTimeMs(text)
  if (timeMs !== undefined) return new Date(timeMs + wholeSecondMs(text))
  throw noMoment(
    text,
    streams.map(({ name }) => name),
  )
}

function batchOf(text: string, stream: string, number: string): number {
  if (/^\d{1,15}$|^\d{1,3}([,_]\d{3})+$/.test(number)) return Number(number.replaceAll(/[,_]/g, ''))
  throw usage(`--as-of ${text}: "${number}" is not the number of a batch.`, `Write --as-of ${stream}=120.`)
}

/** A time that names a second, as `history` shows it, means the whole of it. */
function wholeSecondMs(text: string): number {
  return /:\d\d:\d\d(?!\.)/.test(text) ? 999 : 0
}

function noMoment(text: string, streams: readonly string[]): LakeError {
  const [word = ''] = /^\w+/.exec(text) ?? []
  const meant = nearestWord(word, streams)
  const remedy =
    meant === undefined
      ? `Write a time, such as 2026-11-22T10:00:00Z, or a batch of a stream: ${streams[0] ?? 'stream'}=120.`
      : `For a batch of ${meant}, write --as-of ${meant}=${/\d+/.exec(text)?.[0] ?? '120'}.`
  return usage(`--as-of: "${text}" is neither a time nor a batch of a stream.`, remedy)
}
