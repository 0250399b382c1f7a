import type { Source } from '../stream/source.ts'
import type { LakeStream } from './config/resolve.ts'
import { wordOf } from './config/resolveEngines.ts'
import { engineLimits, openEngine, shapeOf, targetsOf } from './engine.ts'
import type { OpenLake } from './openLake.ts'
import { openStream, type StreamSpec } from './openStream.ts'
import type { Attempts, BegunRun, Runnable } from './runnable.ts'
import { placeOf } from './sources.ts'

/** A stream into tables, as a run sees it. */
export function tableStream(stream: LakeStream): Runnable {
  const { name, notes, triggerMs, source, into } = stream
  const { isOnDemand, runOptions, measures, folder, follows } = source
  return {
    name,
    notes,
    triggerMs,
    isOnDemand,
    runOptions,
    measures,
    folder,
    stream,
    reads: follows === undefined ? [] : [follows.table],
    writes: into,
    endOf: (options) => source.endOf(options),
    faults: async () => [], // its SELECT is checked with its tables, when it runs
    errorFile: (layout) => layout.checkpoint(stream).errorFile,
    begin: (lake, options) => attemptsAt(lake, stream, options),
  }
}

function attemptsAt(lake: OpenLake, stream: LakeStream, options: BegunRun): Attempts {
  // Kept between attempts: a generator counts its rows from its first start, and a new one would make them again.
  let source: Source | undefined
  return {
    limits: stream.source.limits,
    open: async (signal) => {
      source ??= await stream.source.open(placeOf(lake, stream), options)
      const chosen = options.engineOf(stream)
      const word = wordOf(chosen)
      // The usual engine is there at once, and auto has it until a batch is large.
      if (chosen.by === 'name' && word !== lake.config.engines.kinds[0].word) {
        options.onProgress?.(stream.name, `starting ${word}`)
      }
      const spec = await specOf(lake, stream, source, () => openEngine(lake, stream, chosen))
      return openStream({ ...spec, signal, onStarting: (text) => options.onProgress?.(stream.name, text) })
    },
  }
}

/** The parts of a stream, with a source that is open. */
export async function specOf(
  lake: OpenLake,
  stream: LakeStream,
  source: Source,
  open: StreamSpec['openEngine'],
): Promise<StreamSpec> {
  const { disk, clock, layout, config, database } = lake
  return {
    name: stream.name,
    source,
    shape: await shapeOf(lake, stream),
    inputKind: stream.source.input,
    variables: await stream.source.sampleVariables(),
    openEngine: open,
    limits: engineLimits(lake),
    targets: targetsOf(lake, stream),
    checkpoint: layout.checkpoint(stream),
    lakeFolder: config.root,
    connect: () => database.connect(),
    disk,
    clock,
  }
}
