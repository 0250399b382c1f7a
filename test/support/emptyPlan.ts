import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { CONTRACT_VERSION, type StagePlan, type StreamShape } from '../../src/tables/engine.ts'

/** A stream that copies one column. */
export const ID_SHAPE: StreamShape = {
  relation: 'input_rows',
  columns: { id: 'BIGINT' },
  select: null,
  rows: 'any',
  references: [],
  tables: [{ name: 't', columns: { id: 'BIGINT' }, partitionBy: [] }],
}

/** A batch of it without rows, with its staging folder below a folder. */
export function emptyPlan(folder: string): StagePlan {
  const stagingFolder = join(folder, 'staging')
  mkdirSync(stagingFolder)
  return {
    version: CONTRACT_VERSION,
    shape: ID_SHAPE,
    batch: 1,
    batchTime: new Date(0).toISOString(),
    input: { kind: 'table', files: [], columns: ID_SHAPE.columns, partitionBy: [] },
    stagingFolder,
    filePrefix: 'p',
    footer: {},
    limits: { threads: 1, memory: '1GB' },
  }
}
