import { LakeError } from '../../errors.ts'
import type { LoopOptions } from '../../stream/loop.ts'
import type { Feed, Source } from '../../stream/source.ts'
import type { Engine } from '../../tables/engine.ts'
import { type ImportMark, readImportMark, writeImportMark } from '../../tables/importMark.ts'
import { clearStaging } from '../../tables/staging.ts'
import type { LakeStream } from '../config/resolve.ts'
import { sqlHashOf } from '../config/sqlFile.ts'
import { withLocks } from '../emptyingList.ts'
import { openInProcess } from '../engine.ts'
import type { OpenLake } from '../openLake.ts'
import { openStream, type StreamSpec } from '../openStream.ts'
import { withPrepared } from '../prepare.ts'
import { withRunSession, withSession } from '../sessions.ts'
import { placeOf } from '../sources.ts'
import { lastRecord } from '../streamRecords.ts'
import { specOf } from '../tableStream.ts'
import { printOf, queryId } from './checkpoint.ts'
import { assertNothingElse, type ImportPlan, isOf, planImport, streamsOf, writersOf } from './importPlan.ts'
import { landedRows } from './landedRows.ts'
import { realFolder } from './localPath.ts'
import { STILL_WRITING } from './logFiles.ts'
import { count, counted } from './phrases.ts'
import { refused } from './refusal.ts'
import { type NamedSink, namedSinks } from './route.ts'
import { SinkEngine } from './sinkEngine.ts'

export interface SparkImportOptions {
  /**
   * The folders that the queries write, each as `TABLE=FOLDER`, or as `FOLDER` where it is named like its table. Those
   * of file sinks come in the order of their checkpoints.
   */
  readonly sinks: readonly string[]
  /** Find out what would be taken, and change nothing. */
  readonly dryRun?: boolean
  readonly signal?: AbortSignal
  /** Called with each step, as it is taken. */
  readonly onStep?: (step: ImportStep) => void
}

export interface ImportStep {
  readonly step: 'found' | 'proved' | 'left out' | 'took'
  /** A phrase. */
  readonly text: string
}

/** What an import has taken, or would take. */
export interface SparkImport {
  /** `planned`: it was a dry run. `earlier`: an earlier call has imported it, and this one changed nothing. */
  readonly outcome: 'imported' | 'planned' | 'earlier'
  readonly queries: readonly { readonly checkpoint: string; readonly id: string; readonly batch: number }[]
  /** What the queries have read; undefined where an earlier call has imported it. */
  readonly source: { readonly folder: string; readonly files: number; readonly rows: number } | undefined
  readonly sinks: readonly {
    readonly table: string
    readonly folder: string
    readonly files: number
    readonly rows: number
    /** Files that are beside them and were left out, because no committed batch names them. */
    readonly leftOut: readonly string[]
  }[]
  /** The streams that go on from here. */
  readonly streams: readonly string[]
}

/**
 * Takes what Structured Streaming queries have committed into the lake's tables, so that its streams go on after it:
 * the files that the queries have read become rows of the table of a landing stream, and what they wrote becomes the
 * first batch of the stream that follows that table. It may be cut short anywhere, and called again.
 * @throws LakeError LAKE_IMPORT_REFUSED for what is not certain; then nothing was changed
 */
export async function importSparkCheckpoint(
  lake: OpenLake,
  checkpoints: readonly string[],
  options: SparkImportOptions,
): Promise<SparkImport> {
  const folders = checkpoints.map(realFolder)
  if (folders.length === 0) throw refused('no checkpoint is named.')
  if (new Set(folders).size < folders.length) throw refused('one checkpoint is named twice.')
  if (options.sinks.length === 0) {
    throw refused(
      'a checkpoint does not say where its query writes.',
      'Say it: --sink TABLE=FOLDER, once for each table.',
    )
  }
  const named = namedSinks(lake.config, options.sinks)
  const earlier = await earlierImport(lake, folders)
  if (earlier !== undefined) return earlier
  const plan = await withSession(lake, (session) => planImport(lake, session, folders, named))
  tell(plan, options)
  if (options.dryRun === true) return resultOf(plan, 'planned')
  await withPrepared(lake, () => carryOut(lake, plan, markOf(plan, folders, named), options))
  return resultOf(plan, 'imported')
}

/** What an earlier call has imported from these queries, where it has come to its end. */
async function earlierImport(lake: OpenLake, folders: readonly string[]): Promise<SparkImport | undefined> {
  const ids: string[] = []
  for (const folder of folders) ids.push(await queryId(folder))
  const streams: string[] = []
  for (const stream of lake.config.streams) {
    const mark = await readImportMark(lake.layout.checkpoint(stream))
    if (mark === undefined || !isOf(mark, ids)) continue
    if (mark.state === 'begun') return undefined
    streams.push(stream.name)
  }
  if (streams.length === 0) return undefined
  return { outcome: 'earlier', queries: [], source: undefined, sinks: [], streams }
}

function tell({ route, queries, source, sinks }: ImportPlan, { onStep }: SparkImportOptions): void {
  const tellStep = (step: ImportStep['step'], text: string): void => onStep?.({ step, text })
  for (const { checkpoint, batch } of queries) {
    const begun = checkpoint.planned > batch ? `; batch ${checkpoint.planned} was begun` : ''
    tellStep('found', `${checkpoint.folder}: query ${checkpoint.id}, committed up to batch ${batch}${begun}`)
  }
  const { rows, files, folder, others } = source
  tellStep('found', `${folder}: ${counted(files.length, 'file')} of these batches, ${counted(rows, 'row')}`)
  for (const { table, sink, rows: written } of sinks) {
    const how = sink.kind === 'log' ? 'in its _spark_metadata' : 'in the folder'
    tellStep('found', `${sink.folder}: ${counted(sink.files.length, 'file')} ${how}, ${counted(written, 'row')}`)
    const [first, ...more] = sink.unnamed
    if (first !== undefined) {
      const which = more.length === 0 ? first : `${first} and ${counted(more.length, 'more file')}`
      tellStep('left out', `${sink.folder}: ${which}, in no committed batch of ${table.name}`)
    }
  }
  const each = sinks.map(({ table, rows: written }) => `${table.name} ${count(written)}`)
  tellStep('proved', `${counted(rows, 'row')} read = ${each.join(' + ')}`)
  if (sinks.some(({ sink }) => sink.kind === 'plain'))
    tellStep('proved', 'the same rows, by the columns that both have')
  if (others.length > 0) {
    tellStep(
      'left out',
      `${folder}: ${counted(others.length, 'file')} of no committed batch: ${route.land.name} takes them`,
    )
  }
}

function markOf(plan: ImportPlan, folders: readonly string[], named: readonly NamedSink[]): Omit<ImportMark, 'state'> {
  const words = [...folders, ...named.flatMap(({ table, folder }) => ['--sink', `${table.name}=${folder}`])].map(
    shellWord,
  )
  return {
    queries: plan.queries.map(({ checkpoint }) => checkpoint.id),
    command: `lakeweir import-spark-checkpoint ${words.join(' ')}`,
  }
}

/**
 * The marks come first, while no stream can run: from then on none does before the import has ended. Then each stream
 * commits one batch, as in any run. A crash leaves marks, and the batches that are committed: the next call commits the
 * others.
 */
async function carryOut(
  lake: OpenLake,
  plan: ImportPlan,
  mark: Omit<ImportMark, 'state'>,
  options: SparkImportOptions,
): Promise<void> {
  const { disk, layout } = lake
  const writers = writersOf(lake, plan.route)
  const own = streamsOf(plan.route)
  await withLocks(lake, writers, async () => {
    await withRunSession(lake, (session) => assertNothingElse(lake, session, plan.route, plan.queries))
    for (const { checkpoint } of plan.queries) {
      if ((await printOf(checkpoint.folder)) === checkpoint.print) continue
      throw refused(`${checkpoint.folder} has changed since it was read: Spark is still writing to it.`, STILL_WRITING)
    }
    // A start does so for the others; without one, what a dead process has left would stay.
    for (const stream of writers.filter((writer) => !own.includes(writer))) {
      await clearStaging({ disk, checkpoint: layout.checkpoint(stream) }, 0)
    }
    for (const stream of writers) await writeImportMark(disk, layout.checkpoint(stream), { ...mark, state: 'begun' })
  })
  try {
    await commitBatches(lake, plan, options)
  } catch (error) {
    throw unfinished(error, mark.command)
  }
  for (const stream of writers.toReversed()) {
    const checkpoint = layout.checkpoint(stream)
    if (own.includes(stream)) await writeImportMark(disk, checkpoint, { ...mark, state: 'done' })
    else await disk.removeFile(checkpoint.importFile)
  }
}

async function commitBatches(lake: OpenLake, plan: ImportPlan, options: SparkImportOptions): Promise<void> {
  const { route, source: read, queries } = plan
  const { land, next } = route
  const about = {
    spark: queries.map(({ checkpoint: { folder, id }, batch }) => ({ checkpoint: folder, query: id, batch })),
  }
  const taken = land.source.chosen?.(placeOf(lake, land), read.files, about)
  if (taken === undefined) throw new RangeError('the stream has a folder')
  await commitBatch(lake, land, taken.open(), next === undefined ? plan : undefined, options)
  if (next === undefined) return
  const source = await next.source.open(placeOf(lake, next), {})
  const landed = await lastRecord(lake, land)
  if (landed === undefined) throw new RangeError('the rows have landed')
  const isCommitted = (await lastRecord(lake, next)) !== undefined
  // Then there is nothing more to take, whatever has come into the table meanwhile.
  const rest = isCommitted ? { kind: source.kind, resume: async () => NOTHING } : landedRows(source, landed, route)
  await commitBatch(lake, next, rest, plan, options)
}

/**
 * Commits the first batch of a stream, or finishes what an earlier call has committed.
 * @param written  the plan, where the rows are those that Spark wrote; undefined where they are those that it read
 */
async function commitBatch(
  lake: OpenLake,
  stream: LakeStream,
  source: Source,
  written: ImportPlan | undefined,
  options: SparkImportOptions,
): Promise<void> {
  const open = (): Promise<Engine> => openInProcess(lake, stream)
  const imported = { ...(await specOf(lake, stream, source, open)), importedFor: sqlHashOf(stream.select) }
  const opened = await openStream(written === undefined ? imported : fromSinks(lake, imported, open, written))
  const { signal: closing } = lake.lifetime
  const signal = options.signal === undefined ? closing : AbortSignal.any([options.signal, closing])
  try {
    await opened.run({ ...ONE_BATCH, ...told(stream, options), startedMs: lake.clock.monotonicMs(), signal })
  } finally {
    await opened.close()
  }
  if (signal.aborted) {
    throw new LakeError('LAKE_INTERRUPTED', 'the import was interrupted.', { canRetry: true })
  }
}

/** All that is there, as one batch. */
const ONE_BATCH = {
  limits: {
    maxFiles: Number.POSITIVE_INFINITY,
    maxRows: Number.POSITIVE_INFINITY,
    maxBytes: Number.POSITIVE_INFINITY,
  },
  triggerMs: 0,
  pollMs: undefined,
  availableNow: true,
  deadlineMs: undefined,
  upstream: Promise.resolve(),
  onStart: () => undefined,
  onNote: () => undefined,
}

function told({ name }: LakeStream, { onStep }: SparkImportOptions): Pick<LoopOptions, 'onBatch'> {
  return {
    onBatch: ({ batch, inputRows, rows }) => {
      const each = Object.entries(rows).map(([table, written]) => `${table} ${count(written)}`)
      onStep?.({ step: 'took', text: `${name} batch ${batch}: ${counted(inputRows, 'row')} → ${each.join(' + ')}` })
    },
  }
}

/** A feed that has nothing. */
const NOTHING: Feed = {
  next: async () => ({ kind: 'idle', recheckMs: undefined, notes: [] }),
  pin: async () => {},
  watch: async () => ({ recheckMs: undefined, notes: [], close: async () => {} }),
  close: async () => {},
}

function fromSinks(
  { disk }: OpenLake,
  spec: StreamSpec,
  open: StreamSpec['openEngine'],
  { sinks }: ImportPlan,
): StreamSpec {
  return {
    ...spec,
    shape: { ...spec.shape, select: null, references: [] },
    openEngine: async () => new SinkEngine(await open(), disk, sinks),
  }
}

/** The error for an import that has begun, and goes on where it ended. */
function unfinished(error: unknown, command: string): unknown {
  if (!(error instanceof LakeError) || error.code === 'LAKE_IMPORT_UNFINISHED') return error
  const { code, message, state, canRetry } = error
  return new LakeError(code, message, {
    state: `${state === undefined ? '' : `${state} `}The import has begun: its streams run once it has ended.`,
    remedy: `${error.remedy === undefined ? '' : `${error.remedy} `}Go on with it: ${command}`,
    canRetry,
    cause: error.cause ?? error,
  })
}

function resultOf({ route, queries, source, sinks }: ImportPlan, outcome: SparkImport['outcome']): SparkImport {
  return {
    outcome,
    queries: queries.map(({ checkpoint: { folder, id }, batch }) => ({ checkpoint: folder, id, batch })),
    source: { folder: source.folder, files: source.files.length, rows: source.rows },
    sinks: sinks.map(({ table, sink, rows }) => ({
      table: table.name,
      folder: sink.folder,
      files: sink.files.length,
      rows,
      leftOut: sink.unnamed,
    })),
    streams: streamsOf(route).map(({ name }) => name),
  }
}

/** As it is typed in a shell. */
function shellWord(word: string): string {
  return /^[\w./:@%+,=-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}
