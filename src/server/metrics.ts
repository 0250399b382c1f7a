import { Gauge, Histogram, Registry } from 'prom-client'
import type { ServedPosition } from '../serving/reader.ts'
import type { Clock } from '../stream/clock.ts'

const REQUEST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 10]

/** The figures that a server shows at /metrics, in a registry of its own: one process may have several servers. */
export class ServerMetrics {
  readonly registry = new Registry()
  readonly #requests: Histogram<'route' | 'status'>
  readonly #looks: (() => Promise<void>)[] = []

  constructor(position: () => ServedPosition | undefined, clock: Clock) {
    const registers = [this.registry]
    this.#requests = new Histogram({
      name: 'lakeweir_http_request_seconds',
      help: 'Time from a request to the head of its answer.',
      labelNames: ['route', 'status'],
      buckets: REQUEST_SECONDS,
      registers,
    })
    const gauge = (name: string, help: string, read: (at: ServedPosition) => number | undefined): void => {
      new Gauge({
        name,
        help,
        registers,
        collect() {
          const at = position()
          const value = at === undefined ? undefined : read(at)
          if (value === undefined) this.reset()
          else this.set(value)
        },
      })
    }
    gauge('lakeweir_live_batch', 'The last batch of the followed stream that is in every model.', ({ batch }) => batch)
    gauge('lakeweir_live_batch_age_seconds', 'Seconds since its stream wrote that batch.', ({ batchTimeMs }) =>
      Math.max(0, (clock.nowMs() - batchTimeMs) / 1_000),
    )
    gauge('lakeweir_live_taken_age_seconds', 'Seconds since the models took a batch.', ({ takenMs }) =>
      Math.max(0, (clock.nowMs() - takenMs) / 1_000),
    )
    gauge('lakeweir_live_event_age_seconds', 'Seconds since the newest event time.', ({ newestEventMs }) =>
      newestEventMs === undefined ? undefined : (clock.nowMs() - newestEventMs) / 1_000,
    )
  }

  /** Does this before the figures are shown. It must not fail. */
  onAsked(look: () => Promise<void>): void {
    this.#looks.push(look)
  }

  /** The figures as text. */
  async text(): Promise<string> {
    await Promise.all(this.#looks.map((look) => look()))
    return this.registry.metrics()
  }

  requested(route: string, status: number, durationMs: number): void {
    this.#requests.observe({ route, status: String(status) }, durationMs / 1_000)
  }
}
