import { join } from 'node:path'
import type { Database } from '../../src/duckdb/session.ts'
import type { EngineMeans } from '../../src/engines/kind.ts'
import { SharedPrograms } from '../../src/engines/program/keptProgram.ts'
import { nodeDisk } from '../../src/files/disk.ts'

/** What an engine gets to work with, where there is no lake but a folder. */
export function engineMeans(database: Database, folder: string): EngineMeans {
  return {
    connect: () => database.connect(),
    disk: nodeDisk,
    configFolder: folder,
    lakeFolder: folder,
    logFile: join(folder, 'engine.log'),
    programs: new SharedPrograms(),
    limits: { threads: 2, memory: '1GB' },
  }
}
