import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import { Lake } from '../../src/index.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { failingDisk } from '../support/hookedDisk.ts'
import { lakeFolder } from '../support/lakeFolder.ts'
import { LiveRun } from '../support/liveRun.ts'
import { MessagesLake } from '../support/messagesLake.ts'

const NUMBERED = { value: 'BIGINT', timestamp: 'TIMESTAMPTZ' }

/** Makes a lake of its own from the streams and tables of a config, and opens it. */
async function writtenLake(config: object, files: Readonly<Record<string, string>> = {}, root?: string): Promise<Lake> {
  const folder = lakeFolder({
    'lakeweir.config.ts': `import { defineLake } from 'lakeweir'\nexport default defineLake(${JSON.stringify(config)})`,
    ...files,
  })
  const lake = await Lake.open({ config: join(folder, 'lakeweir.config.ts'), lake: root ?? join(folder, 'lake') })
  onTestFinished(() => lake.close())
  return lake
}

function generated(): object {
  return { kind: 'generated', rowsPerSecond: 1, pools: {} }
}

function follows(table: string): object {
  return { kind: 'deltaTable', table, skipChangeCommits: false }
}

describe('validate, of two streams that share a table,', () => {
  const shared = {
    root: 'lake',
    tables: {
      x: { path: 'bronze/x', columns: NUMBERED },
      y: { path: 'bronze/y', columns: NUMBERED },
      t: { path: 'silver/t', columns: NUMBERED },
    },
    streams: {
      make_x: { from: generated(), into: ['x'] },
      make_y: { from: generated(), into: ['y'] },
      a: { from: follows('x'), into: ['t'] },
      b: { from: follows('y'), into: ['t'] },
    },
  }

  test('compares with each source only what its own stream wrote', async () => {
    const lake = await writtenLake(shared)
    await lake.run({ streams: ['make_x'], generate: { rows: 5 } })
    await lake.run({ streams: ['make_y'], generate: { rows: 7 } })
    await lake.run({ streams: ['a', 'b'], availableNow: true })
    expect(await lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [], rows: { x: 5, y: 7, t: 12 } })
  })
})

describe('validate --deep', () => {
  const stamped = {
    root: 'lake',
    tables: {
      events: { path: 'bronze/events', columns: NUMBERED },
      stamped: { path: 'silver/stamped', columns: { ...NUMBERED, taken_at: 'TIMESTAMPTZ' } },
    },
    streams: {
      make: { from: generated(), into: ['events'] },
      stamp: { from: follows('events'), select: 'stamp.sql', into: ['stamped'] },
    },
  }
  const STAMP = `-- stamp.sql: every event with the time of its batch; one row per event.
--
-- in   events       the batch's rows
--      batch_time   variable: the time of the batch
-- out  all columns
SELECT *, CAST(getvariable('batch_time') AS TIMESTAMPTZ) AS taken_at FROM events
`

  test('says of a SELECT that reads the time of its batch that its rows are only counted', async () => {
    const lake = await writtenLake(stamped, { 'stamp.sql': STAMP })
    await lake.run({ streams: ['make'], generate: { rows: 5 } })
    await lake.run({ streams: ['stamp'], availableNow: true })
    expect(await lake.validate({ deep: true })).toMatchObject({
      ok: true,
      problems: [],
      notCompared: ['stamp: stamp.sql reads batch_time, which is different today: its rows are counted, not compared.'],
    })
    expect(await lake.validate()).toMatchObject({ ok: true, notCompared: [] })
  })
})

test('validate --deep counts the rows of batches that were made with another reference file', async () => {
  const labelled = {
    root: 'lake',
    tables: {
      events: { path: 'bronze/events', columns: NUMBERED },
      labelled: { path: 'silver/labelled', columns: { ...NUMBERED, label: 'VARCHAR' } },
    },
    reference: { labels: { file: 'labels.csv', columns: { value: 'BIGINT', label: 'VARCHAR' }, key: 'value' } },
    streams: {
      make: { from: generated(), into: ['events'] },
      label: { from: follows('events'), select: 'label.sql', into: ['labelled'] },
    },
  }
  const LABEL = `-- label.sql: every event with its label; one row per event.
--
-- in   events   the batch's rows
--      labels   one row per value
-- out  all columns
SELECT events.*, labels.label FROM events LEFT JOIN labels USING (value)
`
  const lake = await writtenLake(labelled, { 'label.sql': LABEL, 'labels.csv': 'value,label\n1,one\n' })
  await lake.run({ streams: ['make'], generate: { rows: 5 } })
  await lake.run({ streams: ['label'], availableNow: true })
  expect(await lake.validate({ deep: true })).toMatchObject({ ok: true, notCompared: [] })
  writeFileSync(join((await lake.status()).root, '../labels.csv'), 'value,label\n1,uno\n')
  expect(await lake.validate({ deep: true })).toMatchObject({
    ok: true,
    problems: [],
    notCompared: ['label: labels has changed since batch 1: its rows are counted, not compared.'],
  })
})

test('validate counts a followed table as its stream sees it, also while its siblings lack a batch', async () => {
  const root = join(lakeFolder(), 'lake')
  const config = 'test/fixtures/sensors/lakeweir.config.ts'
  const lake = await Lake.open({ config, lake: root })
  onTestFinished(() => lake.close())
  await lake.run({ streams: ['simulate'], generate: { rows: 1_000, seed: 7 } })
  await lake.run({ streams: ['check', 'notify'], availableNow: true })
  await lake.run({ streams: ['simulate'], generate: { rows: 1_000, seed: 7 } })
  // Published to readings and alarms, when the machine fails.
  const disk = failingDisk(nodeDisk, 'EIO', ({ operation, path }) => {
    return operation === 'link' && /rejected_readings\/data\/_delta_log\/\d+\.json$/.test(path)
  })
  const failing = Lake.of(await openLake({ config, lake: root, disk }))
  onTestFinished(() => failing.close())
  await expect(failing.run({ streams: ['check'], availableNow: true, retry: false })).rejects.toMatchObject({
    code: 'LAKE_PUBLISH_FAILED',
  })
  await lake.run({ streams: ['notify'], availableNow: true })
  expect(await lake.validate({ deep: true })).toMatchObject({ ok: true, problems: [] })
})

describe('a lake whose stream was given one more table after its batches', () => {
  const tables = { events: { path: 'bronze/events', columns: NUMBERED }, a: { path: 'silver/a', columns: NUMBERED } }
  const streams = { make: { from: generated(), into: ['events'] }, split: { from: follows('events'), into: ['a'] } }
  const SPLIT = `-- split.sql: every event with its table; one row per event.
--
-- in   events        the batch's rows
-- out  destination, all columns
SELECT *, 'a' AS destination FROM events
`
  const grown = {
    root: 'lake',
    tables: { ...tables, b: { path: 'silver/b', columns: NUMBERED } },
    streams: { ...streams, split: { from: follows('events'), select: 'split.sql', into: ['a', 'b'] } },
  }

  test('is counted by validate, is not called empty, and the table is named there and in status', async () => {
    const before = await writtenLake({ root: 'lake', tables, streams })
    await before.run({ streams: ['make'], generate: { rows: 5 } })
    await before.run({ streams: ['split'], availableNow: true })
    await before.run({ streams: ['make'], generate: { rows: 3 } })
    const after = await writtenLake(grown, { 'split.sql': SPLIT }, (await before.status()).root)
    for (const isRefused of [false, true]) {
      if (isRefused) await expect(after.run({ streams: ['split'], availableNow: true })).rejects.toThrow(/table b/)
      const named = expect.stringMatching(/table b is in its `into`, but batch 1 was made without it; .*--fresh$/)
      expect(await after.validate()).toMatchObject({
        ok: false,
        problems: [named],
        pending: 3,
        tables: { events: 5, a: 5, b: 0 },
      })
      const { streams: found } = await after.status()
      expect(found.find(({ name }) => name === 'split')).toMatchObject({ problem: named, pending: { rows: 3 } })
    }
  })
})

test('validate counts the rows of tables that no stream follows', async () => {
  const lake = await writtenLake({
    root: 'lake',
    tables: { events: { path: 'bronze/events', columns: NUMBERED } },
    streams: { make: { from: generated(), into: ['events'] } },
  })
  await lake.run({ streams: ['make'], generate: { rows: 5 } })
  expect(await lake.validate()).toMatchObject({ ok: true, tables: { events: 5 } })
})

/** So many silver batches are published while the lake is looked at, and so many looks have seen one come meanwhile. */
const BATCHES = 15
const LOOKS = 3

test.each([false, true])('validate with deep %s finds nothing wrong while rows come in', async (deep) => {
  const messages = await MessagesLake.open()
  onTestFinished(() => messages.close())
  // With the clock of the system, by which rows are made.
  const lake = await Lake.open({ config: 'lakeweir.config.ts', lake: messages.root })
  onTestFinished(() => lake.close())
  const run = await LiveRun.start(lake, { streams: ['produce', 'silver'], generate: { rowsPerSecond: 500 } })
  const silver = (): number => run.batches.filter(({ stream }) => stream === 'silver').length
  let looks = 0
  while (silver() < BATCHES || looks < LOOKS) {
    const before = silver()
    expect((await lake.validate({ deep })).problems).toEqual([])
    if (silver() > before) looks += 1
  }
  await run.stop()
})
