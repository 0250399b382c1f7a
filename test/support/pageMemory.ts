import { setTimeout as delay } from 'node:timers/promises'
import type { Page } from 'playwright-core'
import type { PlatformLake } from '../../scripts/platform/platformLake.ts'

const UPDATE_MS = 250

export interface PageMemory {
  /** Medians, in megabytes after garbage collection. */
  readonly earlyMb: number
  readonly lateMb: number
  readonly nodesEarly: number
  readonly nodesLate: number
  readonly batches: number
}

/** Commits up to four batches a second while a page shows them, and measures what the page keeps. */
export async function memoryUnderUpdates(page: Page, lake: PlatformLake, goesOn: () => boolean): Promise<PageMemory> {
  const devtools = await page.context().newCDPSession(page)
  await devtools.send('Performance.enable')
  const heapsMb: number[] = []
  const nodes: number[] = []
  let batches = 0
  for (let takenMs = lake.nowMs(); goesOn(); batches++) {
    await delay(Math.max(0, UPDATE_MS - (lake.nowMs() - takenMs)))
    const nowMs = lake.nowMs()
    await lake.take(takenMs, nowMs)
    takenMs = nowMs
    if (batches % EACH > 0) continue
    await devtools.send('HeapProfiler.collectGarbage')
    const { metrics } = await devtools.send('Performance.getMetrics')
    const metric = (name: string): number => metrics.find((each) => each.name === name)?.value ?? Number.NaN
    heapsMb.push(metric('JSHeapUsedSize') / 1e6)
    nodes.push(metric('Nodes'))
  }
  const third = Math.floor(heapsMb.length / 3)
  return {
    earlyMb: median(heapsMb.slice(third, 2 * third)),
    lateMb: median(heapsMb.slice(2 * third)),
    nodesEarly: median(nodes.slice(third, 2 * third)),
    nodesLate: median(nodes.slice(2 * third)),
    batches,
  }
}

/** Collecting garbage costs the page more than an update. */
const EACH = 8

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN
}
