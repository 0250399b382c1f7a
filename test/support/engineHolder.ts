// A process with an engine that is a program: `engineHolder.ts FOLDER PROGRAM ARGS…` stages a batch, and prints the id
// of the program's process group once that tells of progress.
import { join } from 'node:path'
import { Database } from '../../src/duckdb/session.ts'
import { CONTRACT_VERSION } from '../../src/tables/engine.ts'
import { emptyPlan, ID_SHAPE } from './emptyPlan.ts'
import { engineMeans } from './engineMeans.ts'
import { openProgram } from './programEngine.ts'

const [, , folder = '', ...command] = process.argv
const database = await Database.open({ threads: 1, memoryLimit: '200MB', tempFolder: join(folder, '.temp') })
const engine = await openProgram(engineMeans(database, folder), command)
// The engine is not ready for another plan while it works on this one: its group is known before.
await engine.check({ version: CONTRACT_VERSION, shape: ID_SHAPE, inputKind: 'table', variables: {} })
const { group } = engine
await engine.stage(emptyPlan(folder), new AbortController().signal, () => {
  process.stdout.write(`${group}\n`)
})
