import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { type Figure, inTemporaryFolder, quantile, withLake } from './measure.ts'
import { RawDuckdb } from './raw.ts'

/** What the watching process says: both silver logs have this version. */
export interface Seen {
  readonly version: number
  readonly atMs: number
}

/**
 * Files of 1,000 rows renamed into the landing folder, one a second, until another process sees the commit of both
 * silver tables. Times are of one clock: the machine's.
 */
export async function latencyFigure(files: number, atMost: number): Promise<Figure> {
  return inTemporaryFolder(async (folder) => {
    const root = join(folder, 'lake')
    const raw = await RawDuckdb.open()
    mkdirSync(join(root, 'landing/messages'), { recursive: true })
    const latenciesMs: number[] = []
    await withLake(root, async (lake) => {
      const stop = new AbortController()
      const running = lake.run({ streams: ['land', 'silver'], signal: stop.signal })
      await delay(1_000)
      const watcher = fork(join(import.meta.dirname, 'watchSilver.ts'), [root], {
        execArgv: ['--import', 'jiti/register'],
      })
      await once(watcher, 'message') // it knows where the logs begin
      for (let index = 1; index <= files; index++) {
        const staged = join(folder, `${index}.parquet`)
        await raw.copyRows(ROWS, staged)
        const seen = once(watcher, 'message') as Promise<[Seen]>
        const atMs = performance.timeOrigin + performance.now()
        renameSync(staged, join(root, 'landing/messages', `${index}.parquet`))
        const [{ atMs: seenMs }] = await seen
        if (index > WARM_UP) latenciesMs.push(seenMs - atMs)
        await delay(Math.max(0, 1_000 - (seenMs - atMs)))
      }
      watcher.kill()
      stop.abort()
      await running
    })
    raw.close()
    const samples = latenciesMs.length
    const detail = { p50: quantile(latenciesMs, 0.5), p95: quantile(latenciesMs, 0.95) }
    return {
      name: 'landing rename → both silver commits seen, p50',
      unit: 'ms',
      value: detail.p50,
      reach: { atMost },
      samples,
      detail,
    }
  })
}

const WARM_UP = 3

const ROWS = `
  SELECT now() AS timestamp, range AS value, 'SENT' AS event_type, uuid()::VARCHAR AS message_id, 'CHAT' AS channel,
    2000 + CAST(range % 16 AS INTEGER) AS country_id, 1000 + CAST(range % 50 AS INTEGER) AS user_id
  FROM range(1000)`
