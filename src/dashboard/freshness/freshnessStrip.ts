import { html, LitElement, nothing, svg, type TemplateResult } from 'lit'
import { placed } from '../style/placed.ts'
import type { Text } from '../text.ts'
import type { CommitHistory, GaugeCommit } from './commitHistory.ts'
import type { FreshnessState } from './freshnessState.ts'
import type { Figure, FreshnessTold, GaugeTold } from './told.ts'

/** State → its sign, in a box of 18 by 18: told apart by its form, not by its colour. */
const GLYPHS: Readonly<Record<FreshnessState, TemplateResult>> = {
  fresh: svg`<circle class="solid" cx="9" cy="9" r="6"></circle>`,
  quiet: svg`<circle cx="9" cy="9" r="6"></circle>`,
  'catching-up': svg`<path d="M3 4l5 5-5 5M10 4l5 5-5 5"></path>`,
  stale: svg`<path class="solid" fill-rule="evenodd" d="M9 1.5 17.5 16.5H.5ZM8 7v4.6h2V7Zm0 6v1.9h2V13Z"></path>`,
  disconnected: svg`<path d="M5.2 13.9A6 6 0 0 1 12.8 4.1M14.6 7A6 6 0 0 1 8 14.9M2.5 16 15.5 2"></path>`,
}

const HATCH = svg`<defs>
  <pattern
    id="freshness-hatch"
    width="6"
    height="6"
    patternUnits="userSpaceOnUse"
    patternTransform="rotate(45)"
  ><line class="hatch" x1="0" y1="0" x2="0" y2="6"></line></pattern>
</defs>`

export function glyph(state: FreshnessState): TemplateResult {
  return html`<svg class="glyph" viewBox="0 0 18 18" aria-hidden="true">${GLYPHS[state]}</svg>`
}

/** How fresh the numbers are, above all of them. */
export class FreshnessStrip extends LitElement {
  static override properties = {
    told: { attribute: false },
    history: { attribute: false },
    text: { attribute: false },
    tick: { attribute: false },
  }
  /** Undefined until the server has been heard. */
  declare told: FreshnessTold | undefined
  declare history: CommitHistory | undefined
  declare text: Text | undefined
  /** The server's clock: with it everything here moves. */
  declare tick: number

  protected override createRenderRoot(): HTMLElement {
    return this
  }

  protected override render(): TemplateResult | typeof nothing {
    const { told, text } = this
    if (text === undefined) return nothing
    const { freshness } = text.words
    if (told === undefined) return this.#connecting(text)
    return html`<section class="fresh" data-state=${told.state} aria-label=${freshness.title}>
      <div class="figure">
        <span class="label">${freshness.title}</span>
        <span class="value state">${glyph(told.state)}${told.word}</span>
        <span class="note">${told.sentence} ${told.canTry ? this.#tryNow(text) : nothing}</span>
      </div>
      ${figure(told.lag, 'lag')}${figure(told.event)}${figure(told.commit)}${this.#gauge(told.gauge, text)}
    </section>`
  }

  #connecting({ words: { freshness, panel } }: Text): TemplateResult {
    const none = { amounts: [{ value: panel.none, unit: '' }], note: '' }
    const labels = [freshness.lag, freshness.event, freshness.commit]
    return html`<section class="fresh" aria-label=${freshness.title}>
      <div class="figure">
        <span class="label">${freshness.title}</span>
        <span class="value state quiet">${freshness.connecting}</span>
        <span class="note">${freshness.loading}</span>
      </div>
      ${labels.map((label) => figure({ label, ...none }))}
      <div class="figure gauge"><span class="label">${freshness.gaugeMinute}</span></div>
    </section>`
  }

  #tryNow({ words }: Text): TemplateResult {
    const tell = (): boolean => this.dispatchEvent(new CustomEvent('lakeweir-try', { bubbles: true }))
    return html`<button type="button" class="link" @click=${tell}>${words.freshness.tryNow}</button>`
  }

  #gauge(gauge: GaugeTold, { words, numbers }: Text): TemplateResult {
    const commits = this.history?.between(gauge.fromMs, gauge.toMs) ?? []
    const told = `${gauge.title}: ${words.freshness.gaugeTold(numbers.whole(commits.length))}`
    return html`<div class="figure gauge">
      <span class="label">${gauge.title}</span>
      <svg class="plot" role="img" aria-label=${told}>
        ${gaugeMarks(gauge, commits)}
        ${gauge.rest === 'unknown' ? unknownWord(gauge, words.freshness.gaugeUnknown) : nothing}
      </svg>
      <div class="gauge-axis" aria-hidden="true">
        ${gauge.marks.map(axisMark)}
        <span class="now">${gauge.now}</span>
      </div>
    </div>`
  }
}

function figure({ label, amounts, note }: Figure, kind = ''): TemplateResult {
  return html`<div class="figure ${kind}">
    <span class="label">${label}</span>
    <span class="value">${amounts.map(
      ({ value, unit }) => html`${value}${unit === '' ? nothing : html`<span class="unit">${unit}</span>`} `,
    )}</span>
    <span class="note">${note}</span>
  </div>`
}

function share({ fromMs, toMs }: GaugeTold, timeMs: number): number {
  return toMs === fromMs ? 1 : (timeMs - fromMs) / (toMs - fromMs)
}

function percent(part: number): string {
  return `${Math.round(part * 10_000) / 100}%`
}

function unknownWord(gauge: GaugeTold, word: string): TemplateResult {
  return svg`<text class="unknown-word" x=${percent((1 + share(gauge, gauge.edgeMs)) / 2)} y="54%">${word}</text>`
}

function axisMark({ at, text }: GaugeTold['marks'][number]): TemplateResult {
  return html`<span class=${at === 0 ? '' : 'middle'} ${placed({ left: percent(at) })}>${text}</span>`
}

/** A tick for each commit, as high as it has rows, and what is not counted yet, or not known. */
function gaugeMarks(gauge: GaugeTold, commits: readonly GaugeCommit[]): TemplateResult {
  const most = commits.reduce((highest, { rowCount = 0 }) => Math.max(highest, rowCount), 0)
  const height = (rowCount: number | undefined): number =>
    rowCount === undefined || most === 0 ? 50 : 12 + 76 * (rowCount / most)
  const ticks = commits
    .map(({ timeMs, rowCount }) => `M${Math.round(share(gauge, timeMs) * 10_000) / 10} 100V${100 - height(rowCount)}`)
    .join('')
  const edge = share(gauge, gauge.edgeMs)
  const [x, width] = [percent(edge), percent(1 - edge)]
  const rest = {
    lag: svg`<rect class="lag-box" x=${x} width=${width} y="0" height="100%"></rect>`,
    waiting: svg`<rect class="waiting" x=${x} width=${width} y="0" height="100%"></rect>`,
    unknown: svg`<rect class="unknown" x=${x} width=${width} y="1" height="97%"></rect>`,
    none: nothing,
  }[gauge.rest]
  const counted = gauge.countedShare
  return svg`
    ${HATCH}
    <line class="base" x1="0" x2="100%" y1="100%" y2="100%"></line>
    ${
      counted === undefined
        ? svg`<svg width="100%" height="100%" viewBox="0 0 1000 100" preserveAspectRatio="none">
            <path class="ticks" d=${ticks}></path>
          </svg>`
        : svg`<rect class="counted" x="0" width=${percent(counted)} y="38%" height="62%"></rect>`
    }
    ${rest}
    <line class="edge" x1=${x} x2=${x} y1="0" y2="100%"></line>
    <line class="now-line" x1="100%" x2="100%" y1="0" y2="100%"></line>`
}

declare global {
  interface HTMLElementTagNameMap {
    'lakeweir-freshness': FreshnessStrip
  }
}
