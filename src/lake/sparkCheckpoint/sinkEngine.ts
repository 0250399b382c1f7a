import { join } from 'node:path'
import type { Disk } from '../../files/disk.ts'
import {
  CONTRACT_VERSION,
  type Engine,
  type StagedFile,
  type StagePlan,
  type StageResult,
} from '../../tables/engine.ts'
import { pieces, type SinkRows } from './sinkRows.ts'

/** Stages what Spark has written for the rows of a batch, instead of making it of them again. */
export class SinkEngine implements Engine {
  readonly #inner: Engine
  readonly #disk: Disk
  readonly #parts: readonly SinkRows[]

  /** @param inner  reads the files and writes ours; closed with this one */
  constructor(inner: Engine, disk: Disk, parts: readonly SinkRows[]) {
    this.#inner = inner
    this.#disk = disk
    this.#parts = parts
  }

  get name(): string {
    return `${this.#inner.name}, from what Spark wrote`
  }

  /** The files were matched to their tables already. */
  async check(): Promise<void> {}

  async stage(plan: StagePlan, signal: AbortSignal): Promise<StageResult> {
    const files: StagedFile[] = []
    for (const [index, { table, groups }] of this.#parts.entries()) {
      const { name, columns, partitionBy } = table
      const shape = {
        relation: 'written',
        columns,
        select: null,
        rows: 'kept' as const,
        references: [],
        tables: [{ name, columns, partitionBy }],
      }
      for (const [piece, some] of pieces(groups).entries()) {
        const below = `${index}.${piece}`
        const stagingFolder = join(plan.stagingFolder, below)
        await this.#disk.makeFolder(stagingFolder)
        const input = { kind: 'foreign' as const, groups: some }
        const staged = await this.#inner.stage({ ...plan, shape, input, stagingFolder }, signal)
        for (const file of staged.files) files.push({ ...file, path: `${below}/${file.path}` })
      }
    }
    return { version: CONTRACT_VERSION, references: {}, files }
  }

  async close(): Promise<void> {
    await this.#inner.close()
  }
}
