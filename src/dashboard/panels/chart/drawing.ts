import { html, nothing, type SVGTemplateResult, svg, type TemplateResult } from 'lit'
import type { Slot } from '../../charts/orderedSeries.ts'
import { bandAt } from '../../charts/stack.ts'
import { timeOf } from '../../charts/timeline.ts'
import type { Box, ChartMarks, PlacedText } from './chartMarks.ts'
import type { ChartModel } from './chartModel.ts'
import type { ReadOut } from './readOut.ts'

/** The class of a series' colour. */
export function inkClass(slot: Slot | 'accent'): string {
  return slot === 'accent' ? 'ink-accent' : `series-${slot}`
}

/** The chart itself: as many nodes as it has series, not as it has values. */
export function drawing(model: ChartModel, marks: ChartMarks, read: ReadOut | undefined): TemplateResult {
  const { box } = model
  return html`<svg class="chart-drawing" width=${box.width} height=${box.height} aria-hidden="true">
    ${patterns(model)}
    <path class="chart-grid" d=${marks.grid}></path>
    <path class="chart-zero" d=${marks.zero}></path>
    ${marks.valueTicks.map((tick) => placedText(tick, 'is-centred'))}
    ${marks.timeTicks.map((tick, index) => placedText(tick, isNow(model, index, marks) ? 'is-strong' : ''))}
    ${model.kind === 'amounts' ? stackMarks(model, marks) : lineMarks(model, marks)}
    ${marks.before === '' ? nothing : beforeMarks(model, marks)}
    ${openMarks(model, marks)}
    ${marks.unknown === undefined ? nothing : unknownMarks(model, marks.unknown)}
    ${marks.late === '' ? nothing : svg`<path class="chart-late" d=${marks.late}></path>`}
    ${marks.leaders === '' ? nothing : svg`<path class="chart-leaders" d=${marks.leaders}></path>`}
    ${read === undefined ? nothing : readingMarks(model, read)}
  </svg>`
}

function isNow({ plotted }: ChartModel, index: number, { timeTicks }: ChartMarks): boolean {
  return plotted.timeline.endsNow && index === timeTicks.length - 1
}

function placedText({ x, y, text, anchor }: PlacedText, kind: string): SVGTemplateResult {
  return svg`<text class=${kind} x=${x} y=${y} text-anchor=${anchor}>${text}</text>`
}

/** What tells areas apart where the reader's system gives all of them one colour; the first one is plain. */
const DECALS: Partial<Record<string, string>> = {
  2: 'M0 8L8 0M-2 2L2 -2M6 10L10 6',
  3: 'M2 2h2v2h-2zM6 6h2v2h-2z',
  4: 'M0 2H8M0 6H8',
  5: 'M2 0V8M6 0V8M0 2H8M0 6H8',
  other: 'M0 0L8 8M-2 6L2 10M6 -2L10 2',
}

function decalOf(model: ChartModel, slot: Slot | 'accent', area: string): SVGTemplateResult | typeof nothing {
  const decal = DECALS[slot]
  if (decal === undefined) return nothing
  const id = patternId(model, `decal-${slot}`)
  return svg`<pattern id=${id} width="8" height="8" patternUnits="userSpaceOnUse">
      <path class="chart-decal" d=${decal}></path>
    </pattern>
    <path d=${area} fill=${`url(#${id})`}></path>`
}

/** Names of patterns hold within the dashboard; a panel's name is there once. */
function patternId({ input }: ChartModel, name: string): string {
  return `lakeweir-${name}-${input.head.name}`
}

function patterns(model: ChartModel): SVGTemplateResult {
  const state = model.input.view.freshness ?? 'stale'
  return svg`<defs>
    ${hatch(patternId(model, 'open'), 'chart-open-hatch')}
    ${hatch(patternId(model, 'unknown'), `chart-unknown-hatch is-${state}`)}
  </defs>`
}

function hatch(id: string, kind: string): SVGTemplateResult {
  return svg`<pattern id=${id} width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
    <line class=${kind} x1="0" y1="0" x2="0" y2="6"></line>
  </pattern>`
}

function stackMarks(model: ChartModel, { areas, lines }: ChartMarks): SVGTemplateResult {
  const { shown } = model
  return svg`
    ${shown.map(({ slot }, index) => svg`<path class="chart-area ${inkClass(slot)}" d=${areas[index] ?? ''}></path>`)}
    ${model.hasDecals ? shown.map(({ slot }, index) => decalOf(model, slot, areas[index] ?? '')) : nothing}
    <path class="chart-seam" d=${lines.join('')}></path>`
}

function lineMarks(model: ChartModel, { areas, lines, alarm, peak }: ChartMarks): SVGTemplateResult {
  const { shown, box } = model
  const [area] = areas
  const clip = patternId(model, 'alarm')
  const ink = inkClass(shown[0]?.slot ?? 'accent')
  return svg`
    ${area === undefined ? nothing : svg`<path class="chart-under ${ink}" d=${area}></path>`}
    ${shown.map(({ slot }, index) => svg`<path class="chart-line ${inkClass(slot)}" d=${lines[index] ?? ''}></path>`)}
    ${
      alarm === undefined
        ? nothing
        : svg`<clipPath id=${clip}><rect x="0" y="0" width=${box.width} height=${alarm.y}></rect></clipPath>
          <g clip-path="url(#${clip})">
            ${area === undefined ? nothing : svg`<path class="chart-under is-bad" d=${area}></path>`}
            ${lines.map((line) => svg`<path class="chart-line is-bad" d=${line}></path>`)}
          </g>
          <line class="chart-alarm" x1=${box.left} x2=${box.right} y1=${alarm.y} y2=${alarm.y}></line>
          ${placedText({ ...alarm, y: alarm.y - 4 * model.unit }, 'is-cased')}`
    }
    ${peak === undefined ? nothing : placedText(peak, 'chart-peak is-strong is-cased')}`
}

function beforeMarks({ kind }: ChartModel, { before }: ChartMarks): SVGTemplateResult {
  if (kind === 'measures') return svg`<path class="chart-before is-thin" d=${before}></path>`
  return svg`<path class="chart-casing" d=${before}></path><path class="chart-before" d=${before}></path>`
}

function openMarks(model: ChartModel, { open }: ChartMarks): SVGTemplateResult | typeof nothing {
  if (open === undefined) return nothing
  const { shown } = model
  const hatching = model.kind === 'amounts' ? `url(#${patternId(model, 'open')})` : undefined
  return svg`
    ${open.parts.map((part, index) => rectangle(part, `chart-open ${inkClass(shown[index]?.slot ?? 'other')}`))}
    ${hatching === undefined ? nothing : open.parts.map((part) => rectangle(part, '', hatching))}
    ${rectangle(open.frame, 'chart-open-frame')}`
}

function rectangle({ x, y, width, height }: Box, kind: string, fill?: string): SVGTemplateResult {
  return svg`<rect class=${kind} x=${x} y=${y} width=${width} height=${height} fill=${fill ?? nothing}></rect>`
}

function unknownMarks(model: ChartModel, { x, y, width, height }: Box): SVGTemplateResult {
  const state = model.input.view.freshness ?? 'stale'
  const { unit, box } = model
  // Where the stretch is long its text stands in it, else before it.
  const isWithin = width > 170 * unit
  const textX = isWithin ? x + 8 * unit : Math.max(x - 6 * unit, box.left + 120 * unit)
  return svg`<rect class="chart-unknown is-${state}" x=${x} y=${y} width=${width} height=${height}
      fill="url(#${patternId(model, 'unknown')})"></rect>
    <line class="chart-unknown-edge is-${state}" x1=${x} x2=${x} y1=${y} y2=${y + height}></line>
    <text class="chart-unknown-text is-${state}" x=${textX}
      y=${y + 13 * unit} text-anchor=${isWithin ? 'start' : 'end'}>${unknownText(model, state)}</text>`
}

function unknownText({ input, plotted, text }: ChartModel, state: string): string {
  const { chart } = input.text.words
  const fromMs = plotted.timeline.unknown?.fromMs ?? 0
  if (state === 'disconnected') return chart.notKnown
  if (state === 'catching-up') return chart.countedTo(text.bucket(fromMs))
  const newestMs = timeOf(input.answer.position?.newestEventTime ?? undefined)
  const isNear = newestMs !== undefined && newestMs >= fromMs && !text.isOfDays
  return chart.behind(isNear ? input.text.numbers.timeWithSeconds(newestMs) : text.bucket(fromMs))
}

function readingMarks(model: ChartModel, { place, at, isOpen }: ReadOut): SVGTemplateResult {
  const { across, box, shown, bands, y } = model
  const x = isOpen && across.open !== undefined ? across.open.x + across.open.width / 2 : across.x(place)
  const ys = shown.map(({ values }, index) => (model.kind === 'amounts' ? bands[index]?.high[place] : values[place]))
  const edge = 18 * model.unit
  return svg`<line class="chart-cross" x1=${x} x2=${x} y1=${box.top} y2=${box.bottom}></line>
    ${shown.map(({ slot }, index) => {
      const value = ys[index]
      if (value === null || value === undefined) return nothing
      return svg`<circle class="chart-bead ${inkClass(slot)}" cx=${x} cy=${y(value)} r=${4 * model.unit}></circle>`
    })}
    ${
      model.rail === 'none'
        ? nothing
        : svg`<text class="is-strong" x=${Math.max(edge, Math.min(box.width - edge, x))} y=${box.top - 9 * model.unit}
          text-anchor="middle">${at}</text>`
    }`
}

/** The series whose area, or whose line, is at a point; undefined if none is. */
export function seriesAt(
  { kind, bands, shown, box, held, y }: ChartModel,
  place: number,
  atY: number,
): number | undefined {
  if (kind === 'amounts') {
    const { low, high } = held.scale
    return bandAt(bands, place, low + ((box.bottom - atY) / (box.bottom - box.top)) * (high - low))
  }
  const near = shown
    .map(({ values }, index) => ({ index, away: Math.abs(y(values[place] ?? Number.NaN) - atY) }))
    .filter(({ away }) => away <= NEAR_PIXELS)
    .sort((a, b) => a.away - b.away)
  return near[0]?.index
}

const NEAR_PIXELS = 8
