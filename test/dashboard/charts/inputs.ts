import type { PanelAnswer, PanelHead, Value } from '../../../src/client/index.ts'
import { Numbers } from '../../../src/dashboard/numbers.ts'
import { NO_LATE_MARKS } from '../../../src/dashboard/panels/lateMarks.ts'
import type { PanelInput } from '../../../src/dashboard/panels/panelInput.ts'
import type { View } from '../../../src/dashboard/view/view.ts'
import { wordsWith } from '../../../src/dashboard/words.ts'
import { panelAnswer, panelHead } from '../../support/dashboardHeads.ts'

const MINUTE_MS = 60_000

export const at = (time: string): number => Date.parse(`2026-11-25T${time}Z`)
export const iso = (timeMs: number): string => new Date(timeMs).toISOString()

/** 8 seconds into a minute, in a zone that is not UTC. */
export const NOW_MS = at('13:32:08')

const WORDS = wordsWith({})
const TEXT = { words: WORDS, numbers: new Numbers('en-GB', 'Europe/Berlin', WORDS.units) }

export interface Made {
  readonly head?: Partial<PanelHead>
  readonly columns: readonly (readonly [name: string, type: string])[]
  readonly rows: readonly (readonly Value[])[]
  readonly from?: string
  readonly to?: string
  readonly completeTo?: string | null
  readonly view?: Partial<View>
  readonly input?: Partial<PanelInput>
}

/** What a panel is given: four minutes up to now, unless it is said otherwise. */
export function madeInput(made: Made): PanelInput {
  const columns = made.columns.map(([name, type]) => ({ name, type }))
  return {
    head: { ...HEAD, columns, ...made.head },
    answer: madeAnswer(made),
    spark: undefined,
    view: {
      range: { kind: 'last', lengthMs: 4 * MINUTE_MS },
      filters: {},
      nowMs: NOW_MS,
      isPaused: false,
      isWall: false,
      ...FRESH,
      ...made.view,
    },
    text: TEXT,
    lateMarks: NO_LATE_MARKS,
    ...made.input,
  }
}

const FRESH = { freshness: 'fresh' } as const

export function madeAnswer({
  columns,
  rows,
  from = '13:29:00',
  to = '13:33:00',
  completeTo = '13:32:00',
}: Made): PanelAnswer {
  return panelAnswer(Object.fromEntries(columns), rows, {
    panel: 'made',
    range: { from: iso(at(from)), to: iso(at(to)) },
    completeTo: completeTo === null ? null : iso(at(completeTo)),
    position: {
      generation: 'a',
      batch: 1,
      batchTime: iso(NOW_MS),
      takenTime: iso(NOW_MS - 500),
      newestEventTime: iso(NOW_MS - 1_000),
    },
  })
}

const HEAD = panelHead({
  name: 'made',
  title: 'Made up',
  describes: 'one row per minute',
  x: 'minute',
  y: ['count'],
  over: 'view',
  grain: '1 minute',
  grainMs: MINUTE_MS,
  rangeMs: 180 * MINUTE_MS,
})
