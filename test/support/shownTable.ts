import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Lake } from '../../src/index.ts'
import type { ShownTable } from '../../src/server/rows/tableRows.ts'
import { inDuckdb } from './duckdb.ts'
import { rawSql } from './sql.ts'

/** The table of `ShownLake`, as the server shows it. */
export const EVENTS: ShownTable = { name: 'events', folder: 'raw/events/data', time: 'seen_at' }

const CONFIG = {
  root: 'lake',
  tables: {
    events: {
      path: 'raw/events',
      columns: { seen_at: 'TIMESTAMPTZ', kind: 'VARCHAR', n: 'INTEGER', raw: 'BLOB', day: 'DATE' },
      partitionBy: ['day'],
    },
  },
  streams: { land: { from: { kind: 'parquetFolder', path: 'landing', afterCommit: 'delete' }, into: ['events'] } },
}

/** A lake with one table, filled by landing files. */
export class ShownLake {
  readonly root: string
  readonly #config: string
  #files = 0

  constructor(folder: string) {
    this.root = join(folder, 'lake')
    this.#config = join(folder, 'lakeweir.config.mjs')
    mkdirSync(join(this.root, 'landing'), { recursive: true })
    writeFileSync(this.#config, `export default ${JSON.stringify(CONFIG)}\n`)
  }

  /** Commits the rows of a SELECT of `seen_at, kind, n`, as one batch. */
  async add(select: string): Promise<void> {
    this.#files += 1
    const file = join(this.root, 'landing', `${this.#files}.parquet`)
    const whole = `SELECT *, encode(kind) AS raw, CAST(seen_at AS DATE) AS day FROM (${select})`
    await inDuckdb((session) => session.run(rawSql`COPY (${whole}) TO '${file}' (FORMAT parquet)`))
    await this.#with((lake) => lake.run({ streams: ['land'], availableNow: true }))
  }

  /** Joins the files of the table, and keeps those that are replaced. */
  async join(): Promise<void> {
    await this.#with((lake) => lake.optimize())
  }

  /** Removes what was replaced. */
  async removeReplaced(): Promise<void> {
    await this.#with((lake) => lake.vacuum({ retainMs: 0 }))
  }

  async #with(use: (lake: Lake) => Promise<unknown>): Promise<void> {
    const lake = await Lake.open({ config: this.#config, database: { threads: 1 } })
    try {
      await use(lake)
    } finally {
      await lake.close()
    }
  }
}
