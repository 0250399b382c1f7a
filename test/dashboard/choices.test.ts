import { describe, expect, test } from 'vitest'
import { askedForChoices, choicesOf, choicesPanel, filterHeading } from '../../src/dashboard/filters/choices.ts'
import { panelAnswer, panelHead } from '../support/dashboardHeads.ts'

const column = (name: string) => ({ name, type: 'VARCHAR' })
const shop = [column('shop')]
const sales = panelHead({ name: 'sales', y: ['items'], filters: shop, columns: [column('shop'), column('items')] })

describe('the panel that names the values of a filter', () => {
  const chart = { ...sales, name: 'chart', x: 'minute', series: 'shop', over: 'view' } as const
  const list = { ...sales, name: 'list', x: 'shop', over: 'day' } as const
  const heat = { ...sales, name: 'heat', x: 'kind', series: 'shop', over: 'day' } as const
  test.each([
    ['one that is about it', [chart, heat, list], 'list'],
    ['one of the day rather than one of a range', [chart, heat], 'heat'],
    ['one of a range, if there is no other', [chart], 'chart'],
    ['none without the column', [panelHead({ name: 'a', y: ['items'], filters: shop })], undefined],
    ['none that cannot be narrowed by it', [{ ...sales, filters: [] }], undefined],
    ['none without a measure', [{ ...sales, y: [] }], undefined],
    ['none that cannot be read', [{ ...sales, problem: 'no such column' }], undefined],
  ])('%s', (_, panels, name) => {
    expect(choicesPanel(panels, 'shop')?.name).toBe(name)
  })

  test('is asked without that filter, and with the others', () => {
    const list = { ...sales, filters: [column('shop'), column('kind')] }
    const filters = { shop: ['north'], kind: ['x'] }
    const asked = askedForChoices('shop', { panels: [list], range: { kind: 'today' }, filters, nowMs: 0 })
    expect(asked?.parameters).toEqual({ kind: ['x'] })
  })
})

describe('the choices', () => {
  const types = { minute: 'TIMESTAMP', shop: 'VARCHAR', items: 'BIGINT' }
  const rows = [
    ['10:00', 'north', 3],
    ['10:00', 'south', '9007199254740994'],
    ['10:01', 'north', 4],
    ['10:01', null, 100],
    ['10:01', 'east', null],
  ] as const
  const values = (head = sales, chosen: readonly string[] = []) =>
    choicesOf('shop', head, panelAnswer(types, rows), chosen).map(({ value, amount }) => [value, amount])

  test('are added up, the largest first; NULL is none', () => {
    expect(values()).toEqual([
      ['south', 9007199254740994],
      ['north', 7],
      ['east', 0],
    ])
  })

  test('stand in the order of the series, where the panel says one', () => {
    const ordered = { ...sales, series: 'shop', order: ['east', 'north'] }
    expect(values(ordered).map(([value]) => value)).toEqual(['east', 'north', 'south'])
  })

  test('have what was chosen, even if no row has it now', () => {
    const found = choicesOf('shop', sales, panelAnswer(types, rows), ['gone', 'north'])
    expect(found.filter(({ isChosen }) => isChosen)).toEqual([
      { value: 'north', label: 'north', amount: 7, isChosen: true },
      { value: 'gone', label: 'gone', amount: undefined, isChosen: true },
    ])
  })

  test('are called as the panel calls them', () => {
    const labelled = { ...sales, labels: [{ value: 'north', label: 'The North' }] }
    const found = choicesOf('shop', labelled, panelAnswer(types, rows), [])
    expect(found.map(({ label }) => label)).toEqual(['south', 'The North', 'east'])
  })
})

test.each([
  ['a heading of a panel', [{ ...sales, x: 'shop_name', headings: { shop_name: 'Where' } }], 'Where'],
  [
    'its name, where a panel only draws by it',
    [{ ...sales, series: 'shop_name', headings: { shop_name: 'By' } }],
    'Shop name',
  ],
  ['its name, as words', [sales], 'Shop name'],
])('a filter is called by %s', (_, panels, heading) => {
  expect(filterHeading(panels, 'shop_name')).toBe(heading)
})
