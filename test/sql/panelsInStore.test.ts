import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Database } from '../../src/duckdb/session.ts'
import { panelOf } from '../../src/server/panels/panelFile.ts'
import type { BatchRows } from '../../src/serving/input.ts'
import { LiveStore } from '../../src/serving/store/liveStore.ts'
import type { Portion } from '../../src/stream/source.ts'
import { liveLake, MESSAGES_ROWS, modelsOf, SENSORS_ROWS } from '../support/lakeModels.ts'
import { memoryReader } from '../support/memoryReader.ts'
import { rawSql } from '../support/sql.ts'
import { storeParts } from '../support/storeParts.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const BATCHES = 3
const STREAM_ID = 'followed@00000000-0000-4000-8000-000000000001'
const LIMITS = { maxRows: 10_000, timeoutMs: 10_000 }
/** Whole days, so that the grain of every panel fits. */
const RANGE = { from: '2026-11-21T00:00:00Z', to: '2026-11-23T00:00:00Z' }

/** The batches of tables that have a column `batch`, from 1. */
function portionOf(folder: string, tables: readonly string[], batch: number): Portion<BatchRows> {
  const end = (at: number) => ({ streamId: STREAM_ID, batch: at })
  return {
    kind: 'portion',
    range: { start: batch === 1 ? null : end(batch - 1), end: end(batch), detail: {}, fileCount: tables.length },
    input: {
      streamId: STREAM_ID,
      scope: batch === 1 ? 'all' : 'added',
      batch,
      files: new Map(tables.map((table) => [table, [join(folder, `${table}.${batch}.parquet`)]])),
      facts: [],
      newestEventMicros: undefined,
    },
    notes: [],
    secure: async () => 0,
    finish: async () => undefined,
    refuse: async () => false,
  }
}

test.each(['messages', 'sensors'] as const)(
  'the store keeps the models of the %s lake, and its panels answer there what they answer over the tables',
  async (name) => {
    const folder = temporaryFolder()
    const lake = await liveLake(name)
    const models = await modelsOf(lake)
    const rows = name === 'messages' ? MESSAGES_ROWS : SENSORS_ROWS
    const tables = lake.live.follows.into.map((table) => ({ ...table, partitionBy: [] }))
    const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder: join(folder, 'spill') })
    const session = await database.connect()
    await session.run(rawSql`${rows}`)
    for (const table of tables) {
      const columns = Object.keys(table.columns).join(', ')
      for (let batch = 1; batch <= BATCHES; batch++) {
        await session.run(rawSql`COPY (SELECT ${columns} FROM (SELECT *, hash(t) % ${BATCHES} + 1 AS batch FROM ${table.name} AS t)
          WHERE batch = ${batch}) TO '${join(folder, `${table.name}.${batch}.parquet`)}' (FORMAT parquet)`)
      }
    }
    session.close()
    database.close()

    const files = lake.references.map(({ file }) => file)
    const parts = storeParts(folder, { tables, models, readable: { folders: [folder], files } })
    const store = await LiveStore.open(parts, 'continue')
    const writer = await store.sink.recover()
    onTestFinished(async () => {
      await writer.close()
      await store.close()
    })
    for (let batch = 1; batch <= BATCHES; batch++) {
      const portion = portionOf(
        folder,
        lake.live.follows.into.map((table) => table.name),
        batch,
      )
      await writer.write(portion, { batch, nowMs: Date.UTC(2026, 10, 22), elapsedMs: 0, draining: true })
    }

    const texts = lake.live.models.map(({ called, text }) => `CREATE TABLE live.${called} AS ${text}`).join(';')
    const memory = await memoryReader(`${rows} ${texts}`)
    onTestFinished(() => memory.close())
    await memory.commit('SELECT 1')
    for (const model of models) {
      const query = { name: model.name, sql: `FROM live.${model.name} ORDER BY ALL`, parameters: {} }
      const [kept, wanted] = [await store.reader.query(query, {}, LIMITS), await memory.query(query, {}, LIMITS)]
      expect(kept.rows, model.name).toEqual(wanted.rows)
      expect(kept.rows.length, model.name).toBeGreaterThan(0)
    }
    for (const file of lake.live.panels) {
      const panel = panelOf(file, 'duckdb')
      await store.reader.prepare(panel.query)
      if (file.inputs.includes('live.batches')) continue
      const bound = panel.time === undefined ? {} : RANGE
      const [kept, wanted] = [
        await store.reader.query(panel.query, bound, LIMITS),
        await memory.query(panel.query, bound, LIMITS),
      ]
      expect(kept.rows, panel.name).toEqual(wanted.rows)
      expect(kept.rows.length, panel.name).toBeGreaterThan(0)
    }
  },
  60_000,
)
