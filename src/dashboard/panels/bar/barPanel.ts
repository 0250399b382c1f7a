import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Column, Value } from '../../../client/index.ts'
import { browserClock } from '../../clock.ts'
import { rowsOfMark } from '../../rows/rowsOfMark.ts'
import { isNumeric, shapeOf } from '../../values.ts'
import { HeldRows } from '../heldRows.ts'
import { canFilter, headingOf, isMeasure, unitOf } from '../names.ts'
import type { PanelInput } from '../panelElement.ts'
import type { Size } from '../roving.ts'
import { RovingTable } from '../rovingTable.ts'
import { barOf, upright } from '../stretches.ts'
import { ValuePanel } from '../valuePanel.ts'
import { type CellContext, cellText, drawnName, nameOf } from '../valueText.ts'
import { type Bar, type BarList, barList } from './barList.ts'
import { barSheet } from './barSheet.ts'

/** How many rows there are at rest, on a wall, and where the panel has all the room. */
const ROWS = 14
const WALL_ROWS = 9
const EXPANDED_ROWS = 500

interface Drawing {
  readonly input: PanelInput
  readonly context: CellContext
  readonly list: BarList
  readonly bars: readonly Bar[]
  readonly size: Size
  readonly types: { readonly x: string; readonly series: string }
}

/** A list of bars, one for each value of x. Those of a series are stacked. */
export class BarPanel extends ValuePanel {
  static override readonly sheet = barSheet
  readonly #update = (): void => this.requestUpdate()
  readonly #roving = new RovingTable(this, { row: 0, column: 0 }, this.#update)
  readonly #held = new HeldRows<Bar>((delayMs, action) => browserClock.after(delayMs, action), this.#update)

  protected override render(): TemplateResult | typeof nothing {
    const { input } = this
    if (input === undefined) return nothing
    const { head, answer, view, text, isExpanded } = input
    const list = barList(head, answer)
    const room = isExpanded ? EXPANDED_ROWS : view.isWall ? WALL_ROWS : ROWS
    const bars = this.#held.rows(list.bars, room)
    const typeOf = (name: string | null): string =>
      answer.columns.find((column) => column.name === name)?.type ?? 'VARCHAR'
    const types = { x: typeOf(head.x), series: typeOf(head.series) }
    const drawing = {
      input,
      context: this.contextOf(input),
      list,
      bars,
      types,
      size: { rows: bars.length, columns: 1 },
    }
    const isCut = list.bars.length > bars.length
    return html`<table class=${list.further.length > 0 ? 'bars has-further' : 'bars'} aria-label=${head.title}
        @pointermove=${this.#held.moved} @pointerleave=${this.#held.left} @focusin=${this.#roving.focused}
        @keydown=${(event: KeyboardEvent) => this.#pressed(event, drawing)}>
        ${this.#head(drawing)}
        <tbody>${repeat(
          bars,
          ({ key }) => key,
          (bar, at) => this.#row(drawing, bar, at),
        )}</tbody>
      </table>
      ${isCut ? html`<p class="foot">${shownText(drawing, text.words.bar.shown)}</p>` : nothing}`
  }

  #head({ input, context, list, types }: Drawing): TemplateResult {
    const { head, text } = input
    const { words } = text
    const number = (heading: string, title?: string, place = ''): TemplateResult =>
      html`<th scope="col" class=${`number ${place}`} title=${title ?? nothing}>${heading}</th>`
    const series = head.series === null ? '' : seriesHeading(input, head.series)
    return html`<thead><tr>
      ${isRanked(types.x) ? html`<td class="rank"></td>` : nothing}
      <th scope="col">${head.x === null ? '' : headingOf(head, head.x)}</th>
      ${series === '' ? html`<td></td>` : html`<th scope="col" class="bar-cell">${series}</th>`}
      ${number(headingOf(head, head.y[0] ?? ''))}
      ${list.further.map((column) => {
        const heading = headingOf(head, column.name)
        return isRight(context, column) ? number(heading) : html`<th scope="col">${heading}</th>`
      })}
      ${list.hasChanges ? number(words.bar.change, words.bar.changeMeans, 'change') : nothing}
      ${showsShares(list) ? number(words.bar.share, words.bar.shareMeans) : nothing}
    </tr></thead>`
  }

  #row(drawing: Drawing, bar: Bar, at: number): TemplateResult {
    const { input, context, list, types } = drawing
    const { head, text, lateMarks } = input
    const { formats } = context
    const { none } = text.words.panel
    const unit = unitOf(head, head.y[0] ?? '')
    const isBad = head.alarm !== null && bar.amount !== undefined && Number(bar.amount) > head.alarm
    const amount = bar.amount === undefined ? none : formats.measure(bar.amount, unit)
    const change = bar.change === undefined ? none : formats.change(bar.change, unit)
    const share = bar.share === undefined ? none : formats.share(bar.share)
    const classes = [
      canPick(input, bar) ? 'can-pick' : '',
      this.isPicked(input, head.x, bar.value) ? 'is-picked' : '',
      lateMarks.has(bar.value) ? 'is-late' : '',
    ]
    return html`<tr class=${classes.join(' ')} @click=${(event: Event) => this.#pick(drawing, bar, event)}>
      ${isRanked(types.x) ? html`<td class="rank">${formats.number(at + 1)}</td>` : nothing}
      <th scope="row" title=${nameOf(context, bar.value, types.x)}>${this.#name(drawing, bar, at)}</th>
      <td class="bar-cell">${drawnBar(input, bar, list, isBad)}${partsText(drawing, bar)}</td>
      <td class=${isBad ? 'number is-bad' : 'number'}>${amount}</td>
      ${list.further.map((column, place) => furtherCell(context, column, bar.further[place] ?? null))}
      ${list.hasChanges ? html`<td class="number small change">${change}</td>` : nothing}
      ${showsShares(list) ? html`<td class="number small">${share}</td>` : nothing}
    </tr>`
  }

  #name({ input, context, types, size }: Drawing, bar: Bar, at: number): TemplateResult {
    const { head } = input
    const name = drawnName(context, bar.value, types.x)
    if (!canPick(input, bar)) return html`<span class="name">${name}</span>`
    const isToggle = canFilter(head, head.x, bar.value)
    const isPressed = isToggle ? String(this.isPicked(input, head.x, bar.value)) : nothing
    return html`<button type="button" class="name" data-place=${`${at} 0`}
      tabindex=${this.#roving.tabIndex(at, 0, size)} aria-pressed=${isPressed}>${name}</button>`
  }

  /** A click on a piece narrows to its series, a click beside it to the bar's value. */
  #pick({ input }: Drawing, bar: Bar, event: Event): void {
    const { head } = input
    const key = (event.target as Element).getAttribute('data-part')
    const part = bar.parts.find((one) => one.key === key)
    if (part?.value !== undefined && canFilter(head, head.series, part.value)) {
      this.filterBy(input, head.series, part.value)
    } else if (canFilter(head, head.x, bar.value)) {
      this.filterBy(input, head.x, bar.value)
    } else if (head.rows !== null && head.x !== null) {
      const values = rowsOfMark(head, input.answer, { [head.x]: bar.value })
      this.tell('lakeweir-rows', { table: head.rows, values })
    }
  }

  #pressed(event: KeyboardEvent, { size }: Drawing): void {
    this.#roving.pressed(event, size)
  }
}

/** The heading of the pieces: as the header has it, or "By" and the column. */
function seriesHeading({ head, text }: PanelInput, series: string): string {
  const heading = headingOf(head, series)
  return Object.hasOwn(head.headings, series) ? heading : text.words.bar.series(heading.toLowerCase())
}

/** Numbers and codes say nothing by themselves: their place in the list does. */
function isRanked(type: string): boolean {
  return isNumeric(shapeOf(type))
}

/** There is room for one of them: the change, where the header has it. */
function showsShares({ hasShares, hasChanges }: BarList): boolean {
  return hasShares && !hasChanges
}

function isRight({ head }: CellContext, column: Column): boolean {
  return isMeasure(head, column) && isNumeric(shapeOf(column.type))
}

function furtherCell(context: CellContext, column: Column, value: Value): TemplateResult {
  const classes = isRight(context, column) ? 'number small' : 'small'
  return html`<td class=${classes}><bdi>${cellText(context, column, value)}</bdi></td>`
}

/** Whether a click does something: it narrows the panels, or leads to the rows. */
function canPick({ head }: PanelInput, { value }: Bar): boolean {
  return canFilter(head, head.x, value) || (head.rows !== null && head.x !== null)
}

function drawnBar({ head }: PanelInput, { parts }: Bar, { zero }: BarList, isBad: boolean): TemplateResult {
  const plain = isBad ? 'bad' : 'plain'
  const stretches = parts.map(({ key, value, slot, from, to }) => {
    const kind = slot === undefined ? plain : `series-${slot}`
    // A click finds a piece by this.
    const isPart = value !== undefined && canFilter(head, head.series, value)
    return { kind, from, to, ...(isPart ? { part: key } : {}) }
  })
  const line = zero > 0 ? upright('zero', zero) : nothing
  return html`<svg class="bar" aria-hidden="true">${barOf(stretches)}${line}</svg>`
}

/** What the colours say, for those who do not see them. */
function partsText({ input, context, types }: Drawing, { parts }: Bar): TemplateResult | typeof nothing {
  if (input.head.series === null) return nothing
  const { words } = input.text
  const texts = parts.map(({ value, count, amount }) => {
    const name =
      value === undefined ? words.bar.others(context.formats.number(count)) : nameOf(context, value, types.series)
    return `${name} ${context.formats.number(amount)}`
  })
  return html`<span class="hidden-text">${texts.join(', ')}</span>`
}

function shownText({ list, bars, context }: Drawing, words: (shown: string, all: string) => string): string {
  return words(context.formats.number(bars.length), context.formats.number(list.bars.length))
}
