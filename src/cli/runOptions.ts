import { chosenOf } from '../lake/byName.ts'
import { parseDurationMs } from '../lake/config/duration.ts'
import type { Runnable } from '../lake/runnable.ts'
import type { RunOptions } from '../lake/runOptions.ts'
import type { Arguments, Options, Words } from './command.ts'
import { ENGINE_OPTIONS, ENGINE_WORDS } from './engineOptions.ts'
import { countOf, paceOf, seedOf, timeOf, timeSpanOf, usage } from './optionValues.ts'
import { SERVER_OPTIONS } from './serverOptions.ts'

const GENERATED = 'For generated streams:'

export const RUN_OPTIONS = {
  'available-now': { type: 'boolean', describe: 'take what there is, then stop' },
  for: { type: 'string', describe: 'stop after this time: 20s, 5 minutes', example: '20s' },
  trigger: { type: 'string', describe: 'the least time between two batches: "5 seconds"', example: '"5 seconds"' },
  poll: { type: 'string', describe: 'look for files this often, instead of waiting for events: 1s', example: '1s' },
  'max-rows-per-batch': { type: 'string', describe: 'at most this many rows; one file at least', example: '1M' },
  'max-files-per-batch': { type: 'string', describe: 'at most this many files', example: '100' },
  fresh: { type: 'boolean', describe: 'first empty the tables of the streams, and all that follow from them' },
  reland: { type: 'boolean', describe: 'with --fresh: take the archived files again' },
  yes: { type: 'boolean', describe: 'with --fresh: do not ask, even where rows are lost for good' },
  rebuild: { type: 'boolean', describe: 'first make the store of the live aggregates anew' },
  'no-retry': { type: 'boolean', describe: 'end a stream at its first error, even a temporary one' },
  strict: { type: 'boolean', describe: 'exit 1 when files in a landing folder are rejected' },
  json: { type: 'boolean', describe: 'one JSON object per batch on stdout' },
  serve: { type: 'boolean', describe: 'also keep the live aggregates, and serve them to browsers and programs' },
  ...SERVER_OPTIONS,
  rows: { type: 'string', describe: 'make this many rows, as fast as possible: 20M', example: '20M', group: GENERATED },
  'rows-per-second': { type: 'string', describe: 'make rows at this pace', example: '100', group: GENERATED },
  seed: {
    type: 'string',
    describe: 'the same seed makes the same rows, except for their timestamps',
    example: '7',
    group: GENERATED,
  },
  'start-time': {
    type: 'string',
    describe: 'the timestamp of row 0: 2026-11-22T10:00Z',
    example: '2026-11-22T10:00Z',
    group: GENERATED,
  },
} as const satisfies Options

export const RUN_WORDS = {
  name: 'streams',
  isMany: true,
  default: 'all but generated',
  describe: `streams of the config; after --, ${ENGINE_WORDS}`,
} as const satisfies Words

export type RunArguments = Arguments<typeof RUN_OPTIONS, typeof RUN_WORDS>

type RunOption = keyof typeof RUN_OPTIONS

/** Options of which one would be ignored beside the other, unless a third is there. */
const RIVALS: readonly { pair: readonly [RunOption, RunOption]; why: string; unless?: RunOption }[] = [
  { pair: ['available-now', 'for'], why: 'one ends when nothing is left, the other after a time' },
  { pair: ['available-now', 'trigger'], why: 'one takes at once what there is, the other spaces batches in time' },
  { pair: ['rebuild', 'fresh'], why: 'one makes only the live aggregates anew, the other their tables too' },
  { pair: ['available-now', 'serve'], why: 'one ends when nothing is left, the other goes on until it is stopped' },
  { pair: ['rows', 'for'], why: 'one ends when the rows are made, the other after a time' },
  {
    pair: ['rows', 'rows-per-second'],
    why: 'one makes rows as fast as possible, the other at a pace',
    unless: 'start-time',
  },
]

/** The same with the engines, of which the types know nothing: which options they have, they say themselves. */
export const ALL_RUN_OPTIONS = { ...RUN_OPTIONS, ...ENGINE_OPTIONS } as typeof RUN_OPTIONS

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
  const ofServer = (['host', 'port', 'log-level'] as const).find((option) => isGiven(argv, option))
  if (ofServer !== undefined && argv.serve !== true) {
    throw usage(`--${ofServer} is for --serve.`, 'Add --serve, or leave it out.')
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
    rebuild: argv.rebuild === true,
    ...optional('triggerMs', argv.trigger === undefined ? undefined : parseDurationMs(argv.trigger, '--trigger')),
    ...optional('pollMs', timeSpanOf(argv, 'poll')),
    ...optional('forMs', timeSpanOf(argv, 'for')),
  }
}

/** Refuses options that none of the chosen streams has. @throws LakeError LAKE_USAGE */
export function assertOptionsFit(all: readonly Runnable[], argv: RunArguments): void {
  const chosen = chosenOf(all, argv.streams)
  const isGenerating = ({ runOptions }: Runnable): boolean => runOptions.includes('generate')
  const isRebuilt = ({ runOptions }: Runnable): boolean => runOptions.includes('rebuild')
  const readsFiles = ({ measures }: Runnable): boolean => measures.files
  const hasFolder = ({ folder }: Runnable): boolean => folder !== undefined
  const namesOf = (isMeant: (stream: Runnable) => boolean): string => {
    const names = all.filter(isMeant).map(({ name }) => name)
    return `Name one: ${names.join(', ') || 'this lake has none'}.`
  }
  const given = (...options: RunOption[]): RunOption | undefined => options.find((option) => isGiven(argv, option))

  const generating = given('rows', 'rows-per-second', 'seed', 'start-time')
  if (generating !== undefined && !chosen.some(isGenerating)) {
    throw usage(`--${generating} is for generated streams, and none is named.`, namesOf(isGenerating))
  }
  const following = given('poll', 'max-files-per-batch')
  if (following !== undefined && !chosen.some(readsFiles)) {
    throw usage(`--${following} is for streams that read files or tables, and none is named.`, namesOf(readsFiles))
  }
  if (argv.rebuild === true && !chosen.some(isRebuilt)) {
    throw usage('--rebuild is for live aggregates, and they are not named.', namesOf(isRebuilt))
  }
  if (argv.strict === true && !chosen.some(hasFolder)) {
    throw usage('--strict is for streams that read a landing folder, and none is named.', namesOf(hasFolder))
  }
  if (argv.reland === true && !isLanding(all, argv)) {
    throw usage(
      '--reland is for streams that read a landing folder, and none writes the tables of those named.',
      namesOf(hasFolder),
    )
  }
  if (argv['available-now'] === true && chosen.some((stream) => stream.endOf(runOptionsOf(argv)) === 'never')) {
    throw usage('--available-now: a generated stream has no end.', 'Say how many rows it makes: --rows 20M.')
  }
  if (argv.trigger !== undefined && argv.rows !== undefined && !chosen.some(readsFiles)) {
    throw usage(
      '--rows and --trigger contradict: one makes rows as fast as possible, the other spaces batches in time.',
      'Leave one of them out.',
    )
  }
}

/** Whether a landing folder feeds a table of the chosen streams: an emptying of that table concerns it too. */
function isLanding(all: readonly Runnable[], argv: RunArguments): boolean {
  const tables = chosenOf(all, argv.streams).flatMap(({ writes }) => writes)
  return all.some(({ folder, writes }) => folder !== undefined && writes.some((table) => tables.includes(table)))
}

function isGiven(argv: RunArguments, option: RunOption): boolean {
  return argv[option] !== undefined
}

function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V })
}
