import { describe, expect, onTestFinished, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { PanelFeed } from '../../src/dashboard/follow/panelFeed.ts'
import { type Asked, keyOf } from '../../src/dashboard/view/asking.ts'
import { panelHead } from '../support/dashboardHeads.ts'
import { memoryReader } from '../support/memoryReader.ts'
import { SALES, testServer } from '../support/testServer.ts'

const RANGE = { from: '2026-11-22T10:00Z', to: '2026-11-22T10:03Z' }

function asked(name: string, parameters: Asked['parameters'] = RANGE): Asked {
  return { head: panelHead({ name }), parameters }
}

/** A feed of a real server, and a way to wait until something is so. */
async function opened() {
  const reader = await memoryReader(SALES)
  await reader.commit('')
  const server = await testServer({ reader })
  let wake: () => void = () => undefined
  const feed = new PanelFeed(createClient({ url: server.url }), () => wake())
  onTestFinished(() => feed.stop())
  const until = async (isSo: () => boolean): Promise<void> => {
    while (!isSo()) await new Promise<void>((resolve) => (wake = resolve))
  }
  return { feed, until }
}

describe('what is followed', () => {
  test('a panel that is refused does not stop the others', async () => {
    const { feed, until } = await opened()
    const [sales, gone, wrong] = [asked('sales'), asked('gone'), asked('sales', { from: 'noon' })]
    feed.follow([sales, gone, wrong])
    await until(() => feed.fed.answers.size === 1)
    expect(feed.fed.answers.get(keyOf(sales))?.rows).toHaveLength(3)
    expect(feed.fed.problems.get(keyOf(gone))?.status).toBe(404)
    expect(feed.fed.problems.get(keyOf(wrong))?.message).toBe('"from" is not a time.')
    expect([feed.fed.connection, feed.fed.refusal]).toEqual(['streaming', undefined])
  })

  test('where all are refused, it says why, and asks no longer', async () => {
    const { feed, until } = await opened()
    feed.follow([asked('gone')])
    await until(() => feed.fed.refusal !== undefined)
    expect(feed.fed.refusal).toMatchObject({ status: 404, message: 'There is no panel of this name.' })
  })

  test('an answer stays while others are asked for beside it, and is forgotten with its question', async () => {
    const { feed, until } = await opened()
    const [sales, north] = [asked('sales'), asked('sales', { ...RANGE, shop: ['north'] })]
    feed.follow([sales])
    await until(() => feed.fed.answers.size === 1)
    feed.follow([sales, north])
    expect(feed.fed.answers.get(keyOf(sales))?.rows).toHaveLength(3)
    await until(() => feed.fed.answers.size === 2)
    feed.follow([north])
    expect([...feed.fed.answers.keys()]).toEqual([keyOf(north)])
  })

  test('more panels than a stream may have come by several', async () => {
    const { feed, until } = await opened()
    const many = Array.from({ length: 40 }, (_, at) => asked('sales', { ...RANGE, shop: ['north', `shop ${at}`] }))
    feed.follow([...many, ...many])
    await until(() => feed.fed.answers.size === 40)
    expect(feed.fed.problems.size).toBe(0)
  })
})
