import { join } from 'node:path'
import { nodeDisk } from '../../src/files/disk.ts'
import type { LiveModel } from '../../src/serving/model.ts'
import type { StoreParts } from '../../src/serving/store/parts.ts'
import { systemClock } from '../../src/stream/clock.ts'

/** A store in a lake of this folder. */
export function storeParts(lakeFolder: string, parts: Partial<StoreParts> = {}): StoreParts {
  const models: readonly LiveModel[] = []
  return {
    stream: 'live',
    file: join(lakeFolder, 'gold/live.duckdb'),
    lakeFolder,
    follows: 'silver',
    sourceKind: 'batches',
    tables: [],
    models,
    readable: { folders: [lakeFolder], files: [] },
    limits: { threads: 1, memoryLimit: '500MB' },
    spillFolder: join(lakeFolder, '.spill'),
    indexBytes: 100e6,
    disk: nodeDisk,
    clock: systemClock,
    filesUpTo: async () => undefined,
    ...parts,
  }
}
