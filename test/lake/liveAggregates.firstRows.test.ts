import { writeFileSync } from 'node:fs'
import { expect, onTestFinished, test } from 'vitest'
import { statedRelations } from '../../src/lake/live/leftStatus.ts'
import { openLive } from '../../src/lake/live/openLive.ts'
import { LiveLake } from '../support/liveLake.ts'
import { runInProcess } from '../support/program.ts'

const FIRST = `-- first_orders.sql: the first row of each order; one row per order id.
--
-- in   sound   sound orders
-- out  all columns
SELECT * FROM sound QUALIFY row_number() OVER (PARTITION BY id ORDER BY ordered_at) = 1
`

const over = (name: string, select: string): string => `-- ${name}.sql: first rows of orders; one row per date.
--
-- in   first_orders   the first row of each order
-- out  all columns
SELECT date, ${select} FROM first_orders GROUP BY date
`

/** A lake in which two rows of an order are equal in the order, and only one model reads a column of them. */
async function tiedLake(): Promise<LiveLake> {
  const lake = await LiveLake.make(
    {},
    {
      'views/first_orders.sql': FIRST,
      'live/first_amounts.sql': over('first_amounts', 'sum(amount) AS amount'),
    },
  )
  onTestFinished(() => lake.end())
  lake.remove('live/first_per_area.sql')
  await lake.reopen()
  await lake.drop('1.parquet', "(1, 'a', 9, 0), (1, 'b', 1, 0), (2, 'a', 5, 1)")
  await lake.run()
  return lake
}

test('a model that needs one more column changes no other, and validate compares with the rows that are kept', async () => {
  const lake = await tiedLake()
  expect(await lake.rows('SELECT amount FROM live.first_amounts')).toEqual(['[6]'])
  lake.write('live/first_shops.sql', over('first_shops', 'max(shop) AS shop'))
  await lake.reopen()
  await lake.run()
  expect(await lake.rows('SELECT amount, shop FROM live.first_amounts JOIN live.first_shops USING (date)')).toEqual([
    '[6,"b"]',
  ])
  expect((await lake.lake.validate()).problems).toEqual([])
  const opened = await openLive(lake.open, lake.live, 'continue')
  const { problems, notCompared } = await lake.lake.validate()
  await opened.close()
  expect({ problems, notCompared }).toEqual({ problems: [], notCompared: [] })
  const [relation] = (await lake.lake.status()).live?.relations ?? []
  expect(relation?.columns).toEqual(['amount', 'ordered_at', 'date', 'shop'])
})

test('status says of first rows that they are being built, or built anew beside those that are there', async () => {
  const lake = await tiedLake()
  lake.write('live/first_shops.sql', over('first_shops', 'max(shop) AS shop'))
  lake.write('views/again.sql', FIRST.replaceAll('first_orders', 'again'))
  lake.write('live/first_days.sql', over('first_days', 'count(*) AS n').replaceAll('first_orders', 'again'))
  await lake.reopen()
  const opened = await openLive(lake.open, lake.live, 'continue')
  const writer = await opened.store.sink.recover()
  const { relations } = opened.store // it takes reading files to build them
  await writer.settle?.(new AbortController().signal)
  const sizes = { bytes: 4096, columns: ['amount'] }
  const status = {
    processId: process.pid,
    time: new Date().toISOString(),
    models: [],
    relations: statedRelations([{ name: 'first_orders', rows: 2, ...sizes }], relations),
  }
  writeFileSync(lake.open.layout.live(lake.live).statusFile, JSON.stringify(status))
  const { stdout } = await runInProcess(['status'], { config: lake.config, columns: 80 })
  await opened.close()
  expect(stdout).toMatch(/^first_orders +2 +4\.\d [kK]B .* index, being rebuilt$/m)
  expect(stdout).toMatch(/^again +0 .* being built$/m)
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([])
})
