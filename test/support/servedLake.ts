import { onTestFinished } from 'vitest'
import { createClient, type PanelAnswer } from '../../src/client/index.ts'
import { LiveLake } from './liveLake.ts'

const SHOPS = `-- shops.sql: sound orders by shop; one row a shop.
--
-- in   live.per_shop  sound orders by shop
-- out  shop, orders, total
--
-- title: Shops
-- kind: bar
-- x: shop
-- y: orders
-- filters: shop VARCHAR
SELECT shop, orders, total FROM live.per_shop WHERE $shop IS NULL OR shop = ANY($shop) ORDER BY shop
`

/**
 * The lake of orders with a panel, until the test ends.
 * @param server, moreLive  what its config has there
 * @param moreFiles  further ones, such as panels
 */
export async function servedLake(
  server: object = {},
  moreLive: object = {},
  moreFiles: Readonly<Record<string, string>> = {},
): Promise<LiveLake> {
  const live = { follows: 'split', models: 'live', panels: 'panels', eventTime: 'ordered_at', ...moreLive }
  const lake = await LiveLake.make({ live, server }, { 'panels/shops.sql': SHOPS, ...moreFiles })
  onTestFinished(() => lake.end())
  return lake
}

/** The rows of the panel at an address, once they are these: followed as a page does it. */
export async function shopsOnceThey(
  url: string,
  isThere: (rows: readonly PanelAnswer['rows'][number][]) => boolean,
): Promise<PanelAnswer['rows']> {
  for await (const { panels } of createClient({ url }).follow({ shops: { panel: 'shops' } })) {
    const rows = panels.shops?.rows
    if (rows !== undefined && isThere(rows)) return rows
  }
  throw new Error('the stream has ended')
}
