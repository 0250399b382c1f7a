import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type BatchProgress, Lake, LakeError, type RunOptions } from '../../src/index.ts'
import type { ResolvedLive } from '../../src/lake/config/resolve.ts'
import { closeLake, type OpenLake, openLake } from '../../src/lake/openLake.ts'
import { withSession } from '../../src/lake/sessions.ts'
import { rawSql } from './sql.ts'
import { makeTemporaryFolder, removeFolder } from './temporaryFolder.ts'

const SPLIT = `-- split.sql: every order with its date; one row per order.
--
-- in   orders   the batch
-- out  all columns
SELECT *, CAST(ordered_at AS DATE) AS date,
  CASE WHEN amount >= 0 THEN 'sound' ELSE 'odd' END AS destination
FROM orders
`

const FIRST = `-- first_orders.sql: the first row of each order; one row per order id.
--
-- in   sound   sound orders
-- out  all columns
SELECT * FROM sound QUALIFY row_number() OVER (PARTITION BY id ORDER BY ordered_at, amount) = 1
`

export const PER_SHOP = `-- per_shop.sql: sound orders by shop; one row per shop.
--
-- in   sound   sound orders
-- out  shop, orders, total, largest
SELECT shop, count(*) AS orders, sum(amount) AS total, max(amount) AS largest FROM sound GROUP BY shop
`

const ODD = `-- odd_orders.sql: odd orders by hour; one row per hour.
--
-- in   odd   odd orders
-- out  hour, orders
SELECT date_trunc('hour', ordered_at) AS hour, count(*) AS orders FROM odd GROUP BY hour
`

const FIRST_PER_AREA = `-- first_per_area.sql: first rows of orders by area; one row per area.
--
-- in   first_orders   the first row of each order
--      shops          the area of each shop
-- out  area, orders
SELECT s.area, count(*) AS orders FROM first_orders AS o LEFT JOIN shops AS s ON o.shop = s.shop GROUP BY s.area
`

const TOP = `-- top_shop.sql: the shop with most orders; one row.
--
-- in   live.per_shop   orders by shop
-- out  shop, orders
SELECT shop, orders FROM live.per_shop ORDER BY orders DESC, shop LIMIT 1
`

/** A query over a model, and what it returns of a lake that was filled. */
export const SHOPS = 'FROM live.per_shop ORDER BY shop'
export const FILLED: readonly string[] = ['["a",1,5,5]', '["b",4,19,9]']

const ORDER = { id: 'BIGINT', shop: 'VARCHAR', amount: 'BIGINT', ordered_at: 'TIMESTAMPTZ' } as const
const DATED = { ...ORDER, date: 'DATE' } as const

function configOf(more: object): object {
  return {
    root: 'lake',
    tables: {
      orders: { path: 'bronze/orders', columns: ORDER },
      sound: { path: 'silver/sound', columns: DATED, partitionBy: ['date'] },
      odd: { path: 'silver/odd', columns: DATED, partitionBy: ['date'] },
    },
    reference: { shops: { file: 'shops.csv', columns: { shop: 'VARCHAR', area: 'VARCHAR' }, key: 'shop' } },
    streams: {
      land: { from: { kind: 'parquetFolder', path: 'landing' }, into: ['orders'] },
      split: { from: { kind: 'deltaTable', table: 'orders' }, select: 'split.sql', into: ['sound', 'odd'] },
    },
    views: 'views',
    reports: 'reports',
    live: { follows: 'split', models: 'live', eventTime: 'ordered_at' },
    ...more,
  }
}

/** A small lake with live aggregates: orders land, are split into sound and odd ones, and are summed up. */
export class LiveLake {
  readonly folder: string
  open: OpenLake
  /** The calls of the library on it. */
  lake: Lake

  private constructor(folder: string, open: OpenLake) {
    this.folder = folder
    this.open = open
    this.lake = Lake.of(open)
  }

  /** A new lake, which its maker removes. @param more  keys of its config, in place of the usual ones */
  static async make(more: object = {}, files: Readonly<Record<string, string>> = {}): Promise<LiveLake> {
    const folder = makeTemporaryFolder()
    const all = {
      'lakeweir.config.mjs': `export default ${JSON.stringify(configOf(more))}`,
      'split.sql': SPLIT,
      'shops.csv': 'shop,area\na,north\nb,south\n',
      'views/first_orders.sql': FIRST,
      'reports/top_shop.sql': TOP,
      'live/per_shop.sql': PER_SHOP,
      'live/odd_orders.sql': ODD,
      'live/first_per_area.sql': FIRST_PER_AREA,
      ...files,
    }
    for (const [path, text] of Object.entries(all)) write(join(folder, path), text)
    return new LiveLake(
      folder,
      await openLake({ config: join(folder, 'lakeweir.config.mjs'), database: { threads: 1 } }),
    )
  }

  get config(): string {
    return join(this.folder, 'lakeweir.config.mjs')
  }

  get root(): string {
    return this.open.config.root
  }

  path(...steps: string[]): string {
    return join(this.root, ...steps)
  }

  get live(): ResolvedLive {
    const { live } = this.open.config
    if (live === undefined) throw new Error('its config has no live aggregates')
    return live
  }

  get store(): string {
    return this.path('gold/live.duckdb')
  }

  close(): Promise<void> {
    return closeLake(this.open)
  }

  /** Opens it again, as another process would find it. */
  async reopen(): Promise<void> {
    await this.close()
    this.open = await openLake({ config: this.config, database: { threads: 1 } })
    this.lake = Lake.of(this.open)
  }

  /** Closes it and removes it from the disk. */
  async end(): Promise<void> {
    await this.close()
    removeFolder(this.folder)
  }

  write(path: string, text: string): void {
    write(join(this.folder, path), text)
  }

  remove(path: string): void {
    rmSync(join(this.folder, path), { recursive: true, force: true })
  }

  /** Two batches of orders, taken by all streams. */
  async fill(): Promise<void> {
    await this.drop('1.parquet', "(1, 'a', 5, 0), (2, 'b', 7, 1), (1, 'b', 9, 2), (3, 'a', -1, 3)")
    await this.run()
    await this.drop('2.parquet', "(4, 'b', 2, 4), (1, 'b', 1, -5)")
    await this.run()
  }

  /** Drops a file of orders: VALUES of (id, shop, amount, minutes after noon). */
  async drop(name: string, values: string): Promise<void> {
    mkdirSync(this.path('landing'), { recursive: true })
    const rows =
      `SELECT id::BIGINT AS id, shop, amount::BIGINT AS amount, ` +
      `TIMESTAMPTZ '2026-11-22 12:00:00+00' + to_minutes(minute) AS ordered_at ` +
      `FROM (VALUES ${values}) AS v(id, shop, amount, minute)`
    await withSession(this.open, (session) =>
      session.run(rawSql`COPY (${rows}) TO '${this.path('landing', name)}' (FORMAT parquet)`),
    )
  }

  /** Runs streams until nothing is left. @returns the batches that this made */
  async run(streams: readonly string[] = [], options: Partial<RunOptions> = {}): Promise<BatchProgress[]> {
    const batches: BatchProgress[] = []
    const once = { availableNow: true, retry: false }
    await this.lake.run({ streams, ...once, onBatch: (batch) => batches.push(batch), ...options })
    return batches
  }

  /** The description of the error that a run stops with, without the path of the folder. */
  async refusal(streams: readonly string[] = [], options: Partial<RunOptions> = {}): Promise<string> {
    try {
      await this.run(streams, options)
      return 'taken'
    } catch (error) {
      if (error instanceof LakeError) return error.describe().replaceAll(this.folder, 'FOLDER')
      throw error
    }
  }

  /** Rows of a query as JSON texts. */
  async rows(sql: string): Promise<string[]> {
    const { rows } = await this.lake.query(sql)
    return rows.map((row) => JSON.stringify(row))
  }
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
