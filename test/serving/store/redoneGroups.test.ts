import { expect, onTestFinished, test } from 'vitest'
import { rowsWithin } from '../../../src/duckdb/sql/keptGroups.ts'
import { KeptLake } from '../../support/keptLake.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'

/** What a model groups by → the range of its rows for two groups, as it is read; undefined if all rows are. */
const GROUPS: readonly (readonly [groups: string, ends: readonly (readonly [string, string])[], where: string])[] = [
  [
    `date_trunc('minute', seen_at)`,
    [['2026-11-22 10:00:00+00', '2026-11-22 10:05:00+00']],
    `"seen_at" >= CAST('2026-11-22 10:00:00+00' AS TIMESTAMPTZ) AND ` +
      `"seen_at" < CAST('2026-11-22 10:05:00+00' AS TIMESTAMPTZ) + INTERVAL '1 minute'`,
  ],
  [
    'CAST(first_events.seen_at AS DATE)',
    [['2026-11-22', '2026-11-23']],
    `"seen_at" >= CAST('2026-11-22' AS TIMESTAMPTZ) AND ` +
      `"seen_at" < CAST('2026-11-23' AS TIMESTAMPTZ) + INTERVAL '1 day'`,
  ],
  [
    'person, place',
    [
      ['1000', '1003'],
      ['CHAT', "it's"],
    ],
    `"person" >= CAST('1000' AS INTEGER) AND "person" <= CAST('1003' AS INTEGER) AND ` +
      `"place" >= CAST('CHAT' AS VARCHAR) AND "place" <= CAST('it''s' AS VARCHAR)`,
  ],
  ['number % 3', [], ''],
  [`date_trunc('decade', seen_at)`, [], ''],
  [`date_trunc('day', CAST(seen_at AS DATE))`, [], ''],
]

/** From the first time, to which a row goes, to those at which its group loses it. */
const TIMES = [
  "'-infinity'",
  "'1844-03-15 (BC) 12:00:00+00'",
  "'1582-10-03 23:00:00+00'",
  "'1582-10-18 01:00:00+00'",
  "'2026-11-22 23:59:59.999999+00'",
  "'2026-11-23 00:00:00+00'",
  "'infinity'",
  'NULL',
]

async function lakeOf(groups: string): Promise<KeptLake> {
  const columns = groups.split(/, (?=[a-z]+$)/).map((group, index) => `${group} AS group_${index}`)
  const text = `SELECT ${columns.join(', ')}, max(number) AS highest, min(seen_at) AS first, count(*) AS events
    FROM first_events GROUP BY ALL`
  const lake = await KeptLake.make(temporaryFolder(), { models: { extremes: text } })
  onTestFinished(() => lake.end())
  await lake.open()
  return lake
}

const row = (id: string, time: string, number: number): string =>
  `(${time}, ${number}, 'OPEN', '${id}', 'CHAT', 2000, ${1000 + (number % 3)}, 1.5)`

for (const [groups, ends, where] of GROUPS) {
  test(`a group that lost its extreme is computed anew from the rows that may be its own: by ${groups}`, async () => {
    const lake = await lakeOf(groups)
    const ranges = lake.models[0]?.ranges ?? []
    const counted = Object.fromEntries(ends.map((pair, index) => [`ends ${index}`, pair]))
    const all = 'SELECT * FROM "first_events now" '
    expect(rowsWithin('first_events now', ranges, counted)).toBe(where === '' ? all : `${all}WHERE ${where}`)
    for (const outside of [null, ['infinity', 'infinity'], ['1844-03-15 (BC)', '2026-11-22']]) {
      const [first] = ranges
      const isRead = first?.part === undefined && outside !== null
      const text = rowsWithin('first_events now', ranges.slice(0, 1), { 'ends 0': outside })
      if (first !== undefined) expect(text.includes('WHERE')).toBe(isRead)
    }
    // Two rows at each time; then the one with the highest number turns out to have come earlier.
    await lake.add(TIMES.flatMap((time, index) => [row(`a${index}`, time, 900 + index), row(`b${index}`, time, index)]))
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    for (let index = TIMES.length - 1; index > 0; index--) {
      await lake.add([row(`a${index}`, TIMES[index - 1] ?? '', 500 + index)])
      expect(await lake.take()).toMatchObject({ kind: 'written' })
      expect(await lake.differences()).toEqual([])
    }
  })
}
