import { describe, expect, test } from 'vitest'
import type { PanelHead, Value } from '../../../src/client/index.ts'
import { numberModel } from '../../../src/dashboard/panels/number/numberModel.ts'
import { sparkLine } from '../../../src/dashboard/panels/number/sparkLine.ts'
import { at, iso, type Made, madeAnswer, madeInput } from './inputs.ts'

const HEAD = { kind: 'number', x: null, y: ['count'], before: 'before', over: 'day' } as const

function made(values: readonly [Value, Value], head: Partial<PanelHead> = {}, type = 'BIGINT'): Made {
  const columns = [
    ['count', type],
    ['before', type],
  ] as const
  return { head: { ...HEAD, ...head }, columns, rows: [values], from: '00:00:00', to: '13:33:00' }
}

describe('a number', () => {
  const PER_CENT = { unit: '%', alarm: 10 }
  const cases: readonly {
    readonly name: string
    readonly made: Made
    readonly value: string
    readonly change?: string
    readonly note: string
  }[] = [
    {
      name: 'more than yesterday',
      made: made([1_273_904, 1_222_557]),
      value: '1,273,904',
      change: 'more 4.2%',
      note: 'against 1,222,557 yesterday by 14:32',
    },
    {
      name: 'less than yesterday',
      made: made([18_236, 18_439]),
      value: '18,236',
      change: 'less 1.1%',
      note: 'against 18,439 yesterday by 14:32',
    },
    {
      name: 'as many as yesterday',
      made: made([100_000, 100_010]),
      value: '100,000',
      change: 'same 0.0%',
      note: 'against 100,010 yesterday by 14:32',
    },
    {
      name: 'a share, which changes by points: more is not bad below the alarm',
      made: made([4.15, 3.42], PER_CENT, 'DOUBLE'),
      value: '4.15 %',
      change: 'more 0.73 pt',
      note: 'against 3.42% yesterday by 14:32',
    },
    {
      name: 'a share above the alarm, of which there is more',
      made: made([28.6, 28], PER_CENT, 'DOUBLE'),
      value: '28.60 %, bad',
      change: 'more 0.60 pt, bad',
      note: 'against 28.00% yesterday by 14:32',
    },
    {
      name: 'a share above the alarm',
      made: made([28.6, 29], PER_CENT, 'DOUBLE'),
      value: '28.60 %, bad',
      change: 'less 0.40 pt',
      note: 'against 29.00% yesterday by 14:32',
    },
    {
      name: 'a measure, which changes by its unit',
      made: made([21.5, 20.75], { unit: '°C' }, 'DOUBLE'),
      value: '21.50 °C',
      change: 'more 0.75\u00a0°C',
      note: 'against 20.75\u00a0°C yesterday by 14:32',
    },
    { name: 'nothing yet', made: made([null, null]), value: '–', note: 'nothing yet' },
    { name: 'nothing yesterday', made: made([5, null]), value: '5', note: 'nothing the day before' },
    { name: 'zero yesterday', made: made([5, 0]), value: '5', note: 'against 0 yesterday by 14:32' },
    { name: 'a thousand times as many', made: made([5_000, 5]), value: '5,000', note: 'against 5 yesterday by 14:32' },
    {
      name: 'beyond 2^53',
      made: made(['9007199254740993', '9007199254740992']),
      value: '9,007,199,254,740,993',
      change: 'same 0.0%',
      note: 'against 9,007,199,254,740,992 yesterday by 14:32',
    },
    { name: 'no row at all', made: { ...made([1, 1]), rows: [] }, value: '–', note: 'nothing yet' },
    {
      name: 'without a day before',
      made: made([5, 4], { before: null, note: 'first messages' }),
      value: '5',
      note: 'first messages',
    },
    {
      name: 'of a day in the past',
      made: { ...made([5, 4]), to: '12:00:00', completeTo: '12:00:00' },
      value: '5',
      change: 'more 25.0%',
      note: 'against 4 the day before',
    },
    {
      name: 'that may be old',
      made: { ...made([5, 4]), view: { freshness: 'disconnected' } },
      value: '5',
      change: 'more 25.0%',
      note: 'as of 14:32:07',
    },
    ...[
      { added: 214, note: '214 late, of 14:26 to 14:29' },
      { added: -3, note: 'corrected by 3, of 14:26 to 14:29' },
    ].map(({ added, note }) => {
      const correction = { added, fromMs: at('13:26:00'), toMs: at('13:29:00') }
      const late = { ...made([5, 4]), input: { lateMarks: { has: () => false, correction } } }
      return { name: `corrected by ${added}`, made: late, value: '5', change: 'more 25.0%', note }
    }),
  ]
  test.each(cases)('$name', (one) => {
    const { value, unit, isBad, change, note } = numberModel(madeInput(one.made))
    expect({
      value: `${value}${unit === null ? '' : ` ${unit}`}${isBad ? ', bad' : ''}`,
      change: change && `${change.direction} ${change.text}${change.isBad ? ', bad' : ''}`,
      note,
    }).toEqual({ value: one.value, change: one.change, note: one.note })
  })

  test('is compared by the column that counts as far as the day before does', () => {
    const columns = [
      ['count', 'BIGINT'],
      ['so_far', 'BIGINT'],
      ['before', 'BIGINT'],
    ] as const
    const input = madeInput({ head: { ...HEAD, compared: 'so_far' }, columns, rows: [[110, 105, 100]] })
    const { value, change } = numberModel(input)
    expect([value, change?.text]).toEqual(['110', '5.0%'])
  })
})

describe('the line below a number', () => {
  const columns = [
    ['hour', 'TIMESTAMP WITH TIME ZONE'],
    ['other', 'BIGINT'],
    ['count', 'BIGINT'],
    ['before', 'BIGINT'],
  ] as const
  const rows = Array.from({ length: 24 }, (_, hour) => [
    iso(at(`${String(hour).padStart(2, '0')}:00:00`)),
    1,
    hour < 14 ? 10 * hour : null,
    100,
  ])
  const spark = madeAnswer({ columns, rows, from: '00:00:00', to: '23:59:59', completeTo: '13:00:00' })

  test('ends with the end of the last complete hour, and goes on with the day before', () => {
    const { day } = numberModel({ ...madeInput(made([1, 1], { spark: 'day' })), spark })
    if (day === undefined) throw new Error('There is no line.')
    expect(day.values.slice(11, 15)).toEqual([110, 120, null, null])
    const line = sparkLine(day)
    expect(line.end?.x).toBeCloseTo((1_000 * 13) / 24, 0)
    expect(line.before.match(/L/g)).toHaveLength(23)
    expect(line.today.match(/L/g)).toHaveLength(12)
  })
  test('takes the first number where the measure is called otherwise', () => {
    const { day } = numberModel({ ...madeInput(made([1, 1], { spark: 'day', y: ['count', 'x'] })), spark })
    expect(day?.values[1]).toBe(10)
    const other = numberModel({ ...madeInput({ ...made([1, 1], { spark: 'day', y: ['unheard'] }) }), spark })
    expect(other.day?.values[1]).toBe(1)
  })
  test('is not there without rows', () => {
    const none = { ...spark, rows: [], range: null }
    expect(numberModel({ ...madeInput(made([1, 1], { spark: 'day' })), spark: none }).day).toBeUndefined()
  })
})
