import { describe, expect, test } from 'vitest'
import type { Value } from '../../src/client/index.ts'
import { type RowsValues, rowsOfMark } from '../../src/dashboard/rows/rowsOfMark.ts'

const HEAD = {
  columns: [
    { name: 'minute', type: 'TIMESTAMP WITH TIME ZONE' },
    { name: 'day', type: 'DATE' },
    { name: 'plain', type: 'TIMESTAMP' },
    { name: 'kind', type: 'VARCHAR' },
    { name: 'at', type: 'VARCHAR' },
  ],
  grainMs: 60_000,
  group: null,
  x: 'minute',
}
const RANGE = { from: '2026-11-25T00:00:00Z', to: '2026-11-26T00:00:00Z' }

describe('the rows behind a mark', () => {
  test.each<{ name: string; mark: Record<string, Value>; head?: object; answer?: object; rows: RowsValues }>([
    { name: 'of a whole panel are those of its range', mark: {}, rows: RANGE },
    { name: 'of a value have it', mark: { kind: 'a' }, rows: { ...RANGE, kind: 'a' } },
    { name: 'of NULL have NULL', mark: { kind: null }, rows: { ...RANGE, kind: null } },
    { name: 'of an empty text have it', mark: { kind: '' }, rows: { ...RANGE, kind: '' } },
    {
      name: 'have what the panel is narrowed to',
      mark: { kind: 'a' },
      answer: { filters: { shop: ['b', 'c'], country: [] } },
      rows: { ...RANGE, shop: ['b', 'c'], kind: 'a' },
    },
    {
      name: 'have the value of the mark where the panel is narrowed to several',
      mark: { kind: 'a' },
      answer: { filters: { kind: ['a', 'b'] } },
      rows: { ...RANGE, kind: 'a' },
    },
    {
      name: 'of a time are those of its grain',
      mark: { minute: '2026-11-25T14:31:00Z', kind: 'a' },
      rows: { from: new Date('2026-11-25T14:31:00Z'), to: new Date('2026-11-25T14:32:00Z'), kind: 'a' },
    },
    {
      name: 'of a day are those of the day in UTC',
      mark: { day: '2026-11-24', kind: 'a' },
      head: { group: 'day', x: 'kind', grainMs: null },
      rows: { from: new Date('2026-11-24T00:00:00Z'), to: new Date('2026-11-25T00:00:00Z'), kind: 'a' },
    },
    {
      name: 'of a time without a zone are those in UTC',
      mark: { plain: '2026-11-25 14:31:00' },
      head: { x: 'plain' },
      rows: { from: new Date('2026-11-25T14:31:00Z'), to: new Date('2026-11-25T14:32:00Z') },
    },
    {
      name: 'of a text that looks like a time have the text',
      mark: { at: '2026-11-25' },
      head: { x: 'at' },
      rows: { ...RANGE, at: '2026-11-25' },
    },
    {
      name: 'of a panel without a range are of any time',
      mark: { kind: 'a' },
      answer: { range: null },
      rows: { kind: 'a' },
    },
    {
      name: 'of a batch are all that it wrote, whenever they were',
      mark: { batch: 18204, kind: 'a' },
      rows: { batch: 18204 },
    },
    { name: 'of a list are looked for by its text', mark: { kind: ['a'] }, rows: { ...RANGE, kind: '["a"]' } },
  ])('$name', ({ mark, head = {}, answer = {}, rows }) => {
    expect(rowsOfMark({ ...HEAD, ...head }, { range: RANGE, filters: {}, ...answer }, mark)).toEqual(rows)
  })
})
