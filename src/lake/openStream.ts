import { relative } from 'node:path'
import type { VariableValue } from '../columns.ts'
import { READ_FEATURES } from '../delta/features.ts'
import { headsByCommits } from '../delta/heads.ts'
import { Snapshot, type TableHead } from '../delta/snapshot.ts'
import type { Session } from '../duckdb/session.ts'
import { LakeError } from '../errors.ts'
import type { Disk } from '../files/disk.ts'
import type { Clock } from '../stream/clock.ts'
import type { Input } from '../stream/input.ts'
import { runLoop } from '../stream/loop.ts'
import type { BatchProgress } from '../stream/progress.ts'
import type { Source } from '../stream/source.ts'
import type { Checkpoint } from '../tables/checkpoint.ts'
import { CONTRACT_VERSION, type Engine, type EngineLimits, type StreamShape } from '../tables/engine.ts'
import { leaveProgress } from '../tables/leftProgress.ts'
import { TableSink } from '../tables/tableSink.ts'
import type { Target } from '../tables/target.ts'
import { sqlHashOf } from './config/sqlFile.ts'
import type { OpenStream } from './runnable.ts'

/** The parts of a stream into Delta tables. */
export interface StreamSpec extends EngineSpec {
  readonly name: string
  readonly source: Source
  /** What the engine may use. */
  readonly limits: EngineLimits
  /** The tables of `shape` with their logs. */
  readonly targets: readonly Target[]
  readonly checkpoint: Checkpoint
  readonly lakeFolder: string
  readonly connect: () => Promise<Session>
  readonly disk: Disk
  readonly clock: Clock
  /** Once it is aborted, the engine is not waited for. */
  readonly signal?: AbortSignal
  /** Called with what the engine waits for before it can begin. */
  readonly onStarting?: (text: string) => void
  /** Set for an import: the hash of the SELECT that the stream has besides. */
  readonly importedFor?: string
}

/** An engine, and what it must do with rows. */
export interface EngineSpec {
  readonly openEngine: () => Promise<Engine>
  readonly shape: StreamShape
  readonly inputKind: Input['kind']
  /** The variables that the SELECT reads, with values of the right types. */
  readonly variables: Readonly<Record<string, VariableValue>>
}

/** Puts a stream together. @throws LakeError LAKE_SQL_INVALID, LAKE_REFERENCE_INVALID */
export async function openStream(spec: StreamSpec): Promise<OpenStream> {
  const { name, source, shape, limits, targets, checkpoint, lakeFolder, disk, clock } = spec
  const engine = await checkedEngine(spec, spec.signal, spec.onStarting).catch((error: unknown) => {
    throw spec.signal?.aborted === true ? unstartedError(name, error) : error
  })
  const parts = {
    stream: name,
    lakeFolder,
    sourceKind: source.kind,
    engine,
    shape,
    limits,
    targets,
    checkpoint,
    sqlHash: spec.importedFor ?? sqlHashOf(shape.select ?? undefined),
    isImport: spec.importedFor !== undefined,
    disk,
    clock,
    loadHeads: () => headsOf(spec),
  }
  return {
    run: ({ onProgress = () => undefined, ...options }) => {
      const sink = new TableSink({ ...parts, onProgress })
      const onBatch = async (progress: BatchProgress): Promise<unknown> => {
        await leaveProgress(disk, checkpoint, progress)
        return options.onBatch(progress)
      }
      return runLoop({ name, source, sink, clock }, { ...options, onBatch })
    },
    close: () => engine.close(),
  }
}

function unstartedError(stream: string, cause: unknown): LakeError {
  return new LakeError('LAKE_INTERRUPTED', `${stream} was stopped before its engine had started.`, {
    cause,
    state: 'Nothing was begun.',
    canRetry: true,
  })
}

/** Opens an engine and has it check the SELECT. @throws LakeError LAKE_SQL_INVALID, LAKE_REFERENCE_INVALID */
export async function checkedEngine(
  { openEngine, shape, inputKind, variables }: EngineSpec,
  signal?: AbortSignal,
  onProgress?: (text: string) => void,
): Promise<Engine> {
  const engine = await openEngine()
  try {
    await engine.check({ version: CONTRACT_VERSION, shape, inputKind, variables }, signal, onProgress)
    return engine
  } catch (error) {
    await engine.close()
    throw error
  }
}

async function headsOf({ targets, lakeFolder, connect }: StreamSpec): Promise<ReadonlyMap<string, TableHead>> {
  // A table that another program has changed is refused for what we do not keep, although we could read it.
  const heads = await headsByCommits(targets, READ_FEATURES)
  if (heads !== undefined) return heads
  const refs = targets.map(({ name, log }) => ({ name, folder: relative(lakeFolder, log.tableFolder), stream: null }))
  const session = await connect()
  try {
    return (await Snapshot.load(session, lakeFolder, refs, READ_FEATURES)).heads
  } finally {
    session.close()
  }
}
