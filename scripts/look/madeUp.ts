// Answers to look at the dashboard with: made up of waves, so that a picture is the same each time.
import type { Column, PanelHead } from '../../src/client/index.ts'

/** A panel as the server has it, and its rows for a range. */
export interface MadeUpPanel {
  readonly head: PanelHead
  rows(fromMs: number, toMs: number, nowMs: number): readonly (readonly unknown[])[]
}

const MINUTE_MS = 60_000
const DAY_MS = 86_400_000

function range(count: number): readonly number[] {
  return Array.from({ length: count }, (_, at) => at)
}

/** The minutes that have begun by now. */
function minutes(fromMs: number, toMs: number, nowMs: number): readonly number[] {
  return range(Math.max(0, Math.ceil((Math.min(toMs, nowMs) - fromMs) / MINUTE_MS))).map(
    (at) => fromMs + at * MINUTE_MS,
  )
}

const KINDS = ['CHAT', 'EMAIL', 'PUSH', 'SMS', 'OTHER']
const WEIGHTS = [320, 520, 360, 190, 115]
const COUNTRIES = ['Brazil', 'United States', 'Germany', 'India', 'United Kingdom', 'France', 'Spain', 'Japan', null]

/** From 0 to 1, the same for the same numbers. */
function chance(...seeds: readonly number[]): number {
  const mixed = seeds.reduce((sum, seed) => Math.imul(sum ^ Math.trunc(seed), 2_654_435_761) ^ (sum >>> 15), 0x9e3779b9)
  return ((mixed ^ (mixed >>> 13)) >>> 0) / 2 ** 32
}

/** How many came in a minute of a kind. */
function count(minuteMs: number, kind: number, nowMs: number): number {
  const whole =
    (WEIGHTS[kind] ?? 0) * (1 + 0.4 * Math.sin(minuteMs / 9e6 + kind)) * (0.92 + 0.16 * chance(minuteMs / 6e4, kind))
  const part = Math.min(1, Math.max(0, (nowMs - minuteMs) / 60_000))
  return Math.round(whole * part)
}

const text = (name: string): Column => ({ name, type: 'VARCHAR' })
const whole = (name: string): Column => ({ name, type: 'BIGINT' })
const iso = (timeMs: number): string => new Date(timeMs).toISOString().replace('.000Z', 'Z')

function head(name: string, kind: PanelHead['kind'], more: Partial<PanelHead>): PanelHead {
  const time = { over: 'view', grain: '1 minute', grainMs: 60_000, rangeMs: 10_800_000 } as const
  const links = { spark: null, brush: null, coarser: null, rows: null, before: null, compared: null }
  const names = { unit: null, units: {}, headings: {}, labels: [], order: [], note: null, alarm: null }
  const axes = { x: null, y: ['messages'], series: null, group: null }
  const filters = [text('channel'), text('event_type'), text('country')]
  const describes = `${name}; one row a group.`
  const all = { name, title: name, describes, kind, columns: [], filters, problem: null }
  return { ...all, ...time, ...links, ...names, ...axes, ...more }
}

const total = (fromMs: number, toMs: number, nowMs: number): number =>
  minutes(fromMs, toMs, nowMs).reduce(
    (sum, minute) => sum + range(KINDS.length).reduce((all, kind) => all + count(minute, kind, nowMs), 0),
    0,
  )

export const MADE_UP: readonly MadeUpPanel[] = [
  {
    head: head('messages', 'number', {
      title: 'Messages',
      y: ['messages'],
      before: 'messages_before',
      spark: 'messages_of_day',
      columns: [whole('messages'), whole('messages_before')],
    }),
    rows: (fromMs, toMs, nowMs) => [[total(fromMs, toMs, nowMs), Math.round(total(fromMs, toMs, nowMs) / 1.042)]],
  },
  {
    head: head('corrupted', 'number', {
      title: 'Corrupted',
      y: ['share'],
      before: 'share_before',
      unit: '%',
      alarm: 10,
      columns: [
        { name: 'share', type: 'DOUBLE' },
        { name: 'share_before', type: 'DOUBLE' },
      ],
    }),
    rows: () => [[4.15, 3.42]],
  },
  {
    head: head('messages_per_minute', 'area', {
      title: 'Messages per minute',
      x: 'minute',
      series: 'channel',
      order: KINDS,
      brush: 'messages_of_day',
      columns: [{ name: 'minute', type: 'TIMESTAMP WITH TIME ZONE' }, text('channel'), whole('messages')],
    }),
    rows: (fromMs, toMs, nowMs) =>
      minutes(fromMs, toMs, nowMs).flatMap((minute) =>
        KINDS.map((kind, at) => [iso(minute), kind, count(minute, at, nowMs)]),
      ),
  },
  {
    head: head('messages_of_day', 'line', {
      over: 'full-day',
      grain: '10 minutes',
      grainMs: 600_000,
      title: 'Messages of the day',
      x: 'minute',
      before: 'messages_before',
      columns: [{ name: 'minute', type: 'TIMESTAMP WITH TIME ZONE' }, whole('messages'), whole('messages_before')],
    }),
    rows: (_fromMs, _toMs, nowMs) =>
      range(144).map((at) => {
        const fromMs = Math.floor(nowMs / DAY_MS) * DAY_MS + at * 600_000
        return [
          iso(fromMs),
          fromMs > nowMs ? null : total(fromMs, fromMs + 600_000, nowMs),
          total(fromMs, fromMs + 600_000, fromMs + 9e9),
        ]
      }),
  },
  {
    head: head('event_types', 'heat', {
      title: 'Event types by channel',
      x: 'event_type',
      series: 'channel',
      order: KINDS,
      group: 'date',
      grain: '1 day',
      columns: [{ name: 'date', type: 'DATE' }, text('channel'), text('event_type'), whole('messages')],
    }),
    rows: (_fromMs, _toMs, nowMs) =>
      range(3).flatMap((back) =>
        ['CLICKED', 'CREATED', 'OPEN', 'RECEIVED', 'SENT'].flatMap((type, row) =>
          KINDS.map((kind, at) => [
            iso(Math.floor(nowMs / DAY_MS - back) * DAY_MS).slice(0, 10),
            kind,
            type,
            Math.round((WEIGHTS[at] ?? 0) * (row + 2) * (back === 0 ? 30 : 60) * (0.8 + chance(back, row, at) / 2)),
          ]),
        ),
      ),
  },
  {
    head: head('countries', 'bar', {
      title: 'Countries',
      x: 'country',
      before: 'messages_before',
      grain: '1 hour',
      columns: [text('country'), whole('messages'), whole('messages_before')],
    }),
    rows: () => COUNTRIES.map((country, at) => [country, 162_875 - at * 14_000, 160_000 - at * 13_700]),
  },
  {
    head: head('batches', 'batches', {
      title: 'Batches',
      x: 'batch_time',
      filters: [],
      series: 'stream',
      columns: [
        text('stream'),
        whole('batch'),
        { name: 'batch_time', type: 'TIMESTAMP WITH TIME ZONE' },
        whole('input_rows'),
        whole('lag_ms'),
        ...['plan_ms', 'stage_ms', 'sync_ms', 'commit_ms', 'publish_ms', 'total_ms'].map((name) => ({
          name,
          type: 'DOUBLE',
        })),
      ],
    }),
    rows: (_fromMs, _toMs, nowMs) =>
      range(60).map((at) => {
        const second = Math.floor(nowMs / 1000) - at
        const phases = [2, 5, 1, 4, 3].map((ms, phase) => ms + 4 * chance(second, phase))
        const sum = phases.reduce((all, ms) => all + ms, 0)
        return [
          'silver',
          second % 100_000,
          iso(second * 1000),
          200 + Math.round(200 * chance(second)),
          Math.round(sum + 20),
          ...phases,
          sum,
        ]
      }),
  },
]
