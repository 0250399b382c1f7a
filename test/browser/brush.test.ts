import type { CDPSession, Locator, Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { describeInBrowser, type OpenOptions } from '../support/browser.ts'
import { DashboardPage, soon } from '../support/dashboardPage.ts'
import { PlatformSite } from '../support/platformSite.ts'

let site: PlatformSite

beforeAll(async () => {
  site = await PlatformSite.open()
})
afterAll(() => site.end())

interface Point {
  readonly x: number
  readonly y: number
}

describeInBrowser('the day below the chart', (browser) => {
  async function opened(options: OpenOptions = {}) {
    const dashboard = new DashboardPage(await browser.open(site.url, options))
    await dashboard.shown()
    const flow = dashboard.panel('messages_per_minute')
    const edge = (name: string): Locator => flow.getByRole('slider', { name: `${name} of the time window` })
    await edge('End').waitFor()
    await edge('End').scrollIntoViewIfNeeded()
    const minutes = async (): Promise<readonly number[]> =>
      Promise.all(['Beginning', 'End'].map(async (name) => Number(await edge(name).getAttribute('aria-valuenow'))))
    const middleOf = async (name: string): Promise<Point> => {
      const box = await edge(name).boundingBox()
      if (box === null) throw new Error(`it has no ${name}`)
      return { x: box.x + box.width / 2, y: box.y + box.height / 2 }
    }
    const address = (): URLSearchParams => new URL(dashboard.page.url()).searchParams
    return { dashboard, edge, minutes, middleOf, address }
  }

  test('is dragged by the mouse: an edge, the window as a whole, and the place beside it', async () => {
    const { dashboard, minutes, middleOf, address } = await opened()
    const { mouse } = dashboard.page
    const drag = async (from: Point, byX: number): Promise<void> => {
      await mouse.move(from.x, from.y)
      await mouse.down()
      await mouse.move(from.x + byX, from.y, { steps: 5 })
      await mouse.up()
    }
    const [first = 0, last = 0] = await minutes()
    await drag(await middleOf('Beginning'), -80)
    await soon(async () => (await minutes())[0]).toBeLessThan(first - 60)
    // A window that touches now stays live.
    expect(address().get('range')).toMatch(/^\d+m$/)
    await dashboard.root.getByText('Live, ').waitFor()
    const [wide = 0] = await minutes()
    const [from, to] = [await middleOf('Beginning'), await middleOf('End')]
    await drag({ x: (from.x + to.x) / 2, y: from.y }, -60)
    await soon(async () => (await minutes())[1]).toBeLessThan(last - 30)
    const [moved = 0, end = 0] = await minutes()
    expect(Math.abs(end - moved - (last - wide))).toBeLessThanOrEqual(2)
    expect(address().get('to')).toMatch(/^2026-11-25T\d\d:\d\dZ$/)
    await dashboard.root.getByText('Paused').waitFor()
    const plot = await dashboard.panel('messages_per_minute').locator('.brush-plot').boundingBox()
    if (plot === null) throw new Error('there is no day')
    await mouse.click(plot.x + 60, from.y)
    await soon(async () => (await minutes())[0]).toBeLessThan(moved - 60)
    await dashboard.page.goBack()
    await soon(minutes).toEqual([moved, end])
  })

  test('shows the window again that one goes back to before the numbers of another have come', async () => {
    const { dashboard, minutes, middleOf, address } = await opened()
    const before = await minutes()
    const { page } = dashboard
    const plot = await dashboard.panel('messages_per_minute').locator('.brush-plot').boundingBox()
    if (plot === null) throw new Error('there is no day')
    const streams = await heldStreams(page)
    await page.mouse.click(plot.x + 60, (await middleOf('End')).y)
    await soon(() => address().has('to')).toBe(true)
    expect(await minutes()).not.toEqual(before)
    await page.goBack()
    await soon(minutes).toEqual(before)
    streams.release()
    await dashboard.isLive()
    expect(await minutes()).toEqual(before)
  })

  test('is dragged by a finger, on a phone', async () => {
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
    const { dashboard, minutes, middleOf, address } = await opened(phone)
    const devtools = await dashboard.page.context().newCDPSession(dashboard.page)
    const [first = 0] = await minutes()
    await swipe(devtools, await middleOf('Beginning'), { x: -40, y: 0 })
    await soon(async () => (await minutes())[0]).toBeLessThan(first - 60)
    const before = await minutes()
    const [from, to] = [await middleOf('Beginning'), await middleOf('End')]
    await swipe(devtools, { x: (from.x + to.x) / 2, y: from.y }, { x: -40, y: 0 })
    await soon(async () => (await minutes())[1]).toBeLessThan((before[1] ?? 0) - 60)
    await soon(() => address().has('to')).toBe(true)
    expect(await dashboard.page.evaluate(() => document.documentElement.scrollLeft)).toBe(0)
  })

  test('gives the page a finger that goes up or down', async () => {
    const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true }
    const { dashboard, minutes, middleOf } = await opened(phone)
    const devtools = await dashboard.page.context().newCDPSession(dashboard.page)
    const before = await minutes()
    const top = (): Promise<number> => dashboard.page.evaluate(() => document.documentElement.scrollTop)
    const scrolled = await top()
    const from = await middleOf('Beginning')
    await swipe(devtools, from, { x: 0, y: -200 })
    await soon(top).toBeGreaterThan(scrolled + 100)
    expect(await minutes()).toEqual(before)
  })
})

/** From now on no stream of the page gets to the server until they are released. */
async function heldStreams(page: Page): Promise<{ readonly release: () => void }> {
  let release = (): void => undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  await page.route('**/api/stream?*', async (route) => {
    await released
    await route.continue().catch(() => undefined) // the page may have given it up
  })
  return { release }
}

/** A finger from a point to another, as the browser's own input sends it. */
async function swipe(devtools: CDPSession, { x, y }: Point, by: Point): Promise<void> {
  const touch = async (type: 'touchStart' | 'touchMove' | 'touchEnd', ...touchPoints: Point[]): Promise<void> => {
    await devtools.send('Input.dispatchTouchEvent', { type, touchPoints })
  }
  await touch('touchStart', { x, y })
  for (let step = 1; step <= 8; step++) await touch('touchMove', { x: x + (by.x * step) / 8, y: y + (by.y * step) / 8 })
  await touch('touchEnd')
}
