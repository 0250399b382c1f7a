import { describe, expect, onTestFinished, test } from 'vitest'
import { Looking } from '../../src/dashboard/view/looking.ts'
import { dashboardHead, panelHead } from '../support/dashboardHeads.ts'
import { PageHistory } from '../support/pageHistory.ts'

const HOUR_MS = 3_600_000
const SALES = panelHead({ name: 'sales', filters: [{ name: 'shop', type: 'VARCHAR' }] })
const HEAD = dashboardHead([SALES])
const NEWEST = { from: '2026-11-20T10:00:00Z', to: '2026-11-20T17:00:00Z', isToday: false }
const LAST_3H = { kind: 'last', lengthMs: 3 * HOUR_MS }

/** What is looked at on a page of this address. */
function opened(path: string, head = HEAD, prefix: () => string | undefined = () => '') {
  const page = new PageHistory(path)
  let changes = 0
  const looking = new Looking({ page, prefix, onChange: () => (changes += 1) })
  onTestFinished(looking.listen())
  looking.open(head)
  return { page, looking, changes: () => changes }
}

describe('what is looked at', () => {
  test('is what the server says where the address says nothing, and the address stays as it is', () => {
    const { page, looking, changes } = opened('/page#part')
    expect(looking.looked).toEqual({ range: LAST_3H, filters: {}, tables: [], expanded: undefined })
    expect([page.path, changes()]).toEqual(['/page#part', 0])
  })

  test('is what the address says, beside what others write there', () => {
    const { page, looking } = opened('/page?other=1&range=1h&shop=north#part')
    expect(looking.looked).toMatchObject({ range: { kind: 'last', lengthMs: HOUR_MS }, filters: { shop: ['north'] } })
    looking.change({ filters: {} })
    expect(page.path).toBe('/page?other=1&range=1h#part')
  })

  test('goes back and forward with the page, and says so each time', () => {
    const { page, looking, changes } = opened('/page')
    looking.change({ filters: { shop: ['north'] } })
    looking.change({ expanded: 'sales' })
    expect([page.path, page.depth, changes()]).toEqual(['/page?shop=north&expanded-panel=sales', 2, 2])
    page.go(-1)
    expect(looking.looked).toMatchObject({ filters: { shop: ['north'] }, expanded: undefined })
    page.go(-1)
    expect(looking.looked).toMatchObject({ filters: {}, expanded: undefined })
    page.go(2)
    expect([looking.looked.expanded, changes()]).toEqual(['sales', 5])
  })

  test('a change that changes nothing is no page to go back to', () => {
    const { page, looking } = opened('/page?shop=north')
    looking.change({ filters: { shop: ['north'] } })
    looking.change({ range: { kind: 'last', lengthMs: 3 * HOUR_MS } })
    expect(page.depth).toBe(0)
  })

  test('leaves the address alone where the host wants that', () => {
    const { page, looking } = opened('/page?range=1h', HEAD, () => undefined)
    expect(looking.looked.range).toEqual(LAST_3H)
    looking.change({ filters: { shop: ['north'] } })
    page.go(-1)
    expect([page.path, looking.looked.filters]).toEqual(['/page?range=1h', { shop: ['north'] }])
  })

  test('keys have their prefix, so that two dashboards stand in one address', () => {
    const { page, looking } = opened('/page?one-range=1h&other-range=7d', HEAD, () => 'other-')
    expect(looking.looked.range).toEqual({ kind: 'last', lengthMs: 168 * HOUR_MS })
    looking.change({ filters: { shop: ['north'] } })
    expect(page.path).toBe('/page?one-range=1h&other-range=7d&other-shop=north')
  })

  test('a paused range stays, and "back to live" leads to the live one before', () => {
    const { looking } = opened('/page?range=1h')
    const nowMs = Date.UTC(2026, 10, 25, 14)
    looking.pause(nowMs)
    const paused = { kind: 'fixed', fromMs: nowMs - HOUR_MS, toMs: nowMs }
    expect(looking.looked.range).toEqual(paused)
    looking.pause(nowMs + HOUR_MS)
    expect(looking.looked.range).toEqual(paused)
    looking.goLive()
    expect(looking.looked.range).toEqual({ kind: 'last', lengthMs: HOUR_MS })
  })

  test('is the newest range where nothing has happened today, and says so until a range is picked', () => {
    const { page, looking } = opened('/page', dashboardHead([SALES], { newest: NEWEST }))
    const newest = { kind: 'fixed', fromMs: Date.parse(NEWEST.from), toMs: Date.parse(NEWEST.to) }
    expect([looking.looked.range, looking.isOldData, page.path]).toEqual([newest, true, '/page'])
    looking.change({ filters: { shop: ['north'] } })
    expect([looking.isOldData, page.path]).toEqual([true, '/page?shop=north'])
    looking.change({ range: { kind: 'today' } })
    expect([looking.isOldData, page.path]).toEqual([false, '/page?range=today&shop=north'])
    page.go(-2)
    expect(looking.isOldData).toBe(true)
  })
})
