import { Counter, Gauge, type Registry } from 'prom-client'
import type { HubCounts, StreamHub } from './hub.ts'

/** Shows in a registry who follows what. */
export function countStreams(registry: Registry, hub: StreamHub): void {
  const registers = [registry]
  const gauge = (name: string, help: string, read: (counts: HubCounts) => number): void => {
    new Gauge({
      name,
      help,
      registers,
      collect() {
        this.set(read(hub.counts))
      },
    })
  }
  const counter = (name: string, help: string, read: (counts: HubCounts) => number): void => {
    new Counter({
      name,
      help,
      registers,
      collect() {
        this.reset()
        this.inc(read(hub.counts))
      },
    })
  }
  gauge('lakeweir_stream_clients', 'Clients that follow panels.', ({ clients }) => clients)
  gauge('lakeweir_stream_panels', 'Panels, each with its values, that are followed.', ({ panels }) => panels)
  counter('lakeweir_stream_updates_total', 'Updates of pages that were made.', ({ updates }) => updates)
  counter('lakeweir_stream_dropped_total', 'Clients sent away because they did not read.', ({ dropped }) => dropped)
}
