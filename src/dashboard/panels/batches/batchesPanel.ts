import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { PanelInput } from '../panelElement.ts'
import { ValuePanel } from '../valuePanel.ts'
import type { CellContext } from '../valueText.ts'
import { type Batch, batchesOf, streamsOf } from './batch.ts'
import { batchesSheet } from './batchesSheet.ts'
import { detailsOf, drawnStrips, lagText, phasesOf, readingOf } from './strips.ts'
import { type BatchTimeline, batchAt, batchBeside, batchTimeline, listedBatches } from './timeline.ts'

/** How many batches the list has at rest, and where the panel has all the room. */
const LISTED = 3
const EXPANDED_LISTED = 60

interface Drawing {
  readonly input: PanelInput
  readonly context: CellContext
  readonly streams: readonly string[]
  readonly stream: string | undefined
  readonly batches: readonly Batch[]
  readonly timeline: BatchTimeline
  /** The batch that is highlighted. */
  readonly marked: Batch | undefined
}

/** The batches of a stream: rows, duration by phase and lag, and a list. */
export class BatchesPanel extends ValuePanel {
  static override properties = {
    ...ValuePanel.properties,
    picked: { state: true },
    pointed: { state: true },
    chosenStream: { state: true },
  }
  static override readonly sheet = batchesSheet
  /** The batch that was picked by a click or by keys. */
  declare picked: Batch | undefined
  /** The batch under the pointer. */
  declare pointed: Batch | undefined
  declare chosenStream: string | undefined
  #drawn: Drawing | undefined
  #summary = ''

  constructor() {
    super()
    this.picked = undefined
    this.pointed = undefined
    this.chosenStream = undefined
  }

  /** A pause has begun once no batch came for a few seconds. */
  protected override get clockMs(): number {
    return 1_000
  }

  protected override render(): TemplateResult | typeof nothing {
    this.#drawn = this.#drawing()
    const drawing = this.#drawn
    if (drawing === undefined) return nothing
    return html`${this.#streams(drawing)}
      <div class="batch-grid">${this.#strips(drawing)}${this.#list(drawing)}</div>`
  }

  protected override updated(): void {
    const text = this.#drawn === undefined ? '' : summaryOf(this.#drawn)
    if (text === this.#summary) return
    this.#summary = text
    this.dispatchEvent(new CustomEvent('lakeweir-subtitle', { detail: { text }, bubbles: true }))
  }

  #drawing(): Drawing | undefined {
    const { input } = this
    if (input === undefined) return undefined
    const { head, answer, view } = input
    const all = batchesOf(answer)
    const streams = streamsOf(all, head.order, answer.position)
    const stream = streams.find((name) => name === this.chosenStream) ?? streams[0]
    const batches = all.filter((batch) => batch.stream === stream)
    const timeline = batchTimeline(batches, view.isPaused ? undefined : view.nowMs)
    const marked =
      this.#fresh(batches, this.pointed) ?? this.#fresh(batches, this.picked) ?? this.picked ?? timeline.slowest
    return { input, context: this.contextOf(input), streams, stream, batches, timeline, marked }
  }

  /** What is known of a batch by now: its durations come later than its rows. */
  #fresh(batches: readonly Batch[], batch: Batch | undefined): Batch | undefined {
    return batch && batches.find(({ key }) => key === batch.key)
  }

  #streams({ input, streams, stream }: Drawing): TemplateResult | typeof nothing {
    if (streams.length < 2) return nothing
    const choose = (name: string): void => {
      this.chosenStream = name
      this.picked = undefined
    }
    return html`<div class="streams" role="group" aria-label=${input.text.words.batches.stream}>${streams.map(
      (name) => html`<button type="button" aria-pressed=${String(name === stream)}
        @click=${() => choose(name)}><bdi>${name}</bdi></button>`,
    )}</div>`
  }

  #strips(drawing: Drawing): TemplateResult {
    const { context, timeline, marked } = drawing
    const { words } = context.text
    return html`<div class="strips" role="slider" tabindex="0" aria-label=${words.batches.strips}
        aria-valuemin="1" aria-valuemax=${Math.max(1, timeline.count)} aria-valuenow=${placeOfBatch(timeline, marked)}
        aria-valuetext=${marked === undefined ? words.batches.unknown : readingOf(context, marked)}
        @keydown=${(event: KeyboardEvent) => this.#pressed(event, timeline)}
        @pointermove=${(event: PointerEvent) => this.#pointAt(event, timeline)}
        @pointerleave=${() => (this.pointed = undefined)}
        @click=${() => (this.picked = this.pointed)}>${drawnStrips(context, timeline, marked)}</div>`
  }

  #list(drawing: Drawing): TemplateResult | typeof nothing {
    const { input, context, batches, marked } = drawing
    if (input.view.isWall) return nothing
    const { words } = input.text
    const rows = listedBatches(batches, marked, input.isExpanded === true ? EXPANDED_LISTED : LISTED)
    return html`<table class="batch-list" aria-label=${input.head.title}><thead><tr>
        <th scope="col">${words.batches.batch}</th>
        <th scope="col" class="wide-only">${words.batches.committed}</th>
        <th scope="col" class="number">${words.batches.rows}</th>
        <th scope="col" class="bar-cell">${words.batches.phases}</th>
        <th scope="col" class="number">${words.batches.duration}</th>
        <th scope="col" class="number">${words.batches.lag}</th>
      </tr></thead>
      <tbody>${repeat(
        rows,
        ({ key }) => key,
        (batch) => this.#listed(drawing, batch),
      )}</tbody></table>
      ${marked === undefined ? nothing : detailsOf(context, marked)}`
  }

  #listed({ context, timeline, marked }: Drawing, batch: Batch): TemplateResult {
    const { formats, text, nowMs } = context
    const { none } = text.words.panel
    const milliseconds = (value: number | undefined): string =>
      value === undefined ? none : formats.measure(value, 'ms')
    return html`<tr class=${batch.key === marked?.key ? 'is-picked' : ''} @click=${() => (this.picked = batch)}>
      <th scope="row">${formats.number(batch.number)}</th>
      <td class="soft wide-only">${formats.moment(batch.timeMs, nowMs)}</td>
      <td class="number">${batch.rowCount === undefined ? none : formats.number(batch.rowCount)}</td>
      <td class="bar-cell">${phasesOf(batch, timeline.tops.durationMs)}</td>
      <td class="number">${milliseconds(batch.durationMs)}</td>
      <td class="number soft">${batch.lagMs === undefined ? none : lagText(context, batch.lagMs)}</td>
    </tr>`
  }

  #pointAt(event: PointerEvent, timeline: BatchTimeline): void {
    const strip = (event.currentTarget as Element).querySelector('.strip')?.getBoundingClientRect()
    if (strip === undefined || strip.width === 0) return
    this.pointed = batchAt(timeline, (event.clientX - strip.left) / strip.width)
  }

  #pressed(event: KeyboardEvent, timeline: BatchTimeline): void {
    const { key, shiftKey } = event
    const steps = new Map([
      ['ArrowLeft', shiftKey ? -10 : -1],
      ['ArrowRight', shiftKey ? 10 : 1],
      ['Home', Number.NEGATIVE_INFINITY],
      ['End', Number.POSITIVE_INFINITY],
    ]).get(key)
    if (steps !== undefined) this.picked = batchBeside(timeline, this.#drawn?.marked?.key, steps)
    else if (key === 'Escape') this.picked = undefined
    else return
    event.preventDefault()
    event.stopPropagation() // an arrow moves one thing
  }
}

function summaryOf({ context, timeline }: Drawing): string {
  const { formats, text } = context
  const { medianMs, slowest, count } = timeline
  if (medianMs === undefined || slowest?.durationMs === undefined) return ''
  const milliseconds = (value: number): string => formats.measure(value, 'ms')
  return text.words.batches.summary(formats.number(count), milliseconds(medianMs), milliseconds(slowest.durationMs))
}

function placeOfBatch({ slots }: BatchTimeline, marked: Batch | undefined): number {
  const batches = slots.flatMap((slot) => (slot.kind === 'batch' ? [slot.batch.key] : []))
  return Math.max(1, batches.indexOf(marked?.key ?? '') + 1)
}
