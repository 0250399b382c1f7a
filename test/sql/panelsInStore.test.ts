import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { Database } from '../../src/duckdb/session.ts'
import { copyText } from '../../src/duckdb/sql/copyTexts.ts'
import type { ResolvedLake } from '../../src/lake/config/resolve.ts'
import type { ResolvedLive } from '../../src/lake/config/resolveLive.ts'
import { lakePanels } from '../../src/server/panels/lakePanels.ts'
import type { ModelChanges } from '../../src/serving/copies/copy.ts'
import { PostgresReader } from '../../src/serving/copies/postgres/reader.ts'
import { postgresTarget } from '../../src/serving/copies/postgres/target.ts'
import type { BatchRows } from '../../src/serving/input.ts'
import type { ServingReader } from '../../src/serving/reader.ts'
import { LiveStore } from '../../src/serving/store/liveStore.ts'
import { systemClock } from '../../src/stream/clock.ts'
import type { Portion } from '../../src/stream/source.ts'
import { changes, modelOf } from '../serving/copies/kit.ts'
import { liveLake, MESSAGES_ROWS, modelsOf, SENSORS_ROWS } from '../support/lakeModels.ts'
import { memoryReader } from '../support/memoryReader.ts'
import { describeWith } from '../support/optionalTool.ts'
import { hasPostgres, POSTGRES_NEED, PostgresServer } from '../support/postgres.ts'
import { rawSql } from '../support/sql.ts'
import { storeParts } from '../support/storeParts.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const BATCHES = 3
const STREAM_ID = 'silver@00000000-0000-4000-8000-000000000001'
const LIMITS = { maxRows: 10_000, timeoutMs: 10_000 }
/** Whole days, so that the grain of every panel fits. */
const RANGE = { from: '2026-11-21T00:00:00Z', to: '2026-11-23T00:00:00Z', complete: '2026-11-23T00:00:00Z' }
const LAKES = ['messages', 'sensors'] as const

/** The batches of tables, from 1. */
function portionOf(folder: string, tables: readonly string[], batch: number): Portion<BatchRows> {
  const end = (at: number) => ({ streamId: STREAM_ID, batch: at })
  const facts = {
    stream: 'silver',
    streamId: STREAM_ID,
    batch,
    batchTime: `2026-11-22T10:0${batch}:00.000Z`,
    rows: Object.fromEntries(tables.map((table, index) => [table, 10 * batch + index])),
    inputRows: 20 * batch + 1,
    sourceStart: undefined,
    sourceEnd: undefined,
    landedFiles: [`it's ${batch}.parquet`],
    durationMs: undefined,
    lagMs: 12.5,
  }
  return {
    kind: 'portion',
    range: { start: batch === 1 ? null : end(batch - 1), end: end(batch), detail: {}, fileCount: tables.length },
    input: {
      streamId: STREAM_ID,
      scope: batch === 1 ? 'all' : 'added',
      batch,
      files: new Map(tables.map((table) => [table, [join(folder, `${table}.${batch}.parquet`)]])),
      facts: [facts],
      newestEventMicros: undefined,
    },
    notes: [],
    secure: async () => 0,
    finish: async () => undefined,
    refuse: async () => false,
  }
}

interface KeptModels {
  readonly lake: ResolvedLake & { readonly live: ResolvedLive }
  readonly names: readonly string[]
  readonly store: LiveStore
  readonly rows: string
}

/** The models of a lake in a store that has taken its tables in batches. */
async function keptModels(name: (typeof LAKES)[number]): Promise<KeptModels> {
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
      await session.run(rawSql`COPY (SELECT ${columns} FROM
          (SELECT *, hash(t) % ${BATCHES} + 1 AS batch FROM ${table.name} AS t) WHERE batch = ${batch})
        TO '${join(folder, `${table.name}.${batch}.parquet`)}' (FORMAT parquet)`)
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
  const names = lake.live.follows.into.map((table) => table.name)
  for (let batch = 1; batch <= BATCHES; batch++) {
    const plan = { batch, nowMs: Date.UTC(2026, 10, 22), elapsedMs: 0, draining: true }
    await writer.write(portionOf(folder, names, batch), plan)
  }
  return { lake, names: models.map((model) => model.name), store, rows }
}

/** What a panel answers for two days, without filters. */
async function answers(reader: ServingReader, lake: ResolvedLake, dialect: string): Promise<Map<string, unknown[]>> {
  const found = new Map<string, unknown[]>()
  for (const panel of lakePanels(lake, dialect)) {
    await reader.prepare(panel.query)
    const { rows } = await reader.query(panel.query, panel.time === undefined ? {} : RANGE, LIMITS)
    found.set(panel.name, [...rows])
  }
  return found
}

test.each(LAKES)(
  'the store keeps the models of the %s lake, and its panels answer there what they answer over the tables',
  async (name) => {
    const { lake, names, store, rows } = await keptModels(name)
    const texts = lake.live.models.map(({ called, text }) => `CREATE TABLE live.${called} AS ${text}`).join(';')
    const batches = `CREATE TABLE live.batches (stream VARCHAR, batch BIGINT, batch_time TIMESTAMPTZ,
      rows MAP(VARCHAR, BIGINT), input_rows BIGINT, landed_files VARCHAR[], lag_ms DOUBLE, plan_ms DOUBLE, stage_ms DOUBLE,
      sync_ms DOUBLE, commit_ms DOUBLE, publish_ms DOUBLE, total_ms DOUBLE)`
    const memory = await memoryReader(`${rows} ${texts}; ${batches}`)
    onTestFinished(() => memory.close())
    await memory.commit('SELECT 1')
    for (const model of names) {
      const query = { name: model, sql: `FROM live.${model} ORDER BY ALL`, parameters: {} }
      const [kept, wanted] = [await store.reader.query(query, {}, LIMITS), await memory.query(query, {}, LIMITS)]
      expect(kept.rows, model).toEqual(wanted.rows)
      expect(kept.rows.length, model).toBeGreaterThan(0)
    }
    const [kept, wanted] = [await answers(store.reader, lake, 'duckdb'), await answers(memory, lake, 'duckdb')]
    for (const [panel, shown] of kept) expect(shown.length, panel).toBeGreaterThan(0)
    for (const panel of ['batches', 'worst_batches']) for (const found of [kept, wanted]) found.delete(panel)
    expect(kept).toEqual(wanted)
  },
  60_000,
)

let server: PostgresServer

describeWith(hasPostgres, POSTGRES_NEED, 'panels over a copy in PostgreSQL', () => {
  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 120_000)
  afterAll(() => server.stop())

  test.each(LAKES)(
    'those of the %s lake answer what they answer over the store',
    async (name) => {
      const { lake, store } = await keptModels(name)
      await server.query('website', 'DROP SCHEMA IF EXISTS live, live_kept CASCADE')
      const writer = await postgresTarget(server.url).open()
      const copied = await Promise.all(store.reader.models.map(({ name: model }) => copyOf(store, model)))
      await writer.write(changes(BATCHES, ...copied))
      await writer.close()
      const reader = await PostgresReader.open(server.url, systemClock)
      try {
        const [copy, kept] = [await answers(reader, lake, 'postgres'), await answers(store.reader, lake, 'duckdb')]
        expect(copy).toEqual(kept)
      } finally {
        await reader.close()
      }
    },
    60_000,
  )
})

/** All rows of a model as a copy takes them. */
async function copyOf(store: LiveStore, name: string): Promise<ModelChanges> {
  const columns = store.reader.models.find((model) => model.name === name)?.columns ?? {}
  const session = await store.connect()
  const texts = Object.entries(columns).map(([column, type]) => copyText(column, type))
  const { rows } = await session.script(rawSql`SELECT ${texts.join(', ')} FROM live.${name}`)
  session.close()
  const changed = rows.map((values, index) => ({
    key: String(index).padStart(32, '0'),
    batch: 1,
    isGone: false,
    values: values.map((value) => (value === null ? null : String(value))),
  }))
  return modelOf(true, changed, { name, columns })
}
