import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LakeError } from '../../src/errors.ts'
import { Lake } from '../../src/lake/lake.ts'
import type { RunOptions, StreamFailure } from '../../src/lake/runOptions.ts'
import { withSession } from '../../src/lake/sessions.ts'
import type { BatchProgress } from '../../src/stream/progress.ts'
import { rawSql } from '../support/sql.ts'
import { engineLakeFolder, openEngineLake, TOY_KINDS, type ToyLog, toyLog } from '../support/toyEngines.ts'

// Which engine makes the files of a stream, as its config and its runs say.

interface Told {
  readonly batches: BatchProgress[]
  readonly notes: string[]
  readonly progress: string[]
}

async function opened(split: object = {}, rest: object = {}): Promise<{ lake: Lake; log: ToyLog; folder: string }> {
  const log = toyLog()
  const folder = engineLakeFolder(split, rest)
  return { lake: await openEngineLake(folder, TOY_KINDS(log)), log, folder }
}

/** Lands so many rows, as one file and one batch. */
async function land(lake: Lake, folder: string, from: number, count: number): Promise<void> {
  mkdirSync(join(folder, 'lake/landing'), { recursive: true })
  const rows = `SELECT range AS id, 'row ' || range AS name FROM range(${from}, ${from + count})`
  await withSession(Lake.opened(lake), (session) =>
    session.run(rawSql`COPY (${rows}) TO '${folder}/lake/landing/${from}.parquet' (FORMAT parquet)`),
  )
  await lake.run({ streams: ['land'], availableNow: true })
}

async function run(lake: Lake, options: Partial<RunOptions> = {}): Promise<Told> {
  const told: Told = { batches: [], notes: [], progress: [] }
  await lake.run({
    streams: ['split'],
    availableNow: true,
    onBatch: (batch) => told.batches.push(batch),
    onNote: (stream, text) => told.notes.push(`${stream} ${text}`),
    onProgress: (stream, text) => told.progress.push(`${stream} ${text}`),
    ...options,
  })
  return told
}

async function refusal(lake: Lake, options: Partial<RunOptions>): Promise<string> {
  try {
    await run(lake, options)
    return 'taken'
  } catch (error) {
    if (error instanceof LakeError) return `${error.code}: ${error.message} ${error.remedy}`
    throw error
  }
}

/** The engine of each batch in a table, the first one first. */
async function enginesIn(lake: Lake, table: string): Promise<(string | undefined)[]> {
  const engines: (string | undefined)[] = []
  for await (const { batch, engine } of lake.history(table)) if (batch !== undefined) engines.unshift(engine)
  return engines
}

async function ids(lake: Lake): Promise<unknown[]> {
  const { rows } = await lake.query('SELECT id FROM even UNION ALL SELECT id FROM odd ORDER BY id')
  return rows.map(([id]) => id)
}

test('batches of one stream are made by the engine that its run asks for, in both directions', async () => {
  const { lake, log, folder } = await opened()
  const asked = [undefined, 'big', 'big', 'duckdb', 'big']
  for (const [index, engine] of asked.entries()) {
    await land(lake, folder, index * 10, 10)
    const { batches } = await run(lake, engine === undefined ? {} : { engine: engine as 'duckdb' })
    const expected = engine === 'big' ? 'big 1.2' : expect.stringMatching(/^duckdb \d/)
    expect(batches.map((batch) => batch.engine)).toEqual([expected])
  }
  const duck = expect.stringMatching(/^lakeweir duckdb \d/)
  expect(await enginesIn(lake, 'even')).toEqual([
    duck,
    'lakeweir big 1.2',
    'lakeweir big 1.2',
    duck,
    'lakeweir big 1.2',
  ])
  expect(await ids(lake)).toEqual(Array.from({ length: 50 }, (_, index) => index))
  expect(await lake.validate({ deep: true })).toMatchObject({ ok: true, pending: 0 })
  expect(log).toMatchObject({ staged: [2, 3, 5], closed: 3 })
  const [, split] = (await lake.status()).streams
  expect(split).toMatchObject({ engine: 'duckdb', last: { batch: 5, engine: 'big 1.2' } })
})

test('the config says which engine, and its run may say another', async () => {
  const { lake, log, folder } = await opened({ engine: 'big' }, { engines: { big: { site: 'there', words: ['one'] } } })
  await land(lake, folder, 0, 4)
  expect((await run(lake)).batches.map(({ engine }) => engine)).toEqual(['big 1.2'])
  await land(lake, folder, 4, 4)
  expect((await run(lake, { engine: 'duckdb' })).batches.map(({ engine }) => engine)).toEqual([
    expect.stringMatching(/^duckdb/),
  ])
  await land(lake, folder, 8, 4)
  const engines = { big: { site: 'elsewhere', words: ['two'] } } as unknown as NonNullable<RunOptions['engines']>
  await run(lake, { engines })
  // What a run says wins, and what is a list in both is added to.
  expect(log.opened).toEqual(['there one', 'elsewhere one two'])
})

test('settings of a stream take the place of those of the lake', async () => {
  const { lake, log, folder } = await opened(
    { engine: { big: { words: ['own'] } } },
    { engines: { big: { site: 'x' } } },
  )
  await land(lake, folder, 0, 4)
  await run(lake)
  expect(log.opened).toEqual(['here own'])
})

test('auto starts the large engine only for a batch whose input is large, and says why', async () => {
  const { lake, log, folder } = await opened({ engine: 'auto' }, { engines: { big: { autoOver: '20KB' } } })
  await land(lake, folder, 0, 10)
  expect((await run(lake)).batches).toMatchObject([{ engine: expect.stringMatching(/^duckdb/) }])
  expect(log.opened).toEqual([])
  for (const [from, count] of [
    [10, 40_000],
    [40_010, 10],
    [40_020, 40_000],
  ] as const)
    await land(lake, folder, from, count)
  const { batches, progress } = await run(lake, { limits: { maxFiles: 1 } })
  const reason = expect.stringMatching(/^its input has \d+\.\d kB, more than 20\.0 kB$/)
  expect(batches).toMatchObject([
    { engine: 'big 1.2', engineReason: reason },
    { engine: expect.stringMatching(/^duckdb/) },
    { engine: 'big 1.2', engineReason: reason },
  ])
  expect(batches[1]).not.toHaveProperty('engineReason')
  expect(progress).toEqual([expect.stringMatching(/^split starting Big: its input has /)])
  expect(log).toMatchObject({ opened: ['here'], staged: [2, 4], closed: 1 })
  expect((await lake.status()).streams[1]).toMatchObject({ engine: 'auto', last: { engine: 'big 1.2' } })
})

test('an engine that fails for a reason outside of the batch is started again, and the batch runs again', async () => {
  const { lake, log, folder } = await opened({ engine: 'big' })
  await land(lake, folder, 0, 10)
  log.faults.push((_plan, onProgress) => {
    onProgress('1 of 4 tasks')
    throw new LakeError('LAKE_ENGINE_FAILED', 'Big has ended without an answer.', { canRetry: true })
  })
  const failures: StreamFailure[] = []
  const { batches, progress } = await run(lake, { onFailure: (failure) => failures.push(failure) })
  expect(failures).toMatchObject([{ stream: 'split', failures: 1, error: { code: 'LAKE_ENGINE_FAILED' } }])
  expect(failures[0]?.retryMs).toBeGreaterThan(0)
  expect(batches).toMatchObject([{ batch: 1, inputRows: 10, engine: 'big 1.2' }])
  expect(progress).toEqual(['split starting big', 'split 1 of 4 tasks', 'split starting big'])
  expect(log).toMatchObject({ opened: ['here', 'here'], staged: [1], closed: 2 })
})

test('a run that is stopped while its engine starts does not wait for it', async () => {
  const { lake, log, folder } = await opened({ engine: 'big' })
  await land(lake, folder, 0, 10)
  const stop = new AbortController()
  log.starts.push(async (signal) => {
    setImmediate(() => stop.abort())
    await new Promise((resolve) => signal?.addEventListener('abort', resolve))
    throw new LakeError('LAKE_ENGINE_FAILED', 'Big was told to stop.', { canRetry: true })
  })
  await expect(run(lake, { signal: stop.signal })).rejects.toMatchObject({
    code: 'LAKE_INTERRUPTED',
    message: 'split was stopped before its engine had started.',
    state: 'Nothing was begun.',
  })
  expect(log).toMatchObject({ staged: [], closed: 1 })
  expect((await lake.status()).streams[1]?.lastError).toBeUndefined()
})

test.each([
  ['that cannot be started', new LakeError('LAKE_ENGINE_FAILED', 'the master is gone.', {})],
  ['that lies', new LakeError('LAKE_VALUE_UNEXPECTED', 'the answer of big 1.2 has no rows.', {})],
])('an engine %s ends its stream at once, and nothing is published', async (_name, error) => {
  const { lake, log, folder } = await opened({ engine: 'big' })
  await land(lake, folder, 0, 10)
  log.faults.push(() => {
    throw error
  })
  const failures: StreamFailure[] = []
  await expect(run(lake, { onFailure: (failure) => failures.push(failure) })).rejects.toMatchObject({
    code: error.code,
    exitCode: 1,
    state: 'Nothing was published; batch 1 runs again on the next start.',
  })
  expect(failures).toMatchObject([{ retryMs: undefined }])
  expect(await ids(lake)).toEqual([])
  expect((await run(lake)).batches).toMatchObject([{ batch: 1, inputRows: 10 }])
})

test('where streams are not named, those that cannot run on the engine run as their config says', async () => {
  const { lake, folder } = await opened()
  await land(lake, folder, 0, 4)
  const { batches, notes } = await run(lake, { streams: [], engine: 'big' as never })
  expect(batches.map(({ stream, engine }) => [stream, engine])).toEqual([['split', 'big 1.2']])
  expect(notes).toEqual(['land runs on duckdb, not on big: landed files need checks that only DuckDB makes'])
})

const NAMED = 'LAKE_ARGUMENT_INVALID: land cannot run on the engine'
const WHY = 'landed files need checks that only DuckDB makes'

test.each<[string, object, string]>([
  [
    'an engine that is none',
    { engine: 'bigg' },
    'LAKE_ARGUMENT_INVALID: engine is "bigg", which is not an engine. Did you mean "big"?',
  ],
  [
    'an engine for a stream that is named and cannot run on it',
    { streams: ['land', 'split'], engine: 'big' },
    `${NAMED} "big": ${WHY}. Run it without the engine "big".`,
  ],
  [
    'auto for such a stream',
    { streams: ['land'], engine: 'auto' },
    `${NAMED} "auto": ${WHY}, so that only DuckDB can. Run it without the engine "auto".`,
  ],
  [
    'an engine that has to be told more',
    { engine: 'told' },
    `LAKE_ARGUMENT_INVALID: engine is "told", which has to be told more. Write it like this: engine: { told: ['python3', 'engine.py'] }`,
  ],
  [
    'settings of an engine that nothing runs on',
    { engines: { big: { site: 'there' } } },
    'LAKE_ARGUMENT_INVALID: engines.big is for what runs on Big, and nothing that was chosen does. Choose it with engine "big", or leave it out.',
  ],
  [
    'settings that are wrong',
    { engine: 'big', engines: { big: { site: 3 } } },
    "LAKE_ARGUMENT_INVALID: engines.big.site must be a text, not 3. Write it like this: site: 'here'",
  ],
  [
    'settings that are unknown',
    { engine: 'big', engines: { big: { sit: 'there' } } },
    'LAKE_ARGUMENT_INVALID: engines.big has an unknown key "sit". Did you mean "site"?',
  ],
])('a run refuses %s', async (_name, options, says) => {
  const { lake } = await opened()
  expect(await refusal(lake, options as Partial<RunOptions>)).toBe(says)
})

test('a deep validation names the engine that made rows which the SELECT does not return in DuckDB', async () => {
  const { lake, log, folder } = await opened({ engine: 'big' })
  await land(lake, folder, 0, 10)
  await run(lake)
  expect(await lake.validate({ deep: true })).toMatchObject({ ok: true })
  await land(lake, folder, 10, 10)
  log.faults.push((plan) => {
    const { select } = plan.shape
    const text = select?.text.replace('SELECT id, name,', "SELECT id, name || '?' AS name,") ?? ''
    return { ...plan, shape: { ...plan.shape, select: { name: 'split.sql', text } } }
  })
  await run(lake)
  const { ok, problems } = await lake.validate({ deep: true })
  expect({ ok, problems }).toEqual({
    ok: false,
    problems: ['even', 'odd'].map(
      (table) =>
        `${table}: its 10 rows are not the 10 that split.sql returns today, while batches of it were made by big 1.2.`,
    ),
  })
})

test('an emptying looks at what the engine needs before it removes anything', async () => {
  const { lake, log, folder } = await opened({ engine: 'big' })
  await land(lake, folder, 0, 10)
  await run(lake)
  log.findings = [{ level: 'fail', says: 'there is no java', fix: 'Install Java 17 or later' }]
  await expect(lake.empty(['split'])).rejects.toMatchObject({
    code: 'LAKE_PACKAGE_MISSING',
    message: 'Big: there is no java.',
    state: 'Nothing was emptied.',
  })
  expect(await ids(lake)).toHaveLength(10)
  log.findings = []
  await lake.empty(['split'])
  expect(log.opened).toEqual(['here']) // looking starts no engine
  expect((await run(lake)).batches).toMatchObject([{ batch: 1, inputRows: 10 }])
})
