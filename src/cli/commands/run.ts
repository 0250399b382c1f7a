import type { CommandModule } from 'yargs'
import { LakeError } from '../../errors.ts'
import { parseDurationMs } from '../../lake/duration.ts'
import type { Lake } from '../../lake/lake.ts'
import type { RunOptions } from '../../lake/run.ts'
import { batchPrinter, progressPrinter } from '../batchLines.ts'
import type { Console } from '../console.ts'
import { plural } from '../format.ts'
import { type CommonArguments, parseCount, withLake } from '../session.ts'
import { type Interruption, listenForSignals } from '../signals.ts'

interface RunArguments extends CommonArguments {
  readonly streams: readonly string[]
  readonly 'available-now': boolean | undefined
  readonly for: string | undefined
  readonly trigger: string | undefined
  readonly poll: string | undefined
  readonly 'max-rows-per-batch': string | undefined
  readonly 'max-files-per-batch': string | undefined
  readonly rows: string | undefined
  readonly 'rows-per-second': number | undefined
  readonly seed: number | undefined
  readonly 'start-time': string | undefined
  readonly fresh: boolean | undefined
  readonly strict: boolean | undefined
  readonly json: boolean | undefined
}

export function runCommand(
  console: Console,
  exit: (code: number) => void,
): CommandModule<CommonArguments, RunArguments> {
  return {
    command: 'run [streams..]',
    describe: 'run streams; none named: all but generated ones',
    builder: (yargs) =>
      yargs
        .positional('streams', { type: 'string', array: true, default: [], describe: 'streams of the config' })
        .option('available-now', { type: 'boolean', describe: 'take what there is, then stop' })
        .option('for', { type: 'string', describe: 'stop after this time: 20s, 5 minutes' })
        .option('trigger', { type: 'string', describe: 'the least time between two batches: "5 seconds"' })
        .option('poll', { type: 'string', describe: 'look this often instead of waiting for file events: 1s' })
        .option('max-rows-per-batch', { type: 'string', describe: 'at most this many rows; one file at least' })
        .option('max-files-per-batch', { type: 'string', describe: 'at most this many files' })
        .option('fresh', { type: 'boolean', describe: 'first empty the tables of the streams, and all downstream' })
        .option('strict', { type: 'boolean', describe: 'exit 1 when files in a landing folder are rejected' })
        .option('json', { type: 'boolean', describe: 'one JSON object a batch on stdout' })
        .option('rows', { type: 'string', describe: 'make so many rows as fast as possible: 20M', group: GENERATED })
        .option('rows-per-second', { type: 'number', describe: 'make rows at this pace', group: GENERATED })
        .option('seed', {
          type: 'number',
          describe: 'equal seeds make equal rows, but for the timestamp',
          group: GENERATED,
        })
        .option('start-time', {
          type: 'string',
          describe: 'the timestamp of row 0: 2026-11-22T10:00Z',
          group: GENERATED,
        })
        .conflicts('available-now', 'for')
        .conflicts('rows', 'for')
        .example('$0 run produce --for 60s', 'a message a second for a minute')
        .example('$0 run produce --rows 20M --seed 7', 'many at once, the same every time')
        .example('$0 run land silver', 'follow landing files and bronze until Ctrl-C')
        .example('$0 run land silver --available-now', 'drain and stop'),
    handler: async (argv) => {
      const options = optionsOf(argv)
      await withLake(argv, async (lake) => {
        const interruption = listenForSignals(console)
        try {
          exit(await run(lake, argv, options, console, interruption))
        } finally {
          interruption.release()
        }
      })
    },
  }
}

const GENERATED = 'For generated streams:'

async function run(
  lake: Lake,
  argv: RunArguments,
  options: RunOptions,
  console: Console,
  interruption: Interruption,
): Promise<number> {
  assertGeneratorChosen(lake, argv)
  const streams = lake.chosenStreams(argv.streams).map(({ name }) => name)
  if (argv.fresh === true) {
    console.note(`--fresh empties ${lake.tablesDownstreamOf(streams).join(', ')}`)
    await lake.empty(streams)
  }
  console.onClosed = interruption.abort
  const isProgress = options.generate?.rows !== undefined && argv.json !== true && console.isLive
  const print = isProgress
    ? progressPrinter(console, options.generate?.rows ?? 0)
    : batchPrinter(
        console,
        streams,
        lake.resolved.tables.map(({ name }) => name),
        argv.json === true,
      )
  try {
    await lake.run({ ...options, streams, signal: interruption.signal, onStart: print.onStart, onBatch: print.onBatch })
  } catch (error) {
    if (!(error instanceof LakeError && error.code === 'LAKE_INTERRUPTED')) throw error
    console.note(error.describe())
  } finally {
    print.end()
  }
  const rejected = await lake.rejectedFiles()
  for (const { stream, name, reason } of rejected.slice(0, MAX_REJECTED_LINES)) {
    console.note(console.colors.yellow(`${stream} rejected ${name}: ${reason}`))
  }
  if (rejected.length > MAX_REJECTED_LINES)
    console.note(`… ${plural(rejected.length, 'rejected file')}: lakeweir status`)
  const isFailed = argv.strict === true && rejected.length > 0
  return interruption.exitCode() ?? (isFailed ? 1 : 0)
}

const MAX_REJECTED_LINES = 10

function assertGeneratorChosen(lake: Lake, argv: RunArguments): void {
  const generated = ['rows', 'rows-per-second', 'seed', 'start-time'] as const
  const given = generated.find((option) => argv[option] !== undefined)
  if (given === undefined) return
  if (lake.chosenStreams(argv.streams).some(({ from }) => from.kind === 'generated')) return
  const names = lake.resolved.streams.filter(({ from }) => from.kind === 'generated').map(({ name }) => name)
  throw new LakeError('LAKE_USAGE', `--${given} is for generated streams, and none is named.`, {
    remedy: `Name one: ${names.join(', ') || 'this lake has none'}.`,
  })
}

function optionsOf(argv: RunArguments): RunOptions {
  const generate = {
    ...optional('rows', parseCount(argv.rows, 'rows')),
    ...optional('rowsPerSecond', positive(argv['rows-per-second'], 'rows-per-second')),
    ...optional('seed', seedOf(argv.seed)),
    ...optional('startTimeMs', timeOf(argv['start-time'])),
  }
  const limits = {
    ...optional('maxRows', parseCount(argv['max-rows-per-batch'], 'max-rows-per-batch')),
    ...optional('maxFiles', parseCount(argv['max-files-per-batch'], 'max-files-per-batch')),
  }
  return {
    streams: argv.streams,
    limits,
    generate,
    availableNow: argv['available-now'] === true,
    ...optional('triggerMs', durationOf(argv.trigger, 'trigger')),
    ...optional('pollMs', pollOf(argv.poll)),
    ...optional('forMs', durationOf(argv.for, 'for')),
  }
}

function optional<K extends string, V>(key: K, value: V | undefined): { [key in K]?: V } {
  return value === undefined ? {} : ({ [key]: value } as { [key in K]: V })
}

function durationOf(text: string | undefined, option: string): number | undefined {
  return text === undefined ? undefined : parseDurationMs(text, `--${option}`)
}

/** Looking again at once, over and over, would keep a core busy with nothing. */
function pollOf(text: string | undefined): number | undefined {
  const pollMs = durationOf(text, 'poll')
  if (pollMs !== 0) return pollMs
  throw new LakeError('LAKE_USAGE', '--poll must be more than 0.', { remedy: 'Write --poll 1s, or leave it out.' })
}

function positive(value: number | undefined, option: string): number | undefined {
  if (value === undefined || (Number.isFinite(value) && value > 0)) return value
  throw new LakeError('LAKE_USAGE', `--${option} must be a number above 0.`)
}

function seedOf(value: number | undefined): number | undefined {
  if (value === undefined || (Number.isSafeInteger(value) && value >= 0)) return value
  throw new LakeError('LAKE_USAGE', '--seed must be a whole number of 0 or more.')
}

/** Milliseconds since 1970 of a time; without a zone it is UTC, as everywhere in a lake. */
function timeOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined
  const isZoned = /(Z|[+-]\d\d:?\d\d)$/.test(text)
  const isDate = /^\d{4}-\d\d-\d\d$/.test(text)
  const timeMs = Date.parse(isZoned || isDate ? text : `${text.replace(' ', 'T')}Z`)
  if (!Number.isNaN(timeMs)) return timeMs
  throw new LakeError('LAKE_USAGE', `--start-time: "${text}" is not a time.`, {
    remedy: 'Write 2026-11-22 or 2026-11-22T10:00:00Z.',
  })
}
