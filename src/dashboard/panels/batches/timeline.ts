import { type Batch, PHASES, type Phase } from './batch.ts'

// Where the batches of a stream stand in the three strips (rows, duration by phase, lag), which share one time axis.
// Each batch has as much room as any other, however close together they are; a pause has the room of one batch.

/** How many batches and pauses are shown. */
export const SLOTS = 60

/** A pause is a break in the axis if it is so many times as long as most, and long enough for a person to see it. */
const LONG_PAUSE = 10
const MIN_PAUSE_MS = 10_000

/** How much of its room a bar has. */
const BAR = 0.74

export interface BatchSlot {
  readonly kind: 'batch'
  readonly batch: Batch
  /** Where its room begins, as a share of the width. */
  readonly from: number
  /** Its heights, as shares of a strip's. */
  readonly rows: number | undefined
  /** From the bottom up; none while its durations are not known. */
  readonly phases: readonly { readonly phase: Phase; readonly from: number; readonly to: number }[]
  readonly lag: number | undefined
}

export interface PauseSlot {
  readonly kind: 'pause'
  readonly from: number
  readonly lengthMs: number
}

export interface BatchTimeline {
  readonly slots: readonly (BatchSlot | PauseSlot)[]
  /** The room of one batch, and the width of its bar, as shares of the width. */
  readonly room: number
  readonly bar: number
  /** The lines of the lag: points of batches that follow each other without a pause. */
  readonly lagLines: readonly (readonly { readonly at: number; readonly lag: number }[])[]
  /** What the height of each strip is. */
  readonly tops: { readonly rows: number; readonly durationMs: number; readonly lagMs: number }
  readonly ticks: readonly { readonly at: number; readonly timeMs: number }[]
  /** Whether the newest batch is at the right end now, and not a while ago. */
  readonly endsNow: boolean
  readonly medianMs: number | undefined
  readonly slowest: Batch | undefined
  readonly count: number
}

const TICKS = 4

/**
 * @param batches  of one stream, oldest first
 * @param nowMs  the server's clock; undefined while what is shown ended earlier
 */
export function batchTimeline(batches: readonly Batch[], nowMs: number | undefined): BatchTimeline {
  const placed = placedBatches(batches, nowMs)
  const shown = placed.flatMap((slot) => (slot.kind === 'batch' ? [slot.batch] : []))
  const room = 1 / SLOTS
  const tops = {
    rows: roundTop(mostOf(shown.map(({ rowCount }) => rowCount))),
    durationMs: roundTop(mostOf(shown.map(({ durationMs }) => durationMs))),
    lagMs: roundTop(mostOf(shown.map(({ lagMs }) => lagMs))),
  }
  const slots = placed.map((slot, index): BatchSlot | PauseSlot => {
    const from = 1 - (placed.length - index) * room
    return slot.kind === 'pause' ? { ...slot, from } : { kind: 'batch', from, ...heightsOf(slot.batch, tops) }
  })
  const durations = shown.flatMap(({ durationMs }) => (durationMs === undefined ? [] : [durationMs]))
  return {
    slots,
    room,
    bar: room * BAR,
    lagLines: lagLines(slots, room),
    tops,
    ticks: ticksOf(slots),
    endsNow: nowMs !== undefined && placed.at(-1)?.kind === 'batch',
    medianMs: medianOf(durations),
    slowest: shown.reduce<Batch | undefined>((slowest, batch) => {
      return (batch.durationMs ?? -1) > (slowest?.durationMs ?? -1) ? batch : slowest
    }, undefined),
    count: shown.length,
  }
}

type Placed = { readonly kind: 'batch'; readonly batch: Batch } | { readonly kind: 'pause'; readonly lengthMs: number }

/** The last batches and the long pauses between them, oldest first, as many as have room. */
function placedBatches(batches: readonly Batch[], nowMs: number | undefined): readonly Placed[] {
  const last = batches.slice(-SLOTS)
  const pauses = last.slice(1).map((batch, index) => batch.timeMs - (last[index]?.timeMs ?? batch.timeMs))
  const longMs = Math.max(MIN_PAUSE_MS, LONG_PAUSE * (medianOf(pauses) ?? 0))
  const placed = last.flatMap((batch, index): Placed[] => {
    const lengthMs = pauses[index - 1] ?? 0
    const own: Placed = { kind: 'batch', batch }
    return lengthMs > longMs ? [{ kind: 'pause', lengthMs }, own] : [own]
  })
  const sinceMs = nowMs === undefined ? 0 : nowMs - (last.at(-1)?.timeMs ?? nowMs)
  if (sinceMs > longMs) placed.push({ kind: 'pause', lengthMs: sinceMs })
  const shown = placed.slice(-SLOTS)
  return shown[0]?.kind === 'pause' ? shown.slice(1) : shown
}

function heightsOf(batch: Batch, tops: BatchTimeline['tops']): Pick<BatchSlot, 'batch' | 'rows' | 'phases' | 'lag'> {
  let reachedMs = 0
  const phases = PHASES.map((phase) => {
    const fromMs = reachedMs
    reachedMs += batch.phases?.[phase] ?? 0
    return { phase, from: fromMs / tops.durationMs, to: Math.min(1, reachedMs / tops.durationMs) }
  })
  return {
    batch,
    rows: batch.rowCount === undefined ? undefined : batch.rowCount / tops.rows,
    phases: batch.phases === undefined ? [] : phases,
    lag: batch.lagMs === undefined ? undefined : batch.lagMs / tops.lagMs,
  }
}

/** A line goes through the middles of bars, and over nothing that is not known. */
function lagLines(slots: readonly (BatchSlot | PauseSlot)[], room: number): BatchTimeline['lagLines'] {
  const lines: { at: number; lag: number }[][] = []
  let line: { at: number; lag: number }[] | undefined
  for (const slot of slots) {
    if (slot.kind === 'pause' || slot.lag === undefined) {
      line = undefined
      continue
    }
    const point = { at: slot.from + (room * BAR) / 2, lag: slot.lag }
    if (line === undefined) lines.push([point])
    else line.push(point)
    line = lines.at(-1)
  }
  return lines
}

/** Times under the axis, where a batch is. */
function ticksOf(slots: readonly (BatchSlot | PauseSlot)[]): BatchTimeline['ticks'] {
  const every = SLOTS / TICKS
  // What is said of a pause at the end needs the room of a time.
  const endsWithPause = slots.at(-1)?.kind === 'pause'
  return slots.flatMap((slot, index) => {
    const place = SLOTS - slots.length + index
    const isTick = place % every === 0 && slot.kind === 'batch' && (place < SLOTS - every || !endsWithPause)
    return isTick ? [{ at: slot.from, timeMs: slot.batch.timeMs }] : []
  })
}

/** The batch under a place of the strips, as a share of their width; undefined over a pause and beside them all. */
export function batchAt({ slots, room }: BatchTimeline, place: number): Batch | undefined {
  const slot = slots.find(({ from }) => place >= from && place < from + room)
  return slot?.kind === 'batch' ? slot.batch : undefined
}

/** The batch that is `steps` after another one; the first or the last if there are not so many. */
export function batchBeside({ slots }: BatchTimeline, key: string | undefined, steps: number): Batch | undefined {
  const batches = slots.flatMap((slot) => (slot.kind === 'batch' ? [slot.batch] : []))
  const at = batches.findIndex((batch) => batch.key === key)
  const from = at < 0 ? batches.length - 1 : at
  return batches[Math.max(0, Math.min(batches.length - 1, from + steps))]
}

/**
 * What the list under the strips shows: the picked batch first, whatever comes, then the newest. How long one took is
 * known once the next one is there: until then it stands in the strips alone.
 */
export function listedBatches(batches: readonly Batch[], picked: Batch | undefined, count: number): readonly Batch[] {
  const isMeasured = batches.some(({ durationMs }) => durationMs !== undefined)
  const listed = isMeasured && batches.at(-1)?.durationMs === undefined ? batches.slice(0, -1) : batches
  const others = listed.filter(({ key }) => key !== picked?.key).slice(-(picked === undefined ? count : count - 1))
  return [...(picked === undefined ? [] : [picked]), ...others.reverse()]
}

const ROUND = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10] as const

/** The round number that a strip goes up to. */
function roundTop(most: number): number {
  if (most <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(most))
  const top = ROUND.find((round) => round * power >= most) ?? 10
  return Number((top * power).toPrecision(12))
}

function mostOf(values: readonly (number | undefined)[]): number {
  return values.reduce<number>((most, value) => Math.max(most, value ?? 0), 0)
}

/** Of two in the middle the smaller one: one long pause among two is not usual. */
function medianOf(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)]
}
