import type { Value } from '../../../client/index.ts'
import { type DayValues, dayOf } from '../../charts/dayValues.ts'
import { timeOf } from '../../charts/timeline.ts'
import { difference, type Exact, exactOf, shapeOf } from '../../values.ts'
import { withUnit, writtenExact } from '../chart/chartText.ts'
import { unitOf } from '../names.ts'
import type { PanelInput } from '../panelInput.ts'

/** How a number has changed since the day before. */
export interface Change {
  readonly direction: 'more' | 'less' | 'same'
  readonly text: string
  /** More of what is above its alarm. */
  readonly isBad: boolean
}

/** A number as it is shown. */
export interface NumberModel {
  readonly value: string
  readonly unit: string | null
  readonly isKnown: boolean
  /** Whether it is above the panel's alarm. */
  readonly isBad: boolean
  /** Whether it was corrected a moment ago. */
  readonly isLate: boolean
  /** Whether it may be old: the server has not been heard for a while. */
  readonly isOld: boolean
  readonly change: Change | undefined
  readonly note: string
  /** The same where there is little room. */
  readonly shortNote: string
  readonly day: DayValues | undefined
}

/** Behind the point, of what is no whole number: shares have two in a total. */
const DIGITS = 2

export function numberModel(input: PanelInput): NumberModel {
  const { head, view, text, spark } = input
  const late = lateNote(input)
  const [measure] = head.y
  const value = exactOf(cellOf(input, measure))
  const compared = exactOf(cellOf(input, head.compared ?? measure))
  const before = exactOf(cellOf(input, head.before))
  const written = (exact: Exact): string => writtenExact(text, exact, isWhole(input) ? 0 : DIGITS)
  const isOld = view.freshness === 'disconnected'
  const isBad = head.alarm !== null && value !== undefined && Number(value) > head.alarm
  const notes = notesOf(input, { value, before, isOld, written })
  return {
    value: value === undefined ? text.words.panel.none : written(value),
    unit: value === undefined ? null : unitOf(input.head, input.head.y[0] ?? ''),
    isKnown: value !== undefined,
    isBad,
    isLate: late !== undefined,
    isOld,
    change:
      compared === undefined || before === undefined ? undefined : changeOf(input, { now: compared, before, isBad }),
    note: late ?? notes.long,
    shortNote: late ?? notes.short,
    day:
      spark === undefined || head.spark === null
        ? undefined
        : dayOf(spark, measure, head.before ?? undefined, view.nowMs),
  }
}

/** What was added late, and of when. */
function lateNote({ lateMarks: { correction }, text }: PanelInput): string | undefined {
  if (correction === undefined) return undefined
  const { numbers, words } = text
  const { added, fromMs, toMs } = correction
  const rows = numbers.decimal(Math.abs(added), DIGITS, 0)
  return words.panel[added < 0 ? 'lateLess' : 'late'](rows, numbers.time(fromMs), numbers.time(toMs))
}

/** A number has one row. */
function cellOf({ answer }: PanelInput, name: string | null | undefined): Value | undefined {
  const index = answer.columns.findIndex((column) => column.name === name)
  return index < 0 ? undefined : answer.rows[0]?.[index]
}

function isWhole({ head, answer }: PanelInput): boolean {
  const type = answer.columns.find(({ name }) => name === head.y[0])?.type ?? ''
  return shapeOf(type) === 'integer'
}

interface Compared {
  readonly now: Exact
  readonly before: Exact
  /** Whether it is above its alarm now. */
  readonly isBad: boolean
}

/** Amounts change by per cent, shares by points, and any other measure by its unit. */
function changeOf(input: PanelInput, { now, before, isBad }: Compared): Change | undefined {
  const { words, numbers } = input.text
  const change = (moved: number, written: (size: number) => string, digits = DIGITS): Change =>
    changed(moved, { written, digits, isBad })
  const unit = unitOf(input.head, input.head.y[0] ?? '')
  const moved = Number(difference(now, before))
  if (unit === '%') return change(moved, (size) => words.number.points(numbers.decimal(size, DIGITS)))
  if (!isWhole(input) && unit !== null) {
    return change(moved, (size) => withUnit(numbers.decimal(size, DIGITS), unit))
  }
  const percent = (100 * moved) / Number(before)
  if (Number(before) <= 0 || percent >= MOST_PERCENT) return undefined
  return change(percent, (size) => numbers.share(size / 100, PERCENT_DIGITS), PERCENT_DIGITS)
}

const PERCENT_DIGITS = 1

/** From here on it is no longer a matter of per cent. */
const MOST_PERCENT = 1_000

/** What is written as zero is no change. */
function changed(
  moved: number,
  about: { readonly written: (size: number) => string; readonly digits: number; readonly isBad: boolean },
): Change {
  const size = Math.abs(moved)
  const isSame = size < 0.5 * 10 ** -about.digits
  const direction = isSame ? 'same' : moved > 0 ? 'more' : 'less'
  return { direction, text: about.written(size), isBad: about.isBad && direction === 'more' }
}

interface Notes {
  readonly long: string
  readonly short: string
}

function notesOf(
  input: PanelInput,
  about: {
    readonly value: Exact | undefined
    readonly before: Exact | undefined
    readonly isOld: boolean
    readonly written: (exact: Exact) => string
  },
): Notes {
  const { head, answer, view, text } = input
  const { number } = text.words
  const both = (note: string): Notes => ({ long: note, short: note })
  const takenMs = timeOf(answer.position?.takenTime)
  if (about.isOld && takenMs !== undefined) return both(number.asOf(text.numbers.timeWithSeconds(takenMs)))
  if (about.value === undefined) return both(number.nothing)
  if (head.before === null) return both(head.note ?? '')
  if (about.before === undefined) return both(number.nothingBefore)
  const before = withUnit(about.written(about.before), unitOf(head, head.y[0] ?? ''))
  const toMs = timeOf(answer.range?.to)
  const comparedMs = timeOf(answer.completeTo) ?? toMs
  // A range that has not ended is one of today.
  const isToday = toMs !== undefined && comparedMs !== undefined && toMs > view.nowMs - MINUTE_MS
  if (!isToday) return { long: number.dayBefore(before), short: number.dayBeforeShort(before) }
  const time = text.numbers.time(comparedMs)
  return { long: number.yesterday(before, time), short: number.yesterdayShort(before) }
}

const MINUTE_MS = 60_000
