import { readFileSync } from 'node:fs'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { JsonValue } from '../../duckdb/values.ts'
import type { ServedQuery, ServingReader } from '../../serving/reader.ts'
import type { Clock } from '../../stream/clock.ts'
import { type PhaseDurations, type SeenBatch, SeenBatches } from './seenBatches.ts'

/** The batches since a time. It is read once, with the module. */
const BATCHES: ServedQuery = {
  name: 'batches.sql',
  sql: readFileSync(new URL('./batches.sql', import.meta.url), 'utf8'),
  parameters: { since: 'TIMESTAMPTZ' },
}

/** The most batches that are looked at in one go: those of an hour, at three a second. */
const MAX_BATCHES = 10_000
const TIMEOUT_MS = 5_000

const PHASES = ['plan', 'stage', 'sync', 'commit', 'publish', 'total'] as const

const PHASE_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 30]

/**
 * Counts the batches of every stream that the models come from, in whatever process it runs: they stand in the store.
 * They are looked at when somebody asks for the figures.
 */
export class BatchFigures {
  readonly #reader: ServingReader
  readonly #seen: SeenBatches
  readonly #clock: Pick<Clock, 'nowMs'>
  readonly #batches: Counter<'stream'>
  readonly #rows: Counter<'stream' | 'table'>
  readonly #phases: Histogram<'stream' | 'phase'>
  readonly #lag: Gauge<'stream'>
  readonly #last: Gauge<'stream'>
  #looking: Promise<void> | undefined

  /** Batches before now are none of this server's. */
  constructor(reader: ServingReader, registry: Registry, clock: Pick<Clock, 'nowMs'>) {
    this.#reader = reader
    this.#clock = clock
    this.#seen = new SeenBatches(clock.nowMs())
    const registers = [registry]
    const stream = ['stream'] as const
    this.#batches = new Counter({
      name: 'lakeweir_batches_total',
      help: 'Batches since the server started.',
      labelNames: stream,
      registers,
    })
    this.#rows = new Counter({
      name: 'lakeweir_rows_total',
      help: 'Rows that they wrote.',
      labelNames: ['stream', 'table'],
      registers,
    })
    this.#phases = new Histogram({
      name: 'lakeweir_batch_phase_seconds',
      help: 'Where the time of a batch went.',
      labelNames: ['stream', 'phase'],
      buckets: PHASE_SECONDS,
      registers,
    })
    this.#lag = new Gauge({
      name: 'lakeweir_batch_lag_seconds',
      help: 'From when the newest input of the last batch was written until it was published.',
      labelNames: stream,
      registers,
    })
    this.#last = new Gauge({ name: 'lakeweir_batch', help: 'The last batch.', labelNames: stream, registers })
  }

  /** Counts the batches that have come since the last look. Several who ask at once share one look. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  async #look(): Promise<void> {
    if ((await this.#reader.position()) === undefined) return
    const limits = { maxRows: MAX_BATCHES, timeoutMs: TIMEOUT_MS }
    const { columns, rows } = await this.#reader.query(
      BATCHES,
      { since: this.#seen.since(this.#clock.nowMs()) },
      limits,
    )
    const { batches, durations } = this.#seen.take(rows.map((row) => seenBatch(columns, row)))
    for (const { stream, batch, rows: written } of batches) {
      this.#batches.inc({ stream })
      this.#last.set({ stream }, batch)
      for (const [table, count] of written) this.#rows.inc({ stream, table }, count)
    }
    for (const { stream, lagMs, durationMs } of durations) {
      if (lagMs !== undefined) this.#lag.set({ stream }, lagMs / 1_000)
      for (const phase of PHASES) {
        const phaseMs = durationMs[phase]
        if (phaseMs !== undefined) this.#phases.observe({ stream, phase }, phaseMs / 1_000)
      }
    }
  }
}

function seenBatch(columns: readonly string[], row: readonly JsonValue[]): SeenBatch {
  const value = (name: string): JsonValue | undefined => row[columns.indexOf(name)]
  const numberOf = (name: string): number | undefined => {
    const found = value(name)
    return typeof found === 'number' ? found : undefined
  }
  const phases = PHASES.map((phase) => [phase, numberOf(`${phase}_ms`)] as const)
  return {
    stream: String(value('stream')),
    streamId: String(value('stream_id')),
    batch: numberOf('batch') ?? 0,
    timeMs: Date.parse(String(value('batch_time')).replace(' ', 'T').replace(/\+00$/, 'Z')),
    rows: rowsByTable(value('rows')),
    lagMs: numberOf('lag_ms'),
    durationMs: Object.fromEntries(phases) as PhaseDurations,
  }
}

/** A MAP is a list of its entries. */
function rowsByTable(value: JsonValue | undefined): readonly (readonly [string, number])[] {
  if (!Array.isArray(value)) return []
  return value.map((entry: { readonly key?: JsonValue; readonly value?: JsonValue }) => [
    String(entry.key),
    Number(entry.value),
  ])
}
