import { runLoop } from '../../stream/loop.ts'
import type { ResolvedLive } from '../config/resolve.ts'
import { LIVE } from '../config/resolveLive.ts'
import type { OpenLake } from '../openLake.ts'
import type { Attempts, OpenStream, Runnable } from '../runnable.ts'
import type { RunOptions } from '../runOptions.ts'
import { type KeptCopy, keepCopy } from './keepCopy.ts'
import { leaveStatus } from './leftStatus.ts'
import { refusalSentence } from './liveModels.ts'
import { noteSound, refusedModels } from './notedModels.ts'
import { type OpenedLive, openLive } from './openLive.ts'

/**
 * The stream that keeps live aggregates, as a run sees it.
 * @param opened  their store where it is open already, as a server needs it; else each attempt opens it
 */
export function liveStream(live: ResolvedLive, opened?: OpenedLive): Runnable {
  return {
    name: LIVE,
    notes: [],
    triggerMs: 0,
    isOnDemand: false,
    runOptions: ['rebuild'],
    measures: { files: true, lag: true },
    folder: undefined,
    reads: live.follows.into,
    writes: [],
    stream: undefined,
    endOf: () => 'drained',
    errorFile: (layout) => layout.live(live).errorFile,
    faults: async (lake) => {
      const refused = await refusedModels(lake, live)
      if (refused.length === 0) await noteSound(lake, live)
      return refused.map(refusalSentence)
    },
    begin: (lake, options) => attemptsAt(lake, live, options, opened),
  }
}

function attemptsAt(lake: OpenLake, live: ResolvedLive, options: RunOptions, shared?: OpenedLive): Attempts {
  let start: Parameters<typeof openLive>[2] = options.rebuild === true ? 'rebuild' : 'continue'
  return {
    limits: {},
    open: async () => {
      const opened = shared ?? (await openLive(lake, live, start))
      start = 'continue' // what an attempt has begun to build again, the next one goes on with
      return openStream(lake, live, opened, async () => {
        if (shared === undefined) await opened.close()
      })
    },
  }
}

function openStream(lake: OpenLake, live: ResolvedLive, opened: OpenedLive, close: () => Promise<void>): OpenStream {
  const { source, store } = opened
  let copy: KeptCopy | undefined
  const left = leaveStatus(lake, live, opened, () => copy?.state)
  return {
    run: async (options) => {
      copy = await keepCopy(lake, live, store, options.onNote)
      try {
        await runLoop(
          { name: LIVE, source, sink: store.sink, clock: lake.clock },
          {
            ...options,
            onBatch: async (progress) => {
              await left.update()
              return options.onBatch(progress)
            },
          },
        )
      } finally {
        await copy.end()
      }
    },
    close: async () => {
      await left.end()
      await close()
    },
  }
}
