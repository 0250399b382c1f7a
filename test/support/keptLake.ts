import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Database, type Session } from '../../src/duckdb/session.ts'
import { firstRowsOf } from '../../src/duckdb/sql/firstRows.ts'
import { castColumns, columnList, emptyRelation } from '../../src/duckdb/sql/literals.ts'
import { STORE } from '../../src/duckdb/sql/liveStore.ts'
import { readReference } from '../../src/duckdb/sql/references.ts'
import { createTempTable, createTempView } from '../../src/duckdb/sql/statements.ts'
import type { BatchFacts, BatchRows } from '../../src/serving/input.ts'
import type { LiveModel } from '../../src/serving/model.ts'
import { ModelReader } from '../../src/serving/models/modelReader.ts'
import { keptColumns, keptIn } from '../../src/serving/relations/index.ts'
import { LiveStore } from '../../src/serving/store/liveStore.ts'
import type { StoreParts, StoreStart } from '../../src/serving/store/parts.ts'
import type { Outcome, Writer } from '../../src/stream/sink.ts'
import type { Portion, Position } from '../../src/stream/source.ts'
import type { Reference } from '../../src/tables/engine.ts'
import { rawSql } from './sql.ts'
import { storeParts } from './storeParts.ts'

/** The table that models of the tests read. */
export const EVENTS = {
  seen_at: 'TIMESTAMPTZ',
  number: 'BIGINT',
  kind: 'VARCHAR',
  id: 'VARCHAR',
  place: 'VARCHAR',
  zone: 'INTEGER',
  person: 'INTEGER',
  amount: 'DECIMAL(9,2)',
} as const

const VIEW = `SELECT * FROM events QUALIFY row_number() OVER (
  PARTITION BY id, kind, place ORDER BY seen_at NULLS LAST, number NULLS LAST, person NULLS LAST, zone NULLS LAST) = 1`

/** Groups by time and without, every aggregate, over a table and over first rows, with a reference. */
export const MODELS: Readonly<Record<string, string>> = {
  per_minute: `SELECT date_trunc('minute', seen_at) AS minute, place, kind, count(*) AS events
    FROM first_events GROUP BY ALL`,
  by_day: `SELECT CAST(seen_at AS DATE) AS date, place, kind, count(*) AS events, sum(amount) AS amount,
    sum(person) AS persons, count(person) AS with_person, avg(zone) AS mean_zone
    FROM first_events GROUP BY CAST(seen_at AS DATE), place, kind`,
  persons: `SELECT person, count(*) AS events, count(*) FILTER (WHERE place = 'CHAT') AS chat, max(seen_at) AS newest,
    min(number) AS lowest FROM first_events GROUP BY ALL`,
  all_rows: `SELECT e.place, count(*) AS events, max(e.seen_at) AS newest, min(e.amount) AS least,
    sum(e.number) FILTER (WHERE e.number > 3) AS big FROM events AS e WHERE e.kind IS NOT NULL GROUP BY e.place`,
  by_zone: `SELECT z.label, date_trunc('hour', e.seen_at) AS hour, count(*) AS events, max(e.number) AS highest
    FROM first_events AS e LEFT JOIN zones AS z ON z.zone = e.zone GROUP BY ALL`,
}

/** Other models of the same names. */
export const OTHER_MODELS: Readonly<Record<string, string>> = {
  per_minute: (MODELS.per_minute ?? '').replace('AS events', 'AS events, max(number) AS highest'),
  persons: (MODELS.persons ?? '').replace('min(number) AS lowest', 'max(number) AS highest, min(seen_at) AS oldest'),
  all_rows: (MODELS.all_rows ?? '').replace('> 3', '> 0'),
  by_zone: (MODELS.by_zone ?? '').replace('max(e.number) AS highest', 'min(e.number) AS lowest'),
}

/** Models whose first rows need not keep all columns that those of the others need. */
export const FEWER_MODELS: Readonly<Record<string, string>> = {
  per_minute: MODELS.per_minute ?? '',
  all_rows: MODELS.all_rows ?? '',
}

const STREAM_ID = 'silver@00000000-0000-4000-8000-000000000001'

export interface KeptLakeOptions {
  readonly models?: Readonly<Record<string, string>>
  readonly parts?: Partial<StoreParts>
  readonly streamId?: string
}

/**
 * A table in batches of one Parquet file each, models over it, and the store that keeps them: the real one, and its
 * real relations. What the store has is compared with the models' own text over all rows.
 */
export class KeptLake {
  readonly folder: string
  readonly #database: Database
  readonly session: Session
  /** By batch, from 1. */
  readonly files: string[] = []
  readonly reference: Reference
  streamId: string
  models: readonly LiveModel[] = []
  #view = VIEW
  #parts: Partial<StoreParts>
  #open: { readonly store: LiveStore; readonly writer: Writer<BatchRows> } | undefined

  private constructor(folder: string, database: Database, session: Session, options: KeptLakeOptions) {
    this.folder = folder
    this.#database = database
    this.session = session
    this.#parts = options.parts ?? {}
    this.streamId = options.streamId ?? STREAM_ID
    this.reference = {
      name: 'zones',
      file: join(folder, 'zones.csv'),
      columns: { zone: 'INTEGER', label: 'VARCHAR' },
      key: 'zone',
    }
  }

  /** Makes a lake in a folder, or opens the one that is there. */
  static async make(folder: string, options: KeptLakeOptions = {}): Promise<KeptLake> {
    mkdirSync(join(folder, 'data'), { recursive: true })
    const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder: join(folder, 'spill') })
    const lake = new KeptLake(folder, database, await database.connect(), options)
    const made = readdirSync(join(folder, 'data')).filter((name) => name.endsWith('.parquet')).length
    for (let batch = 1; batch <= made; batch++) lake.files.push(lake.#fileOf(batch))
    lake.setZones({ 2000: 'north', 2001: 'south' })
    await lake.setModels(options.models ?? MODELS)
    return lake
  }

  setZones(zones: Readonly<Record<number, string>>): void {
    const lines = Object.entries(zones).map(([zone, label]) => `${zone},${label}\n`)
    writeFileSync(this.reference.file, `zone,label\n${lines.join('')}`)
  }

  /** Says which rows are the first, for the models that are set from here on. */
  setView(text: string): void {
    this.#view = text
  }

  /** For the next opening of the store. */
  async setModels(models: Readonly<Record<string, string>>): Promise<void> {
    const session = await this.#database.connect()
    const reader = await ModelReader.open(session, {
      tables: [{ name: 'events', columns: EVENTS }],
      views: [{ view: 'first_events', name: 'first_events.sql', text: this.#view }],
      references: [this.reference],
    })
    const inputs = ['events', 'first_events', 'zones']
    const read: LiveModel[] = []
    for (const [called, text] of Object.entries(models)) {
      read.push(await reader.read({ called, name: `sql/live/${called}.sql`, text, inputs }))
    }
    session.close()
    this.models = read
  }

  get parts(): StoreParts {
    return storeParts(this.folder, {
      tables: [{ name: 'events', columns: EVENTS, partitionBy: [] }],
      models: this.models,
      filesUpTo: async ({ batch }) => new Map([['events', this.files.slice(0, batch)]]),
      ...this.#parts,
    })
  }

  get store(): LiveStore {
    if (this.#open === undefined) throw new Error('the store is closed')
    return this.#open.store
  }

  get writer(): Writer<BatchRows> {
    if (this.#open === undefined) throw new Error('the store is closed')
    return this.#open.writer
  }

  /** Opens the store, and waits until models that have changed are built. */
  async open(start: StoreStart = 'continue'): Promise<void> {
    await this.openUnsettled(start)
    await this.settle()
  }

  async openUnsettled(start: StoreStart = 'continue'): Promise<void> {
    const store = await LiveStore.open(this.parts, start)
    try {
      this.#open = { store, writer: await store.sink.recover() }
    } catch (error) {
      await store.close()
      throw error
    }
  }

  /** Waits for what is done beside the batches. */
  async settle(): Promise<void> {
    await this.writer.settle?.(new AbortController().signal)
  }

  /** Begins another attempt on the store that is open. */
  async recoverAgain(): Promise<void> {
    const { store } = this
    await this.writer.close()
    this.#open = { store, writer: await store.sink.recover() }
    await this.settle()
  }

  async close(): Promise<void> {
    await this.#open?.writer.close()
    await this.#open?.store.close()
    this.#open = undefined
  }

  async reopen(start: StoreStart = 'continue'): Promise<void> {
    await this.close()
    await this.open(start)
  }

  /** A session beside those of the store, to look at what it has. */
  async connect(): Promise<Session> {
    return this.store.connect()
  }

  /** Closes everything, the table too. */
  async end(): Promise<void> {
    await this.close()
    this.session.close()
    this.#database.close()
  }

  #fileOf(batch: number): string {
    return join(this.folder, `data/${batch}.parquet`)
  }

  /** Writes the next batch of the table: rows of literals. */
  async add(rows: readonly string[]): Promise<void> {
    const batch = this.files.length + 1
    const file = this.#fileOf(batch)
    const select =
      rows.length === 0
        ? emptyRelation(EVENTS)
        : rawSql`SELECT ${castColumns(EVENTS)} FROM (VALUES ${rows.join(', ')}) AS v(${columnList(Object.keys(EVENTS))})`
    await this.session.run(rawSql`COPY (${select}) TO '${file}' (FORMAT parquet)`)
    this.files.push(file)
  }

  /** The batches after one, up to another, as the source hands them over. */
  portion(after: number, until: number, scope: BatchRows['scope'] = 'added'): Portion<BatchRows> {
    const files = this.files.slice(scope === 'all' ? 0 : after, until)
    const facts = Array.from({ length: until - after }, (_, index) => factsOf(this.streamId, after + 1 + index))
    const end = (batch: number) => ({ streamId: this.streamId, batch })
    const detail = {}
    return {
      kind: 'portion',
      range: { start: scope === 'all' ? null : end(after), end: end(until), detail, fileCount: files.length },
      input: {
        streamId: this.streamId,
        scope,
        batch: until,
        files: new Map(files.length === 0 ? [] : [['events', files]]),
        facts,
        newestEventMicros: undefined,
      },
      notes: [],
      secure: async () => 0,
      finish: async () => undefined,
      refuse: async () => false,
    }
  }

  /** Hands all batches over that the store does not have. */
  async take(): Promise<Outcome> {
    return this.write(this.nextPortion())
  }

  /** The batches that the store does not have; all, if it knows of none. */
  nextPortion(until = this.files.length): Portion<BatchRows> {
    const has = this.takenBatch
    return this.portion(has, until, has === 0 ? 'all' : 'added')
  }

  /** The last batch that the store has; 0 if it has none. */
  get takenBatch(): number {
    return this.#taken ?? this.writer.last?.batch ?? 0
  }

  /** For the next opening of the store. */
  setParts(parts: Partial<StoreParts>): void {
    this.#parts = { ...this.#parts, ...parts }
  }

  async write(portion: Portion<BatchRows>): Promise<Outcome> {
    const { clock } = this.parts
    const { batch } = portion.input
    const outcome = await this.writer.write(portion, { batch, nowMs: clock.nowMs(), elapsedMs: 0, draining: true })
    if (outcome.kind === 'written') this.#takenBy = { writer: this.writer, position: outcome.written.position }
    return outcome
  }

  #takenBy: { readonly writer: Writer<BatchRows>; readonly position: Position } | undefined

  /** The last batch that this writer took. */
  get #taken(): number | undefined {
    return this.#takenBy?.writer === this.#open?.writer ? this.#takenBy?.position.batch : undefined
  }

  /** Rows that only the store has, or only the model's own text over the batches up to here; none if all is well. */
  async differences(batch = this.files.length): Promise<string[]> {
    await this.settle()
    return this.#differencesOf(this.models, batch)
  }

  /** The same for those models that can be read now, also while others are built. */
  async differencesMeanwhile(): Promise<string[]> {
    const built = this.store.reader.models.filter(({ isBuilt }) => isBuilt).map(({ name }) => name)
    return this.#differencesOf(
      this.models.filter(({ name }) => built.includes(name)),
      this.files.length,
    )
  }

  async #differencesOf(models: readonly LiveModel[], batch: number): Promise<string[]> {
    await this.#readAs(batch)
    const found: string[] = []
    for (const model of models) {
      const rows = []
      for await (const piece of this.store.reader.model(model.name)) rows.push(...piece.rows)
      const { rows: wanted } = await this.session.script(rawSql`FROM (${model.text})`)
      found.push(...unequal(model.name, rows, wanted))
    }
    return found
  }

  /** Makes the table, the first rows and the reference as they are at a batch, for the models' own texts. */
  async #readAs(batch: number): Promise<void> {
    const files = this.files.slice(0, batch).map((file) => `'${file}'`)
    const rows =
      files.length === 0
        ? emptyRelation(EVENTS)
        : rawSql`FROM read_parquet([${files.join(', ')}], union_by_name = false)`
    await this.session.run(createTempTable('events', rows))
    const first = this.models.map(({ relation }) => relation).find(({ kind }) => kind === 'first')
    if (first?.kind === 'first') {
      const reads = this.models.filter(({ relation }) => relation.name === first.name).flatMap((model) => model.reads)
      const store = await this.connect()
      const stored = await keptIn(store, STORE, first.name)
      store.close()
      // Where rows are equal in all of the order, the columns that the store keeps decide, as for `validate`.
      const kept = stored.length > 0 ? stored : keptColumns(first, reads)
      await this.session.run(createTempView('first_events', firstRowsOf({ ...first, kept }, rawSql`FROM events`)))
    }
    await this.session.run(createTempTable('zones', readReference(this.reference)))
  }
}

function unequal(
  name: string,
  got: readonly (readonly unknown[])[],
  wanted: readonly (readonly unknown[])[],
): string[] {
  const [one, other] = [got, wanted].map((rows) => rows.map((row) => JSON.stringify(row)).sort())
  const surplus = (one ?? []).filter((row) => !other?.includes(row)).map((row) => `${name} has ${row}`)
  const missing = (other ?? []).filter((row) => !one?.includes(row)).map((row) => `${name} lacks ${row}`)
  if (surplus.length + missing.length === 0 && one?.length !== other?.length) return [`${name} has rows twice`]
  return [...surplus, ...missing]
}

function factsOf(streamId: string, batch: number): BatchFacts {
  return {
    stream: 'silver',
    streamId,
    batch,
    batchTime: new Date(Date.UTC(2026, 10, 22, 10, 0, batch)).toISOString(),
    rows: { events: batch },
    inputRows: batch,
    sourceStart: undefined,
    sourceEnd: JSON.stringify({ batch }),
    landedFiles: [`${batch}.parquet`],
    durationMs: undefined,
    lagMs: undefined,
  }
}
