import { html, nothing, type PropertyValues, svg, type TemplateResult } from 'lit'
import { rowsOfMark } from '../../rows/rowsOfMark.ts'
import { PanelElement } from '../panelElement.ts'
import { type Change, type NumberModel, numberModel } from './numberModel.ts'
import { numberSheet } from './numberSheet.ts'
import { SPARK_HEIGHT, SPARK_WIDTH, type SparkLine, sparkLine } from './sparkLine.ts'

/** A longer value is written smaller, so that all its digits can be seen. */
const LONGEST_VALUE = 13

const GLYPHS = { more: '▲', less: '▼', same: '±' } as const

/** One number, what it was a day before, and its line over the day. */
export class NumberPanel extends PanelElement {
  static override readonly sheet = numberSheet
  #model: NumberModel | undefined
  #line: SparkLine | undefined

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('input') || this.input === undefined) return
    this.#model = numberModel(this.input)
    this.#line = this.#model.day && sparkLine(this.#model.day)
  }

  protected override render(): TemplateResult | typeof nothing {
    const model = this.#model
    if (model === undefined || this.input === undefined) return nothing
    const { value, unit, change, note, shortNote, isBad, isKnown, isLate, isOld } = model
    const { head, text } = this.input
    const lineClass = `number-line ${value.length > LONGEST_VALUE ? 'is-long' : ''}`
    const valueClass = `value ${isBad ? 'is-bad' : ''} ${isKnown ? '' : 'is-unknown'} ${isLate ? 'late' : ''}`
    return html`<div class="number-panel ${isOld ? 'is-old' : ''}">
      <p class=${lineClass}><span class=${valueClass}>${value}</span>${
        unit === null ? nothing : html`<span class="unit ${unit === '%' ? 'is-per-cent' : ''}">${unit}</span>`
      }${change === undefined ? html`<span class="delta"></span>` : this.#change(change)}</p>
      <p class="number-note" title=${note}>
        <span class="is-long-note">${note}</span><span class="is-short-note">${shortNote}</span>
        ${isKnown ? this.#rowsLink() : nothing}
      </p>
      ${head.spark === null ? nothing : spark(this.#line, text.words.number.spark(head.title))}
    </div>`
  }

  /** The way to the rows that are counted. */
  #rowsLink(): TemplateResult | typeof nothing {
    const { input } = this
    const table = input?.head.rows ?? null
    if (input === undefined || table === null) return nothing
    const { head, answer, text } = input
    const show = (): void => this.tell('lakeweir-rows', { table, values: rowsOfMark(head, answer, {}) })
    const label = text.words.table.rowsOf(head.title)
    return html`<button type="button" class="link" aria-label=${label} @click=${show}>${text.words.table.rows}</button>`
  }

  #change({ direction, text, isBad }: Change): TemplateResult {
    const word = this.input?.text.words.number[direction] ?? ''
    return html`<span class="delta ${isBad ? 'is-bad' : ''}"><span aria-hidden="true">${GLYPHS[direction]}</span
      ><span class="hidden-text">${word}</span> ${text}</span>`
  }
}

/** It takes its room also while there is nothing to draw. */
function spark(line: SparkLine | undefined, label: string): TemplateResult {
  const share = (part: number, whole: number): string => `${(part / whole) * 100}%`
  return html`<div class="spark" role="img" aria-label=${label}><svg aria-hidden="true">
    <svg width="100%" height="100%" viewBox=${`0 0 ${SPARK_WIDTH} ${SPARK_HEIGHT}`} preserveAspectRatio="none">${
      line === undefined
        ? nothing
        : svg`<path class="spark-area" d=${line.area}></path><path class="spark-before" d=${line.before}></path>
          <path class="spark-today" d=${line.today}></path>`
    }</svg>
    <line class="spark-zero" x1="0" x2="100%" y1="100%" y2="100%"></line>
    ${
      line?.end === undefined
        ? nothing
        : svg`<circle class="spark-end" r="4"
            cx=${share(line.end.x, SPARK_WIDTH)} cy=${share(line.end.y, SPARK_HEIGHT)}></circle>`
    }
  </svg></div>`
}
