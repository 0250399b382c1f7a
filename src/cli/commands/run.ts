import { relative } from 'node:path'
import { LakeError } from '../../errors.ts'
import { chosenOf } from '../../lake/byName.ts'
import type { Emptying } from '../../lake/emptying.ts'
import type { Lake } from '../../lake/lake.ts'
import type { LeftFile } from '../../lake/leftFiles.ts'
import type { OpenedLive } from '../../lake/live/openLive.ts'
import type { OpenLake } from '../../lake/openLake.ts'
import type { Runnable } from '../../lake/runnable.ts'
import type { RunOptions, StreamFailure } from '../../lake/runOptions.ts'
import { type BatchPrinter, batchPrinter, jsonPrinter, type ShownStream } from '../batchLines.ts'
import { defineCommand } from '../command.ts'
import { asTyped, commandLine } from '../commandLine.ts'
import { emptyingLines, goneText } from '../emptyingLines.ts'
import { usualEngine } from '../engineOptions.ts'
import { printFailure } from '../failure.ts'
import { plural } from '../format.ts'
import { withRunEngines } from '../runEngines.ts'
import { ALL_RUN_OPTIONS, assertOptionsFit, RUN_WORDS, type RunArguments, runOptionsOf } from '../runOptions.ts'
import { whileServed } from '../served.ts'
import { serverOptionsOf } from '../serverOptions.ts'
import { withLake } from '../session.ts'
import { type Interruption, listenForSignals, STOPPING } from '../signals.ts'
import type { Terminal } from '../terminal.ts'
import { visible } from '../text.ts'

export const run = defineCommand({
  name: 'run',
  describe: 'run the streams that are named; without names, all but the generated ones',
  words: RUN_WORDS,
  options: ALL_RUN_OPTIONS,
  plainWordsApart: true,
  examples: [
    ['run produce --for 60s', 'a message a second for a minute'],
    ['run produce --rows 20M --seed 7', 'many at once, the same every time'],
    ['run land silver', 'follow landing files and bronze until Ctrl-C'],
    ['run land silver --available-now', 'take what there is, then stop'],
    ['run silver --engine auto', 'each batch on the engine that its size asks for'],
    ['run live --rebuild', 'make the live aggregates anew'],
    ['run --serve', 'follow, keep the live aggregates, and serve them'],
  ],
  run: async (typed, terminal) => {
    const checked = runOptionsOf(typed)
    serverOptionsOf(typed, terminal.isInteractive) // what is wrong with them is said before a lake is opened
    return withLake(typed, async (lake, open) => {
      const { runnablesOf } = await import('../../lake/runnables.ts') // only now, as the whole lake
      const all = runnablesOf(open.config)
      const { argv, asked } = await withRunEngines(typed, open.config, all)
      assertOptionsFit(all, argv)
      const options = { ...checked, ...asked }
      const interruption = listenForSignals(terminal, STOPPING)
      try {
        return await runStreams(
          { lake, open, chosen: chosenOf(all, namesIn(argv)), names: namesIn(argv) },
          argv,
          options,
          terminal,
          interruption,
        )
      } finally {
        interruption.release()
      }
    })
  },
})

const LIVE = 'live'

/** Whoever serves live aggregates keeps them too. */
function namesIn({ streams, serve }: RunArguments): readonly string[] {
  return serve === true && streams.length > 0 ? [...streams, LIVE] : streams
}

interface Running {
  readonly lake: Lake
  readonly open: OpenLake
  readonly chosen: readonly Runnable[]
  /** Those of them that were named. */
  readonly names: readonly string[]
}

async function runStreams(
  { lake, open, chosen, names }: Running,
  argv: RunArguments,
  options: RunOptions,
  terminal: Terminal,
  interruption: Interruption,
): Promise<number> {
  const streams = chosen.map(({ name }) => name)
  if (argv.fresh === true && !(await empty(lake, { ...options, streams }, argv, terminal))) return 1
  terminal.onClosed = interruption.abort
  const print =
    argv.json === true
      ? jsonPrinter(terminal)
      : batchPrinter(terminal, {
          streams: chosen.map((stream) => shownStream(open, stream, options)),
          tables: open.config.tables.map(({ name }) => name),
          totalRows: options.generate?.rows,
          usualEngine: usualEngine(open.config),
          isEndless: options.availableNow !== true && options.forMs === undefined,
          signal: interruption.signal,
        })
  const noted = new Set<string>()
  const onNote = (stream: string, text: string): void => {
    noted.add(`${stream} ${text}`)
    print.onNote(stream, asTyped(text, argv))
  }
  const { onStart, onBatch, onProgress } = print
  const { signal } = interruption
  const { runStreams: runOn } = await import('../../lake/run.ts') // only now, as the whole lake
  const runWith = (live?: OpenedLive): Promise<number | undefined> =>
    runTold(
      (told) => runOn(open, told, live),
      { ...options, streams: names, signal, onStart, onBatch, onNote, onProgress },
      streams.length,
      argv,
      print,
      terminal,
    )
  const failedCode = argv.serve === true ? await whileServed(open, argv, terminal, signal, runWith) : await runWith()
  const { leftFiles } = await import('../../lake/leftFiles.ts') // only now, as the whole lake
  const left = (await leftFiles(open)).filter(({ stream }) => streams.includes(stream))
  printLeft(
    left.filter((file) => !noted.has(leftText(file))),
    argv,
    terminal,
  )
  const rejected = left.filter(({ why }) => why === 'rejected')
  const isFailed = argv.strict === true && rejected.length > 0
  return failedCode ?? interruption.exitCode() ?? (isFailed ? 1 : 0)
}

/**
 * Runs streams, and says why when one of several ends with an error.
 * @param count  how many streams run
 * @returns the exit code of that error, if there was one
 * @throws the error of a stream that runs alone
 */
async function runTold(
  runOn: (options: RunOptions) => Promise<void>,
  options: RunOptions,
  count: number,
  argv: RunArguments,
  print: BatchPrinter,
  terminal: Terminal,
): Promise<number | undefined> {
  const told = new Set<unknown>()
  const onFailure = (failure: StreamFailure): void => {
    const { stream, error, retryMs } = failure
    if (retryMs !== undefined) print.onRetry({ ...failure, retryMs })
    if (retryMs !== undefined || count === 1 || isInterruption(error)) return
    told.add(error)
    printFailure(error, argv, terminal)
    terminal.note(told.size < count ? `${stream} has ended; the others go on.` : `${stream} has ended.`)
  }
  try {
    await runOn({ ...options, onFailure })
  } catch (error) {
    print.end()
    if (isInterruption(error)) {
      terminal.note(error.describe())
      return undefined
    }
    if (!told.has(error)) throw error
    print.sumUp()
    return error instanceof LakeError ? error.exitCode : 1
  }
  print.end()
  print.sumUp()
  return undefined
}

function shownStream({ layout }: OpenLake, stream: Runnable, options: RunOptions): ShownStream {
  const { name, folder, measures, writes } = stream
  const into = writes.map((table) => table.name)
  const shown = { name, into, measures, isCounted: stream.endOf(options) === 'counted' }
  if (folder === undefined) return shown
  const below = relative('.', layout.below(folder.path))
  const place = below.startsWith('..') ? layout.below(folder.path) : below
  const looks = options.availableNow === true ? 'takes' : 'watches for'
  return { ...shown, looksFor: `${looks} ${folder.takes} in ${place}` }
}

function isInterruption(error: unknown): error is LakeError {
  return error instanceof LakeError && error.code === 'LAKE_INTERRUPTED'
}

/** @returns whether it was agreed to */
async function empty(lake: Lake, run: RunOptions, argv: RunArguments, terminal: Terminal): Promise<boolean> {
  const confirm = async (emptying: Emptying): Promise<boolean> => {
    for (const line of emptyingLines(emptying)) terminal.note(visible(line))
    if (argv.yes === true || emptying.tables.every(({ rows }) => rows === 0)) return true
    if (terminal.canAsk) return terminal.agrees('Empty them?')
    if (!emptying.isLoss) return true
    throw new LakeError('LAKE_USAGE', `${goneText(emptying)} would be gone for good.`, {
      state: 'Nothing was changed.',
      remedy: 'Add --yes if that is meant.',
    })
  }
  const isEmptied = (await lake.empty(run.streams, { ...run, reland: argv.reland === true, confirm })) !== undefined
  if (!isEmptied) terminal.note('Nothing was changed.')
  return isEmptied
}

const MAX_LEFT_LINES = 10

/** Names the files that are left in landing folders after a run: whoever dropped them there expects their rows. */
function printLeft(left: readonly LeftFile[], argv: RunArguments, terminal: Terminal): void {
  const { yellow } = terminal.colors
  for (const why of ['rejected', 'ignored', 'waiting'] as const) {
    const files = left.filter((file) => file.why === why)
    for (const file of files.slice(0, MAX_LEFT_LINES)) terminal.note(yellow(visible(leftText(file))))
    if (files.length <= MAX_LEFT_LINES) continue
    terminal.note(yellow(`… ${plural(files.length, `${why} file`)} in all: ${commandLine('status', argv)}`))
  }
}

function leftText({ stream, name, why, reason }: LeftFile): string {
  if (why === 'waiting') return `${stream} has not taken ${name} yet`
  return `${stream} ${why === 'rejected' ? 'rejected' : 'ignores'} ${name}: ${reason}`
}
