import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Website } from '../../scripts/platform/website.ts'
import { env } from '../../src/index.ts'
import { describeInBrowser, type OpenOptions } from '../support/browser.ts'
import { DashboardPage, soon } from '../support/dashboardPage.ts'
import { EMBEDDING_SECRET } from '../support/hostSite.ts'
import { PlatformSite } from '../support/platformSite.ts'

const RECIPE = readFileSync(join(import.meta.dirname, '../fixtures/embedding/plain.html'), 'utf8')

let site: PlatformSite
let website: Website

beforeAll(async () => {
  website = await Website.start({ secret: EMBEDDING_SECRET, nowMs: () => site.lake.nowMs() })
  const server = { origins: [website.origin], secrets: [env('LAKEWEIR_SECRET')] }
  site = await PlatformSite.open({ server, environment: { LAKEWEIR_SECRET: EMBEDDING_SECRET } })
  website.numbersUrl = site.url
})
afterAll(async () => {
  website.close()
  await site.end()
})

describeInBrowser("the platform's website", (browser) => {
  const opened = async (options: OpenOptions = {}): Promise<DashboardPage> => {
    const origins = [new URL(site.url).origin]
    const dashboard = new DashboardPage(await browser.open(`${website.origin}/numbers`, { origins, ...options }))
    await dashboard.shown()
    return dashboard
  }
  const colourOf = (dashboard: DashboardPage, name: string): Promise<string> =>
    dashboard.root.evaluate((element, property) => {
      const root = element.shadowRoot?.querySelector('.root')
      return root == null ? '' : getComputedStyle(root).getPropertyValue(property)
    }, name)

  test('embeds the dashboard by the lines of the docs, and shows what is committed meanwhile', async () => {
    const page = await (await fetch(`${website.origin}/numbers`)).text()
    expect(page).toContain(RECIPE.replaceAll('https://numbers.example.com/', site.url).trim())
    const dashboard = await opened()
    await dashboard.isLive()
    await dashboard.page.getByRole('navigation', { name: 'Products' }).getByRole('link', { name: 'Numbers' }).waitFor()
    const total = (): Promise<string | null> => dashboard.panel('messages').locator('.value').first().textContent()
    const before = await total()
    await site.lake.take(site.lake.nowMs() - 30_000, site.lake.nowMs())
    await soon(total).not.toBe(before)
  })

  test.each(['light', 'dark'] as const)('gives it its own colours, %s', async (colorScheme) => {
    const dashboard = await opened({ colorScheme })
    const ground = await dashboard.root.evaluate((element) => {
      const root = element.shadowRoot?.querySelector('.root')
      return root == null ? '' : getComputedStyle(root).backgroundColor
    })
    expect(ground).toBe(colorScheme === 'light' ? 'rgb(255, 255, 255)' : 'rgb(26, 22, 48)')
    const own = await dashboard.page.evaluate(() => getComputedStyle(document.body).getPropertyValue('--brand'))
    expect(await colourOf(dashboard, '--accent')).toContain(own.trim())
  })

  test.each([320, 768, 1440, 2560])(
    'has room for it at %i pixels, and what it shows stays below its bar',
    async (width) => {
      const dashboard = await opened({ viewport: { width, height: 900 } })
      const { page } = dashboard
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width)
      const bar = await page.locator('.top').boundingBox()
      await page.mouse.wheel(0, 2_000)
      const filters = dashboard.root.getByRole('group', { name: 'Filters' }).first()
      await soon(async () => ((await filters.boundingBox())?.y ?? 0) - (bar?.height ?? 0)).toBeLessThan(12)
      expect(((await filters.boundingBox())?.y ?? 0) - (bar?.height ?? 0)).toBeGreaterThanOrEqual(0)
    },
  )
})
