import { LakeError } from '../errors.ts'
import { parseDurationMs } from '../lake/config/duration.ts'
import type { Lake } from '../lake/lake.ts'
import type { RunOptions } from '../lake/run.ts'
import type { CommonArguments } from './session.ts'

export interface RunArguments extends CommonArguments {
  readonly streams: readonly string[]
  readonly 'available-now': boolean | undefined
  readonly for: string | undefined
  readonly trigger: string | undefined
  readonly poll: string | undefined
  readonly 'max-rows-per-batch': string | undefined
  readonly 'max-files-per-batch': string | undefined
  readonly rows: string | undefined
  readonly 'rows-per-second': string | undefined
  readonly seed: string | undefined
  readonly 'start-time': string | undefined
  readonly fresh: boolean | undefined
  readonly reland: boolean | undefined
  readonly yes: boolean | undefined
  readonly 'no-retry': boolean | undefined
  readonly strict: boolean | undefined
  readonly json: boolean | undefined
}

type RunOption = keyof Omit<RunArguments, 'streams' | keyof CommonArguments>

/** Options of which one would be ignored beside the other, unless a third is there. */
const RIVALS: readonly { pair: readonly [RunOption, RunOption]; why: string; unless?: RunOption }[] = [
  { pair: ['available-now', 'for'], why: 'one ends when nothing is left, the other after a time' },
  { pair: ['available-now', 'trigger'], why: 'one takes at once what there is, the other spaces batches in time' },
  { pair: ['rows', 'for'], why: 'one ends when the rows are made, the other after a time' },
  {
    pair: ['rows', 'rows-per-second'],
    why: 'one makes rows as fast as possible, the other at a pace',
    unless: 'start-time',
  },
]

/** The options of a run. @throws LakeError LAKE_USAGE for a value that is none, and for options that contradict */
export function runOptionsOf(argv: RunArguments): RunOptions {
  for (const { pair, why, unless } of RIVALS) {
    if (pair.some((option) => !isGiven(argv, option)) || (unless !== undefined && isGiven(argv, unless))) continue
    const exception = unless === undefined ? '' : `, or add --${unless}, from which the pace then spaces timestamps`
    throw usage(`--${pair[0]} and --${pair[1]} contradict: ${why}.`, `Leave one of them out${exception}.`)
  }
  const alone = (['reland', 'yes'] as const).find((option) => isGiven(argv, option))
  if (alone !== undefined && argv.fresh !== true) {
    const streams = argv.streams.length === 0 ? '' : ` ${argv.streams.join(' ')}`
    const why = { reland: 'takes archived files again', yes: 'answers what it asks' }[alone]
    throw usage(`--${alone} is for --fresh: it ${why}.`, `Write: lakeweir run${streams} --fresh --${alone}`)
  }
  const generate = {
    ...optional('rows', countOf(argv, 'rows')),
    ...optional('rowsPerSecond', paceOf(argv['rows-per-second'])),
    ...optional('seed', seedOf(argv.seed)),
    ...optional('startTimeMs', timeOf(argv['start-time'])),
  }
  const limits = {
    ...optional('maxRows', countOf(argv, 'max-rows-per-batch')),
    ...optional('maxFiles', countOf(argv, 'max-files-per-batch')),
  }
  return {
    streams: argv.streams,
    limits,
    generate,
    availableNow: argv['available-now'] === true,
    retry: argv['no-retry'] !== true,
    ...optional('triggerMs', argv.trigger === undefined ? undefined : parseDurationMs(argv.trigger, '--trigger')),
    ...optional('pollMs', timeSpanOf(argv, 'poll')),
    ...optional('forMs', timeSpanOf(argv, 'for')),
  }
}

/** Refuses options that none of the chosen streams has. @throws LakeError LAKE_USAGE */
export function assertOptionsFit(lake: Lake, argv: RunArguments): void {
  const kinds = new Set(lake.chosenStreams(argv.streams).map(({ from }) => from.kind))
  const isGenerated = kinds.has('generated')
  const isFollowing = kinds.has('deltaTable') || kinds.has('parquetFolder')
  const namesOf = (isMeant: (kind: string) => boolean): string => {
    const names = lake.resolved.streams.filter(({ from }) => isMeant(from.kind)).map(({ name }) => name)
    return `Name one: ${names.join(', ') || 'this lake has none'}.`
  }
  const given = (...options: RunOption[]): RunOption | undefined => options.find((option) => isGiven(argv, option))

  const generating = given('rows', 'rows-per-second', 'seed', 'start-time')
  if (generating !== undefined && !isGenerated) {
    throw usage(
      `--${generating} is for generated streams, and none is named.`,
      namesOf((kind) => kind === 'generated'),
    )
  }
  const following = given('poll', 'max-files-per-batch')
  if (following !== undefined && !isFollowing) {
    throw usage(
      `--${following} is for streams that read files or tables, and none is named.`,
      namesOf((kind) => kind !== 'generated'),
    )
  }
  if (argv.strict === true && !kinds.has('parquetFolder')) {
    throw usage(
      '--strict is for streams that read a landing folder, and none is named.',
      namesOf((kind) => kind === 'parquetFolder'),
    )
  }
  if (argv.reland === true && !isLanding(lake, argv)) {
    throw usage(
      '--reland is for streams that read a landing folder, and none writes the tables of those named.',
      namesOf((kind) => kind === 'parquetFolder'),
    )
  }
  if (argv['available-now'] === true && isGenerated && argv.rows === undefined) {
    throw usage('--available-now: a generated stream has no end.', 'Say how many rows it makes: --rows 20M.')
  }
  if (argv.trigger !== undefined && argv.rows !== undefined && !isFollowing) {
    throw usage(
      '--rows and --trigger contradict: one makes rows as fast as possible, the other spaces batches in time.',
      'Leave one of them out.',
    )
  }
}

/** Whether a landing folder feeds a table of the chosen streams: an emptying of that table concerns it too. */
function isLanding(lake: Lake, argv: RunArguments): boolean {
  const tables = lake.chosenStreams(argv.streams).flatMap(({ into }) => into)
  return lake.resolved.streams.some(
    ({ from, into }) => from.kind === 'parquetFolder' && into.some((table) => tables.includes(table)),
  )
}

function isGiven(argv: RunArguments, option: RunOption): boolean {
  return argv[option] !== undefined
}

function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V })
}

/** A whole number above 0, also as `20_000_000`, `20,000,000`, `20k` or `20M`. */
export function countOf<Option extends string>(
  argv: { readonly [name in Option]: string | undefined },
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

/** A duration above 0: none at all would end a run before it begins, or look again over and over. */
function timeSpanOf(argv: RunArguments, option: 'for' | 'poll'): number | undefined {
  const text = argv[option]
  if (text === undefined) return undefined
  const spanMs = parseDurationMs(text, `--${option}`)
  if (spanMs > 0) return spanMs
  throw usage(`--${option} must be more than 0.`, `Write --${option} 1s, or leave it out.`)
}

function paceOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  if (value > 0) return value
  throw usage(`--rows-per-second: "${text}" is not a number above 0.`, 'Write 100, or 0.5 for a row every two seconds.')
}

function seedOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value)) return value
  throw usage(`--seed: "${text}" is not a whole number of 0 or more.`, 'Write --seed 7.')
}

const TIME = /^(\d{4}-\d\d-\d\d)(?:[T ](\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?)(Z|[+-]\d\d:?\d\d)?)?$/

/** Milliseconds since 1970 of a time; without a zone it is UTC, as everywhere in a lake. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const [, date = '', time = '00:00', zone = 'Z'] = TIME.exec(text) ?? []
  const timeMs = Date.parse(`${date}T${time}${zone}`)
  // A 30th of February would be taken for the 2nd of March, and 24:00 for the next day.
  const isThere = !Number.isNaN(timeMs) && new Date(Date.parse(`${date}T${time}Z`)).toISOString().startsWith(date)
  if (isThere) return timeMs
  throw usage(`--start-time: "${text}" is not a time.`, 'Write 2026-11-22 or 2026-11-22T10:00:00Z.')
}

function usage(what: string, remedy: string): LakeError {
  return new LakeError('LAKE_USAGE', what, { remedy })
}
