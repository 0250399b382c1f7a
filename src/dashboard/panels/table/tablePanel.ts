import { html, nothing, type TemplateResult } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { Value } from '../../../client/index.ts'
import { browserClock } from '../../clock.ts'
import { rowsOfMark } from '../../rows/rowsOfMark.ts'
import { HeldRows } from '../heldRows.ts'
import { canFilter, headingOf, labelOf, unitOf } from '../names.ts'
import type { PanelInput } from '../panelElement.ts'
import type { Size } from '../roving.ts'
import { RovingTable } from '../rovingTable.ts'
import { ValuePanel } from '../valuePanel.ts'
import { type CellContext, cellText, nameOf } from '../valueText.ts'
import { type TableColumn, type TableRow, tableColumns, tableRows } from './tableRows.ts'
import { tableSheet } from './tableSheet.ts'
import { wideTable } from './wideTable.ts'

/** How many rows a panel has at rest, and on a wall. */
const ROWS = 10
const WALL_ROWS = 9

/** With all the room, and in the table view: so many at first, and each time more are wanted. More would be slow. */
const PAGE_ROWS = 200

/** How much of a text stands in a cell; the whole of it is in its title. */
const MAX_CHARACTERS = 200

interface Drawing {
  readonly input: PanelInput
  readonly context: CellContext
  readonly columns: readonly TableColumn[]
  readonly rows: readonly TableRow[]
  /** Of what can be clicked: a name and a way to the rows in each row, as far as there are. */
  readonly size: Size
}

/** The rows as they are: a panel of its own, and the table view of every other kind. */
export class TablePanel extends ValuePanel {
  static override properties = { ...ValuePanel.properties, pageCount: { state: true } }
  static override readonly sheet = tableSheet
  declare pageCount: number
  readonly #held = new HeldRows<TableRow>(
    (delayMs, action) => browserClock.after(delayMs, action),
    () => this.requestUpdate(),
  )

  readonly #roving = new RovingTable(this, { row: 0, column: 0 }, () => this.requestUpdate())

  constructor() {
    super()
    this.pageCount = 1
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.input === undefined) return nothing
    const { input, leftOutCount } = wideInput(this.input)
    const { head, answer, view, isExpanded } = input
    const isOwn = head.kind === 'table'
    const hasAllRows = !isOwn || isExpanded === true
    const room = hasAllRows ? PAGE_ROWS * this.pageCount : view.isWall ? WALL_ROWS : ROWS
    const all = tableRows(head, answer.columns, answer.rows)
    const columns = tableColumns(head, answer.columns)
    const rows = this.#held.rows(all, room)
    const size = { rows: rows.length, columns: Number(hasNames(input)) + Number(leadsToRows(input)) }
    const drawing = { input, context: this.contextOf(input), columns, rows, size }
    const classes = hasAllRows ? 'rows-of-table' : 'rows-of-table is-short'
    return html`<div class=${classes} role="group" tabindex="0" aria-label=${head.title}>
        <table aria-label=${head.title} @pointermove=${this.#held.moved} @pointerleave=${this.#held.left}
          @focusin=${this.#roving.focused}
          @keydown=${(event: KeyboardEvent) => this.#roving.pressed(event, size)}>
          ${this.#head(drawing)}
          <tbody>${repeat(
            rows,
            ({ key }) => key,
            (row, at) => this.#row(drawing, row, at),
          )}</tbody>
        </table>
      </div>
      ${this.#foot(drawing, all.length, hasAllRows)}
      ${leftOutCount === 0 ? nothing : leftOut(drawing, leftOutCount)}`
  }

  #head({ input, columns }: Drawing): TemplateResult {
    const { head, text } = input
    return html`<thead><tr>
      ${columns.map(({ column, isRight, isMinor, hasChange }) => {
        const classes = `${isRight ? 'number' : ''} ${isMinor ? 'minor' : ''}`
        const heading = html`<th scope="col" class=${classes}>${headingOf(head, column.name)}</th>`
        if (!hasChange) return heading
        const { change, changeMeans } = text.words.bar
        return html`${heading}<th scope="col" class="number" title=${changeMeans}>${change}</th>`
      })}
      ${leadsToRows(input) ? html`<td></td>` : nothing}
    </tr></thead>`
  }

  #row(drawing: Drawing, row: TableRow, line: number): TemplateResult {
    const { input, context, columns } = drawing
    const { head, text } = input
    const isLate = isMarked(input, row)
    return html`<tr class=${isLate ? 'is-late' : ''}>
      ${columns.map((column, at) => {
        const cell = at === 0 ? this.#firstCell(drawing, column, row, line) : otherCell(drawing, column, row)
        if (!column.hasChange) return cell
        const unit = unitOf(head, column.column.name)
        const change = row.change === undefined ? text.words.panel.none : context.formats.change(row.change, unit)
        return html`${cell}<td class="number small">${change}</td>`
      })}
      ${leadsToRows(input) ? html`<td class="number">${this.#rowsButton(drawing, row, line)}</td>` : nothing}
    </tr>`
  }

  #firstCell({ input, context, size }: Drawing, shown: TableColumn, row: TableRow, line: number): TemplateResult {
    const { column, place, isRight } = shown
    const value = row.values[place] ?? null
    const content = cellContent(context, column, value)
    const name =
      hasNames(input) && canFilter(input.head, column.name, value)
        ? html`<button type="button" class="name" aria-pressed=${String(this.isPicked(input, column.name, value))}
            data-place=${`${line} 0`} tabindex=${this.#roving.tabIndex(line, 0, size)}
            @click=${() => this.filterBy(input, column.name, value)}>${content}</button>`
        : content
    return html`<th scope="row" class=${isRight ? 'number' : ''} title=${titleOf(context, column, value)}>${name}</th>`
  }

  #rowsButton({ input, context, size }: Drawing, { values }: TableRow, line: number): TemplateResult {
    const { head, answer, text } = input
    const named = [head.x, head.series, head.group].filter((name) => name !== null)
    const places = named.map((name) => [name, answer.columns.findIndex((column) => column.name === name)] as const)
    const marks = Object.fromEntries(places.map(([name, place]) => [name, values[place] ?? null]))
    const [first] = answer.columns
    const name = first === undefined ? '' : nameOf(context, values[0] ?? null, first.type)
    const { rows: table } = head
    const at = size.columns - 1
    const show = (): void => {
      if (table !== null) this.tell('lakeweir-rows', { table, values: rowsOfMark(head, answer, marks) })
    }
    const { rows, rowsOf } = text.words.table
    return html`<button type="button" class="link" aria-label=${rowsOf(name)} data-place=${`${line} ${at}`}
      tabindex=${this.#roving.tabIndex(line, at, size)} @click=${show}>${rows}</button>`
  }

  #foot({ input, context, rows }: Drawing, count: number, hasAllRows: boolean): TemplateResult | typeof nothing {
    const { words } = input.text
    const { formats } = context
    const left = count - rows.length
    if (left <= 0) return nothing
    const shown = html`<span>${words.table.shown(formats.number(rows.length), formats.number(count))}</span>`
    const next = words.table.more(formats.number(Math.min(PAGE_ROWS, left)))
    const more = html`<button type="button" class="link" @click=${() => (this.pageCount += 1)}>${next}</button>`
    return html`<p class="foot">${shown} ${hasAllRows ? more : nothing}</p>`
  }
}

/** As a table view, a panel has the values of its series side by side. */
function wideInput(input: PanelInput): { readonly input: PanelInput; readonly leftOutCount: number } {
  const { head, answer, text } = input
  const wide = wideTable(head, answer, {
    all: text.words.chart.all,
    others: (count) => text.words.chart.others(text.numbers.whole(count)),
    nameOf: (value) => labelOf(head, value) ?? (value === null ? text.words.table.noValue : String(value)),
  })
  if (wide === undefined) return { input, leftOutCount: 0 }
  const { columns, rows, leftOutCount } = wide
  return { input: { ...input, head: { ...head, ...wide.head }, answer: { ...answer, columns, rows } }, leftOutCount }
}

function leftOut({ input }: Drawing, count: number): TemplateResult {
  const { words, numbers } = input.text
  return html`<p class="foot">${words.chart.leftOut(numbers.whole(count))}</p>`
}

/** Whether a click on the first column narrows the panels. */
function hasNames({ head, answer }: PanelInput): boolean {
  const [first] = answer.columns
  return head.kind === 'table' && head.filters.some(({ name }) => name === first?.name)
}

function leadsToRows({ head }: PanelInput): boolean {
  return head.kind === 'table' && head.rows !== null
}

function otherCell({ input, context }: Drawing, shown: TableColumn, { values }: TableRow): TemplateResult {
  const { column, place, isRight, isMinor } = shown
  const value = values[place] ?? null
  const { alarm, y } = input.head
  const isBad = alarm !== null && column.name === y[0] && Number(value) > alarm
  const classes = [
    isRight ? 'number' : 'text',
    isBad ? 'is-bad' : '',
    value === null ? 'quiet' : '',
    isMinor ? 'minor' : '',
  ]
  const title = isRight ? nothing : titleOf(context, column, value)
  return html`<td class=${classes.join(' ')} title=${title}>${cellContent(context, column, value)}</td>`
}

/** It may be what a stranger wrote: it stays text, and its direction does not reach beyond it. */
function cellContent(context: CellContext, column: TableColumn['column'], value: Value): TemplateResult {
  if (isNames(column.type) && Array.isArray(value)) return nameList(value as readonly Value[])
  const text = value === '' ? context.text.words.table.emptyText : cellText(context, column, value)
  return html`<bdi>${shortened(text)}</bdi>`
}

function titleOf(context: CellContext, column: TableColumn['column'], value: Value): string | typeof nothing {
  if (value === null) return nothing
  const text = cellText(context, column, value)
  return text.length > 12 ? text.slice(0, MAX_TITLE) : nothing
}

const MAX_TITLE = 2_000

function isNames(type: string): boolean {
  return type === 'VARCHAR[]'
}

/** The first of several names, and how many there are besides: the others are in the title. */
function nameList(values: readonly Value[]): TemplateResult {
  const [first, ...others] = values
  const more = others.length === 0 ? nothing : html` <span class="quiet">+${others.length}</span>`
  return html`<bdi class="path">${first === undefined ? '–' : shortened(String(first))}</bdi>${more}`
}

function shortened(text: string): string {
  return text.length > MAX_CHARACTERS ? `${text.slice(0, MAX_CHARACTERS)}…` : text
}

function isMarked({ head, answer, lateMarks }: PanelInput, { values }: TableRow): boolean {
  const at = (name: string | null): Value | undefined => {
    const place = answer.columns.findIndex((column) => column.name === name)
    return place < 0 ? undefined : (values[place] ?? null)
  }
  const x = at(head.x)
  return x !== undefined && lateMarks.has(x, at(head.series), at(head.group))
}
