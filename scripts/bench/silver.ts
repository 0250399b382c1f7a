import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { Lake } from '../../src/index.ts'
import { type Figure, inTemporaryFolder, quantile, timed, withLake } from './measure.ts'
import { RawDuckdb } from './raw.ts'

const DAY_SECONDS = 86_400

/** Fills bronze with rows spread over some days; @returns its files. */
async function fillBronze(lake: Lake, rows: number, days: number, files: number): Promise<string[]> {
  await lake.run({
    streams: ['produce'],
    limits: { maxRows: Math.ceil(rows / files) },
    generate: { rows, seed: 1, rowsPerSecond: rows / (days * DAY_SECONDS), startTimeMs: Date.UTC(2026, 0, 1) },
  })
  return bronzeFiles(lake)
}

async function bronzeFiles(lake: Lake): Promise<string[]> {
  const { rows } = await lake.query("SELECT file FROM live_files WHERE name = 'bronze_messages' ORDER BY file")
  return rows.map(([file]) => String(file))
}

/** The split of many rows in one batch against the same COPY by DuckDB alone. */
export async function silverFigure(rows: number, samples: number, atLeast: number): Promise<Figure> {
  return inTemporaryFolder((folder) =>
    withLake(join(folder, 'lake'), async (lake) => {
      const files = await fillBronze(lake, rows, 30, 20)
      const raw = await RawDuckdb.open()
      const ours: number[] = []
      const theirs: number[] = []
      for (let sample = 0; sample <= samples; sample++) {
        const target = join(folder, 'raw')
        const rawMs = await timed(() => raw.splitCopy(files, target))
        rmSync(target, { recursive: true })
        await lake.empty(['silver'])
        const ourMs = await timed(() => lake.run({ streams: ['silver'], availableNow: true }))
        if (sample === 0) continue // the page cache fills
        theirs.push(rawMs)
        ours.push(ourMs)
      }
      raw.close()
      const detail = { 'raw COPY': quantile(theirs, 0.5), lakeweir: quantile(ours, 0.5) }
      const value = detail['raw COPY'] / detail.lakeweir
      return {
        name: `silver, ${rows / 1e6}M rows, raw ÷ ours`,
        unit: 'ratio',
        value,
        reach: { atLeast },
        samples,
        detail,
      }
    }),
  )
}

/** A small batch of one date, the whole protocol, against the bare partitioned COPY. */
export async function smallBatchFigure(samples: number, atMost: number): Promise<Figure> {
  const batchRows = 1_000
  return inTemporaryFolder((folder) =>
    withLake(join(folder, 'lake'), async (lake) => {
      await fillBronze(lake, batchRows * (samples + 5), 1, samples + 5)
      const files = await bronzeFiles(lake)
      const raw = await RawDuckdb.open()
      const ours: number[] = []
      const theirs: number[] = []
      const stop = new AbortController()
      // The raw COPY of the same file runs between our batches: the trigger leaves it the time.
      let pending = Promise.resolve()
      await lake.run({
        streams: ['silver'],
        limits: { maxFiles: 1 },
        triggerMs: 60,
        signal: stop.signal,
        onBatch: (progress) => {
          const file = files[progress.batch - 1]
          if (progress.batch > 5) ours.push(progress.durationMs.total)
          pending = pending.then(async () => {
            if (file === undefined || theirs.length >= samples) return
            const target = join(folder, `raw-${progress.batch}`)
            const rawMs = await timed(() => raw.splitCopy([file], target))
            if (progress.batch > 5) theirs.push(rawMs)
          })
          if (ours.length >= samples) stop.abort()
        },
      })
      await pending
      raw.close()
      const detail = { 'raw COPY': quantile(theirs, 0.5), lakeweir: quantile(ours, 0.5) }
      const value = detail.lakeweir / detail['raw COPY']
      return { name: '1,000-row batch, ours ÷ raw, p50', unit: 'ratio', value, reach: { atMost }, samples, detail }
    }),
  )
}
