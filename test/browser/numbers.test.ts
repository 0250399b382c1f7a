import { readFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient, type PanelAnswer, type Value } from '../../src/client/index.ts'
import { describeInBrowser } from '../support/browser.ts'
import { DashboardPage } from '../support/dashboardPage.ts'
import { PlatformSite } from '../support/platformSite.ts'

let site: PlatformSite

beforeAll(async () => {
  site = await PlatformSite.open()
})
afterAll(() => site.end())

/** A number as a page in English writes it. */
function numberIn(text: string | undefined): number {
  return Number((text ?? '').replaceAll(/[^\d.]/g, ''))
}

function sum(values: readonly (Value | undefined)[]): number {
  return values.reduce<number>((all, value) => all + Number(value ?? 0), 0)
}

function column(answer: PanelAnswer, name: string): readonly (Value | undefined)[] {
  const at = answer.columns.findIndex((each) => each.name === name)
  return answer.rows.map((row) => row[at])
}

describeInBrowser('the numbers on the page', (browser) => {
  const opened = async (query = ''): Promise<DashboardPage> => {
    const dashboard = new DashboardPage(await browser.open(`${site.url}${query}`))
    await dashboard.shown()
    return dashboard
  }

  test('the totals are those of the server, and of the tables', async () => {
    const dashboard = await opened()
    const client = createClient({ url: site.url })
    for (const [name, measure] of [
      ['messages', 'messages'],
      ['unique_messages', 'messages'],
      ['users', 'users'],
    ] as const) {
      const answer = await client.panel(name, { from: 'day' })
      const shown = await dashboard.panel(name).locator('.value').first().textContent()
      expect(numberIn(shown ?? ''), name).toBe(Number(column(answer, measure)[0]))
    }
    const { rows } = await site.lake.lake.query(
      "SELECT count(*) FROM (SELECT date FROM messages UNION ALL SELECT date FROM messages_corrupted) WHERE date = DATE '2026-11-25'",
    )
    const total = await dashboard.panel('messages').locator('.value').first().textContent()
    expect(numberIn(total ?? '')).toBe(rows[0]?.[0])
  })

  test('the heat table is the report of event types', async () => {
    const dashboard = await opened('?as-table=event_types')
    const { columns, rows } = await site.lake.lake.report('event-types')
    const today = rows.filter(([date]) => String(date) === '2026-11-25')
    const reported = sum(today.flatMap((row) => row.slice(2)).map((value) => Number(value ?? 0)))
    const page = await dashboard.rowsOf('event_types')
    const [head = [], ...cells] = page
    const measured = head.indexOf('All')
    const isToday = (row: readonly string[]): boolean => row.some((cell) => /25 Nov|2026-11-25|25\/11/.test(cell))
    expect(sum(cells.filter(isToday).map((row) => numberIn(row[measured])))).toBe(reported)
    expect(columns.length).toBeGreaterThan(3)
  })

  test('the CSV of a panel is what the server answers', async () => {
    const dashboard = await opened('?range=1h')
    const [download] = await Promise.all([
      dashboard.page.waitForEvent('download'),
      dashboard.panel('countries').getByRole('button', { name: 'CSV' }).click(),
    ])
    const text = readFileSync(await download.path(), 'utf8')
    expect(download.suggestedFilename()).toBe('countries.csv')
    expect(text.split('\n')[0]).toContain('country')
    expect(text).toContain('Brazil')
  })
})
