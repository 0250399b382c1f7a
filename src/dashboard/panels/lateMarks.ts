import type { PanelAnswer, PanelHead, Value } from '../../client/index.ts'

/** Which values were corrected a moment ago: grains that were complete before, and have other numbers now. */
export interface LateMarks {
  /** Whether the row with these values of x, series and group was corrected. */
  has(x: Value, series?: Value, group?: Value): boolean
  /** Undefined where nothing was. */
  readonly correction: Correction | undefined
}

/** What was corrected: how much was added, and in which grains. */
export interface Correction {
  readonly added: number
  readonly fromMs: number
  /** The end of the last one. */
  readonly toMs: number
}

export const NO_LATE_MARKS: LateMarks = { has: () => false, correction: undefined }

/** A grain is given so long after its end: what comes by then was on its way. */
const GRACE_MS = 10_000

/** What a panel showed, and when. */
export interface Shown {
  readonly answer: PanelAnswer
  /** The server's clock. */
  readonly atMs: number
}

/**
 * What a new answer says otherwise of grains that the one before showed as complete. Only answers of the same question
 * can be compared.
 */
export function lateMarks(head: PanelHead, before: Shown, { answer }: Shown): LateMarks {
  const { grainMs } = head
  const time = timeColumn(head, answer)
  const { completeTo } = before.answer
  if (grainMs === null || time === undefined || completeTo === null || before.answer.rows === answer.rows) {
    return NO_LATE_MARKS
  }
  const completeMs = Math.min(Date.parse(completeTo), before.atMs - GRACE_MS)
  const amounts = amountsOf(head, before.answer)
  const keys = new Set<string>()
  const found = { added: 0, fromMs: Number.POSITIVE_INFINITY, toMs: Number.NEGATIVE_INFINITY }
  // Rows before the first of the other answer came by its range, which has moved.
  const firstMs = Date.parse(before.answer.range?.from ?? '')
  for (const [key, { amount, timeMs }] of amountsOf(head, answer)) {
    const isComplete = timeMs + grainMs <= completeMs && !(timeMs < firstMs)
    if (!isComplete) continue
    const difference = amount - (amounts.get(key)?.amount ?? 0)
    if (difference === 0) continue
    keys.add(key)
    found.added += difference
    found.fromMs = Math.min(found.fromMs, timeMs)
    found.toMs = Math.max(found.toMs, timeMs + grainMs)
  }
  if (keys.size === 0) return NO_LATE_MARKS
  return { has: (x, series = null, group = null) => keys.has(keyOf([x, series, group])), correction: found }
}

function timeColumn(head: PanelHead, { columns }: PanelAnswer): string | undefined {
  const isTime = (name: string | null): boolean => {
    const type = columns.find((column) => column.name === name)?.type ?? ''
    return /^(DATE|TIMESTAMP)/.test(type)
  }
  return [head.x, head.group].find(isTime) ?? undefined
}

function amountsOf(head: PanelHead, { columns, rows }: PanelAnswer) {
  const place = (name: string | null | undefined): number => columns.findIndex((column) => column.name === name)
  const [x, series, group, y] = [head.x, head.series, head.group, head.y[0]].map(place) as [
    number,
    number,
    number,
    number,
  ]
  const time = place(timeColumn(head, { columns } as PanelAnswer))
  const amounts = new Map<string, { readonly amount: number; readonly timeMs: number }>()
  for (const row of rows) {
    const key = keyOf([row[x] ?? null, row[series] ?? null, row[group] ?? null])
    const amount = Number(row[y] ?? 0)
    amounts.set(key, { amount: Number.isFinite(amount) ? amount : 0, timeMs: Date.parse(String(row[time])) })
  }
  return amounts
}

function keyOf(values: readonly Value[]): string {
  return JSON.stringify(values)
}
