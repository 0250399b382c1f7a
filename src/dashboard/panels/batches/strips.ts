import { html, nothing, svg, type TemplateResult } from 'lit'
import { barOf, level, percent, upright } from '../stretches.ts'
import type { CellContext } from '../valueText.ts'
import { type Batch, PHASES } from './batch.ts'
import type { BatchTimeline } from './timeline.ts'

// The three strips of the batches, the bar of one batch, and what is said of it.

export function drawnStrips(context: CellContext, timeline: BatchTimeline, marked: Batch | undefined): TemplateResult {
  const { formats, text } = context
  const { batches: words } = text.words
  const { tops } = timeline
  const label = (name: string, top: string, keys: unknown = nothing): TemplateResult =>
    html`<div class="label">${name}<span>${words.to(top)}</span>${keys}</div>`
  const keys = [...PHASES].reverse().map((phase) => {
    return html`<span class="key"><i class=${`swatch phase-${phase}`}></i>${words[phase]}</span>`
  })
  const picked = pickedOf(timeline, marked)
  const lines = [0, 0.25, 0.5, 0.75].map((at) => level('grid', at))
  return html`${label(words.rowsIn, formats.number(tops.rows))}
    <svg class="strip strip-rows" aria-hidden="true">${level('zero', 1)}${picked}${rowBars(timeline)}</svg>
    ${label(words.duration, formats.measure(tops.durationMs, 'ms'), keys)}
    <svg class="strip strip-phases" aria-hidden="true">${lines}${level('zero', 1)}${picked}${phaseBars(timeline)}</svg>
    ${label(words.lag, lagText(context, tops.lagMs))}
    <svg class="strip strip-lag" aria-hidden="true">
      ${level('grid', 0)}${level('zero', 1)}${picked}${lagLine(timeline)}
    </svg>
    ${axis(context, timeline)}`
}

function rowBars(timeline: BatchTimeline): TemplateResult {
  const columns = timeline.slots.flatMap((slot) =>
    slot.kind === 'batch' && slot.rows !== undefined ? [{ x: slot.from, from: 0, to: slot.rows }] : [],
  )
  const bars = svg`<path class="rows-bar" d=${columnsPath(columns, timeline.bar)}></path>`
  return svg`${stretched(bars)}${pauses(timeline)}`
}

/** One path for all pieces of a phase: hundreds of rectangles would be changed four times a second. */
function phaseBars(timeline: BatchTimeline): TemplateResult {
  const paths = PHASES.map((phase) => {
    const columns = timeline.slots.flatMap((slot) =>
      slot.kind === 'batch'
        ? slot.phases.flatMap((one) => (one.phase === phase ? [{ x: slot.from, from: one.from, to: one.to }] : []))
        : [],
    )
    return svg`<path class=${`phase-${phase}`} d=${columnsPath(columns, timeline.bar)}></path>`
  })
  return svg`${stretched(paths)}${pauses(timeline)}`
}

/** A drawing of 1,000 by 100 that takes the size of its strip. */
function stretched(content: unknown): TemplateResult {
  return svg`<svg width="100%" height="100%" viewBox="0 0 1000 100" preserveAspectRatio="none">${content}</svg>`
}

interface StandingColumn {
  readonly x: number
  readonly from: number
  readonly to: number
}

function columnsPath(columns: readonly StandingColumn[], width: number): string {
  const across = tenth(width * 1_000)
  return columns
    .map(({ x, from, to }) => {
      return `M${tenth(x * 1_000)} ${tenth((1 - from) * 100)}h${across}V${tenth((1 - to) * 100)}h${-across}Z`
    })
    .join('')
}

const tenth = (value: number): number => Math.round(value * 10) / 10

function pauses({ slots, room }: BatchTimeline): (TemplateResult | typeof nothing)[] {
  return slots.map((slot) => (slot.kind === 'pause' ? pauseOf(slot.from, room) : nothing))
}

function pauseOf(x: number, room: number): TemplateResult {
  return upright('pause', x + room * 0.37)
}

/** One highlight through all strips. */
function pickedOf({ slots, room, bar }: BatchTimeline, marked: Batch | undefined): TemplateResult | typeof nothing {
  const slot = slots.find((one) => one.kind === 'batch' && one.batch.key === marked?.key)
  if (slot === undefined) return nothing
  const x = percent(slot.from - (room - bar) / 2)
  return svg`<rect class="picked" x=${x} width=${percent(room)} y="0" height="100%"></rect>`
}

/** The line has a width that is not stretched. */
function lagLine(timeline: BatchTimeline): TemplateResult {
  const path = timeline.lagLines.map((line) => {
    const points = line.map(({ at, lag }) => `${tenth(at * 1_000)} ${tenth((1 - lag) * 100)}`)
    return `M${points.join('L')}${points.length === 1 ? 'h0' : ''}`
  })
  const line = svg`<path class="lag-line" d=${path.join('')} vector-effect="non-scaling-stroke"></path>`
  return svg`${stretched(line)}${pauses(timeline)}`
}

/** The times below, and at the right end how long ago the last batch was. */
function axis({ formats, text, nowMs }: CellContext, { ticks, endsNow, slots }: BatchTimeline): TemplateResult {
  const { batches: words } = text.words
  const last = slots.at(-1)
  const lastTime = last?.kind === 'batch' ? formats.moment(last.batch.timeMs, nowMs) : ''
  const end = last?.kind === 'pause' ? words.pause(formats.length(last.lengthMs)) : endsNow ? words.now : lastTime
  const times = ticks.map(({ at, timeMs }, index) => {
    const kind = index % 2 === 0 ? '' : 'every-second'
    return svg`<text class=${kind} x=${percent(at)} y="75%">${formats.clock(timeMs)}</text>`
  })
  return html`<svg class="axis strip-axis" aria-hidden="true">${times}
    <text class="strong" x="100%" y="75%" text-anchor="end">${end}</text>
  </svg>`
}

/** The phases of a batch side by side. */
export function phasesOf({ phases }: Batch, topMs: number): TemplateResult | typeof nothing {
  if (phases === undefined) return nothing
  let reachedMs = 0
  const stretches = PHASES.map((phase) => {
    const fromMs = reachedMs
    reachedMs += phases[phase]
    return { kind: `phase-${phase}`, from: Math.min(1, fromMs / topMs), to: Math.min(1, reachedMs / topMs) }
  })
  return html`<svg class="bar" aria-hidden="true">${barOf(stretches)}</svg>`
}

/** Where the rows of a batch came from, and where they went. */
export function detailsOf(
  { formats, text }: CellContext,
  { number, files = [], tables }: Batch,
): TemplateResult | typeof nothing {
  const { batches: words } = text.words
  if (files.length === 0 && tables.length === 0) return nothing
  const into = tables.map(({ table, rowCount }) => `${table} ${formats.number(rowCount)}`).join(', ')
  const [first, ...others] = files
  const title = files.join('\n').slice(0, MAX_TITLE)
  const from = html`${words.from} <bdi class="path" title=${title}>${first}</bdi>`
  return html`<p class="foot">${words.batch} ${formats.number(number)}
    ${into === '' ? nothing : html`${words.into} <bdi>${into}</bdi>`}
    ${first === undefined ? nothing : from} ${others.length === 0 ? nothing : `+${others.length}`}</p>`
}

const MAX_TITLE = 2_000

/** What a screen reader says of a batch. */
export function readingOf(context: CellContext, { number, timeMs, rowCount, durationMs, lagMs }: Batch): string {
  const { formats, text, nowMs } = context
  const { batches: words } = text.words
  const rows = rowCount === undefined ? words.unknown : formats.number(rowCount)
  const duration = durationMs === undefined ? words.unknown : formats.measure(durationMs, 'ms')
  const lag = lagMs === undefined ? words.unknown : lagText(context, lagMs)
  return words.reading(formats.number(number), formats.moment(timeMs, nowMs), rows, duration, lag)
}

/** Milliseconds, or a longer unit where they are many. */
export function lagText({ formats }: CellContext, lagMs: number): string {
  return lagMs < 10_000 ? formats.measure(lagMs, 'ms') : formats.length(lagMs)
}
