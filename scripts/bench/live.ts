import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { durationFigure, type Figure, p50RatioFigure, ratioFigure } from './figure.ts'
import { firstMessages, KeptStore, modelTexts } from './keptStore.ts'
import { removeWritten } from './lakes.ts'
import { interleaved, medians, timed } from './measure.ts'
import { MIXES, writeBatch, writeKeys } from './messagesWithKeys.ts'
import { RawDuckdb } from './raw.ts'
import { REST_MS, writeSmallFile } from './small.ts'
import type { SuiteContext } from './suiteContext.ts'

const ROWS = 1_000
const MODEL = 'first_messages_per_minute'
/** Between two panels that are asked for while a store starts: a page does not ask again at once. */
const BETWEEN_PANELS_MS = 50
const MORE = ['first_messages_per_hour', 'messages_per_minute', 'users_per_hour']

/** What keeping live models costs a batch, beside writing the batch itself, and what making them anew costs. */
export async function* live(context: SuiteContext): AsyncGenerator<Figure> {
  const { folder, isQuick } = context
  const raw = await RawDuckdb.open()
  const data = join(folder, 'data')
  mkdirSync(data)
  yield* await batches(raw, folder, 1_000_000, isQuick ? 40 : 200)
  if (!isQuick) yield* await batches(raw, folder, 10_000_000, 100)
  yield* await starts(folder, isQuick ? 1_000_000 : 10_000_000, isQuick ? 3 : 5)
  yield await rebuild(raw, folder, isQuick ? 1_000_000 : 20_000_000, isQuick ? 1 : 2)
  raw.close()
}

/** Batches of 1,000 rows where so many first messages are known, against the partitioned COPY of as many rows. */
async function batches(raw: RawDuckdb, folder: string, keys: number, rounds: number): Promise<Figure[]> {
  const data = join(folder, 'data')
  const target = join(folder, 'raw')
  const file = await writeKeys(raw, data, keys)
  await raw.readBronze([await writeSmallFile(raw, join(data, 'small.parquet'), ROWS)])
  const one = await filled(folder, `one-${keys}`, [MODEL], file)
  // What a further model costs does not depend on how many keys there are.
  const four = keys > 1_000_000 ? undefined : await filled(folder, `four-${keys}`, [MODEL, ...MORE], file)
  const phases: Record<string, number>[] = []
  let batch = 0
  const next = async (mix: keyof typeof MIXES) => {
    batch += 1
    return writeBatch(raw, data, mix, MIXES[mix], keys, batch)
  }
  const take = async (store: KeptStore, mix: keyof typeof MIXES) => {
    const rows = await next(mix)
    const ms = await timed(async () => phases.push(await store.take([rows])))
    await delay(REST_MS)
    return ms
  }
  const samples = await interleaved(rounds, {
    'raw COPY': async () => {
      const ms = await raw.timedSplit(target)
      await removeWritten(target)
      return ms
    },
    typical: () => take(one, 'typical'),
    half: () => take(one, 'half'),
    'four models': () => (four === undefined ? Promise.resolve(0) : take(four, 'typical')),
  })
  await one.close()
  await four?.close()
  const notes = (atMost: number) => ({ reach: { atMost }, phases: medians(phases) })
  const at = `1,000 rows at ${keys / 1e6}M first messages`
  const most = keys > 1_000_000 ? 2.8 : 2.3
  const figures = [
    p50RatioFigure(`live: ${at}, 15 duplicates, p50: ours ÷ raw`, samples, 'typical', 'raw COPY', notes(most)),
    p50RatioFigure(`live: ${at}, half duplicates, p50: ours ÷ raw`, samples, 'half', 'raw COPY', notes(3.8)),
  ]
  if (four === undefined) return figures
  const further = samples['four models'].map((ms, round) => (ms - (samples.typical[round] ?? 0)) / MORE.length)
  const ofFurther = { further, 'raw COPY': samples['raw COPY'] }
  return [
    ...figures,
    p50RatioFigure('live: each further model, p50: ours ÷ raw', ofFurther, 'further', 'raw COPY', {
      reach: { atMost: 0.4 },
    }),
  ]
}

async function filled(folder: string, name: string, models: readonly string[], file: string): Promise<KeptStore> {
  const store = await KeptStore.make(join(folder, name), join(folder, 'data'), models)
  await store.open()
  await store.recover()
  await store.take([file], 'all')
  await store.tidy()
  return store
}

/** How long a store of so many first messages takes until it takes batches; panels are answered all the while. */
async function starts(folder: string, keys: number, rounds: number): Promise<Figure[]> {
  // Of the batches above, closed as it was.
  const store = await KeptStore.make(join(folder, `one-${keys}`), join(folder, 'data'), [MODEL])
  const samples = { start: [] as number[], panel: [] as number[] }
  for (let round = 0; round < rounds; round++) {
    let isStarting = true
    const asking = async (): Promise<void> => {
      while (isStarting) {
        samples.panel.push(await timed(() => store.ask(PANEL)))
        await delay(BETWEEN_PANELS_MS)
      }
    }
    const startMs = performance.now()
    await store.open()
    const recovered = store.recover().finally(() => {
      isStarting = false
    })
    await Promise.all([recovered, asking()])
    samples.start.push(performance.now() - startMs)
    await store.close()
  }
  const what = `live: start with ${keys / 1e6}M first messages`
  return [
    durationFigure(what, { start: samples.start }, 'start', 0.5, { reach: { atMost: 8_000 } }),
    durationFigure(`${what}: a panel meanwhile, p95`, { panel: samples.panel }, 'panel', 0.95, {}),
  ]
}

const PANEL = `SELECT minute, sum(messages) AS messages FROM live.${MODEL}
  WHERE minute >= TIMESTAMPTZ '2026-11-01 05:00:00+00' AND minute < TIMESTAMPTZ '2026-11-01 08:00:00+00' GROUP BY ALL`

/** All models of the lake made anew from so many messages, against their SELECTs run once, one after another. */
async function rebuild(raw: RawDuckdb, folder: string, rows: number, rounds: number): Promise<Figure> {
  const data = join(folder, 'data')
  const file = await writeKeys(raw, data, rows / 2, 2)
  const texts = await modelTexts()
  const names = texts.filter(({ inputs }) => !inputs.includes('messages_corrupted')).map(({ called }) => called)
  await raw.run(`CREATE OR REPLACE VIEW messages AS FROM read_parquet('${file}')`)
  await raw.run(`CREATE OR REPLACE VIEW first_messages AS ${firstMessages()}`)
  const samples = await interleaved(rounds, {
    SELECTs: () =>
      timed(async () => {
        for (const { text } of texts.filter(({ called }) => names.includes(called))) {
          await raw.run(`CREATE OR REPLACE TEMP TABLE result AS ${text}`)
        }
      }),
    rebuild: async () => {
      const store = await KeptStore.make(join(folder, 'rebuilt'), data, names)
      await store.open()
      const ms = await timed(async () => {
        await store.recover()
        await store.take([file], 'all')
      })
      await store.close()
      await removeWritten(join(folder, 'rebuilt'))
      return ms
    },
  })
  const name = `live: ${names.length} models from ${rows / 1e6}M rows: rebuild ÷ SELECTs`
  return ratioFigure(name, samples, 'rebuild', 'SELECTs', { reach: { atMost: 3 } })
}
