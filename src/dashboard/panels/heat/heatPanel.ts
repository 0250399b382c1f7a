import { html, nothing, type TemplateResult } from 'lit'
import type { Value } from '../../../client/index.ts'
import { type Exact, exactOf, shapeOf } from '../../values.ts'
import { DAY_MS, isSameRange, pickedRange } from '../../view/view.ts'
import { canFilter, headingOf, unitOf } from '../names.ts'
import type { PanelInput } from '../panelElement.ts'
import type { Size } from '../roving.ts'
import { RovingTable } from '../rovingTable.ts'
import { ValuePanel } from '../valuePanel.ts'
import { type CellContext, drawnName, nameOf } from '../valueText.ts'
import { heatSheet } from './heatSheet.ts'
import {
  type HeatCell,
  type HeatColumn,
  type HeatGroup,
  type HeatKey,
  type HeatRow,
  type HeatTable,
  heatTable,
} from './heatTable.ts'

/** More columns have room for short numbers alone. */
const MANY_COLUMNS = 7

/** What is the same for all cells of a drawing. */
interface Drawing {
  readonly input: PanelInput
  readonly context: CellContext
  readonly table: HeatTable
  readonly size: Size
  readonly types: { readonly group: string; readonly row: string; readonly column: string }
  /** Whether a click on a cell narrows anything. */
  readonly canPick: boolean
}

/** Amounts by two or three columns: a table whose cells are shaded. */
export class HeatPanel extends ValuePanel {
  static override readonly sheet = heatSheet
  readonly #roving = new RovingTable(this, { row: 1, column: 1 }, () => this.requestUpdate())

  protected override render(): TemplateResult | typeof nothing {
    const { input } = this
    if (input === undefined) return nothing
    const { head, answer } = input
    const table = heatTable(head, answer)
    const typeOf = (name: string | null): string =>
      answer.columns.find((column) => column.name === name)?.type ?? 'VARCHAR'
    const rowCount = table.groups.reduce((count, { rows }) => count + rows.length, 0)
    const drawing: Drawing = {
      input,
      context: this.contextOf(input),
      table,
      size: { rows: rowCount + 1, columns: table.columns.length + 1 },
      types: { group: typeOf(head.group), row: typeOf(head.x), column: typeOf(head.series) },
      canPick: [head.x, head.series].some((column) => head.filters.some(({ name }) => name === column)),
    }
    const isDense = table.columns.length > MANY_COLUMNS && input.isExpanded !== true
    const role = drawing.canPick ? 'grid' : nothing
    return html`<table class=${isDense ? 'heat is-dense' : 'heat'} role=${role} aria-label=${head.title}
        @keydown=${(event: KeyboardEvent) => this.#pressed(event, drawing)} @focusin=${this.#roving.focused}>
        ${this.#head(drawing)}${this.#bodies(drawing)}
      </table>
      ${leftOut(drawing)}`
  }

  #head({ input, context, table, size, types, canPick }: Drawing): TemplateResult {
    const { head, text } = input
    return html`<thead><tr>
      ${head.group === null ? nothing : html`<th class="day" scope="col">${headingOf(head, head.group)}</th>`}
      <th class="kind" scope="col">${head.x === null ? '' : headingOf(head, head.x)}</th>
      ${table.columns.map((column, at) => {
        const canFilterBy = column.kind === 'value' && canFilter(head, head.series, column.value)
        const swatch = column.slot === undefined ? nothing : html`<i class="swatch"></i>`
        const place = canPick ? `0 ${at + 1}` : nothing
        const classes = `number series-${column.slot ?? 'none'} ${canFilterBy ? 'can-pick' : ''}`
        return html`<th class=${classes} scope="col" title=${titleOf(context, column, types.column)}
          data-place=${place} tabindex=${canPick ? this.#roving.tabIndex(0, at + 1, size) : nothing}
          @click=${() => this.#pickColumn(input, column)}>${swatch}${drawnKey(context, column, types.column)}</th>`
      })}
      ${table.hasTotals ? html`<th class="number all" scope="col">${text.words.heat.all}</th>` : nothing}
    </tr></thead>`
  }

  #bodies(drawing: Drawing): TemplateResult[] {
    let before = 1 // the head is the first row
    return drawing.table.groups.map((group) => {
      const first = before
      before += group.rows.length
      return this.#body(drawing, group, first)
    })
  }

  #body(drawing: Drawing, group: HeatGroup, first: number): TemplateResult {
    const { input, context, table, size, types, canPick } = drawing
    const { head } = input
    const hasGroups = group.value !== undefined
    // It stands where there is no room for the days' and the totals' own columns.
    const span = table.columns.length + 1
    const line = html`<th scope="rowgroup" colspan=${span}>${this.#group(drawing, group, 'line')}</th>`
    const height = group.rows.length
    const day = html`<th class="day" scope="rowgroup" rowspan=${height}>${this.#group(drawing, group, 'cell')}</th>`
    return html`<tbody>
      ${hasGroups ? html`<tr class="group">${line}</tr>` : nothing}
      ${group.rows.map((row, at) => {
        const place = `${first + at} 0`
        const isPickable = row.row.kind === 'value' && canFilter(head, head.x, row.row.value)
        return html`<tr>
          ${hasGroups && at === 0 ? day : nothing}
          <th class=${`kind ${isPickable ? 'can-pick' : ''}`} scope="row" data-place=${canPick ? place : nothing}
            tabindex=${canPick ? this.#roving.tabIndex(first + at, 0, size) : nothing}
            title=${titleOf(context, row.row, types.row)}
            @click=${() => this.#pickRow(input, row.row)}>${drawnKey(context, row.row, types.row)}</th>
          ${row.cells.map((cell, column) => this.#cell(drawing, group, row, cell, first + at, column))}
          ${table.hasTotals ? html`<td class="number all">${amounts(context, row.total)}</td>` : nothing}
        </tr>`
      })}
    </tbody>`
  }

  /** A day leads to its range. */
  #group(drawing: Drawing, group: HeatGroup, form: 'line' | 'cell'): TemplateResult {
    const { input, types } = drawing
    const { view, text } = input
    const name = groupName(drawing, group, form)
    const fromMs = dayOf(group, types.group)
    if (fromMs === undefined || fromMs > view.nowMs || view.isWall) return name
    const toMs = Math.min(fromMs + DAY_MS, view.nowMs)
    const isLive = toMs === view.nowMs
    const isShown = isSameRange(view.range, pickedRange({ fromMs, toMs, isLive }))
    return html`<button type="button" class="pick-day" aria-pressed=${String(isShown)} title=${text.words.heat.showDay}
      @click=${() => this.tell('lakeweir-range', { fromMs, toMs, isLive })}>${name}</button>`
  }

  #cell(drawing: Drawing, group: HeatGroup, row: HeatRow, cell: HeatCell, at: number, column: number): TemplateResult {
    const { input, context, table, size, canPick } = drawing
    const { head } = input
    const key = table.columns[column]
    const isLate = isMarked(input, row.row, key, group)
    const isPicked = key !== undefined && this.#isPickedCell(input, row.row, key)
    const classes = [
      'number',
      `step-${cell.step}`,
      isPicked ? 'is-picked' : '',
      isLate ? 'is-late' : '',
      canPick ? 'can-pick' : '',
    ]
    return html`<td class=${classes.join(' ')} data-place=${canPick ? `${at} ${column + 1}` : nothing}
      tabindex=${canPick ? this.#roving.tabIndex(at, column + 1, size) : nothing}
      aria-selected=${isPicked ? 'true' : nothing}
      @click=${() => key !== undefined && this.#pickCell(input, row.row, key)}
      >${cellOf(context, cell.value, unitOf(head, head.y[0] ?? ''))}</td>`
  }

  #pickCell(input: PanelInput, row: HeatKey, column: HeatColumn): void {
    const wasPicked = this.#isPickedCell(input, row, column)
    for (const [name, key] of [
      [input.head.x, row],
      [input.head.series, column],
    ] as const) {
      if (key.kind !== 'value' || !canFilter(input.head, name, key.value)) continue
      if (wasPicked || !this.isPicked(input, name, key.value)) this.filterBy(input, name, key.value)
    }
  }

  #pickRow(input: PanelInput, row: HeatKey): void {
    if (row.kind === 'value' && canFilter(input.head, input.head.x, row.value))
      this.filterBy(input, input.head.x, row.value)
  }

  #pickColumn(input: PanelInput, { slot: _, ...key }: HeatColumn): void {
    if (key.kind === 'value' && canFilter(input.head, input.head.series, key.value)) {
      this.filterBy(input, input.head.series, key.value)
    }
  }

  /** Whether the panels are narrowed to a cell: to its row, to its column, or to both, as far as there are filters. */
  #isPickedCell(input: PanelInput, row: HeatKey, column: HeatKey): boolean {
    const { head } = input
    const parts = (
      [
        [head.x, row],
        [head.series, column],
      ] as const
    ).filter(([name]) => {
      return head.filters.some((filter) => filter.name === name)
    })
    return (
      parts.length > 0 && parts.every(([name, key]) => key.kind === 'value' && this.isPicked(input, name, key.value))
    )
  }

  #pressed(event: KeyboardEvent, { size, canPick }: Drawing): void {
    if (!canPick) return
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      ;(event.target as HTMLElement).click()
    } else this.#roving.pressed(event, size)
  }
}

function drawnKey(context: CellContext, key: HeatKey, type: string): TemplateResult {
  if (key.kind === 'value') return drawnName(context, key.value, type)
  return html`<span class="quiet">${context.text.words.heat.rest(context.formats.number(key.count))}</span>`
}

/** The whole name, where it may be too long for its place. */
function titleOf(context: CellContext, key: HeatKey, type: string): string | typeof nothing {
  return key.kind === 'value' ? nameOf(context, key.value, type) : nothing
}

/** What has no place: it is said, because the numbers look whole. */
function leftOut({ context: { formats, text }, table: { left, hasTotals } }: Drawing): TemplateResult | typeof nothing {
  const { words } = text
  const counts = [
    { count: left.groups, words: words.heat.moreGroups },
    // Where numbers add up, the others have a row and a column together.
    { count: hasTotals ? 0 : left.rows, words: words.heat.moreRows },
    { count: hasTotals ? 0 : left.columns, words: words.heat.moreColumns },
  ]
  const said = counts.flatMap((one) => (one.count === 0 ? [] : [one.words(formats.number(one.count))]))
  return said.length === 0 ? nothing : html`<p class="foot">${words.heat.left(said.join(', '))}</p>`
}

/** A number in full, and short for where there is little room: one of them is shown. */
function amounts({ formats, text }: CellContext, value: Exact | undefined): TemplateResult {
  if (value === undefined) return html`<span class="quiet">${text.words.panel.none}</span>`
  const short = formats.short(Number(value))
  return html`<span class="full">${formats.number(value)}</span><span class="short">${short}</span>`
}

function cellOf(context: CellContext, value: Value | undefined, unit: string | null): TemplateResult {
  const exact = exactOf(value)
  if (exact !== undefined && unit === null) return amounts(context, exact)
  const { none } = context.text.words.panel
  if (value === undefined || value === null) return html`<span class="quiet">${none}</span>`
  return html`${exact === undefined ? String(value) : context.formats.measure(exact, unit)}`
}

function isMarked({ lateMarks }: PanelInput, row: HeatKey, column: HeatKey | undefined, group: HeatGroup): boolean {
  if (row.kind !== 'value' || column?.kind !== 'value') return false
  return lateMarks.has(row.value, column.value, group.value)
}

/** When the day of a group begins, if it is one. */
function dayOf({ value }: HeatGroup, type: string): number | undefined {
  const dayMs = shapeOf(type) === 'date' && typeof value === 'string' ? Date.parse(value) : Number.NaN
  return Number.isNaN(dayMs) ? undefined : dayMs
}

/** A day is called Today or Yesterday as the server's days go, and one that has begun says up to when. */
function groupName({ input, context, types }: Drawing, group: HeatGroup, form: 'line' | 'cell'): TemplateResult {
  const { answer, text, view } = input
  const { words } = text
  const value = group.value ?? null
  const name = nameOf(context, value, types.group)
  const dayMs = dayOf(group, types.group)
  const back = dayMs === undefined ? undefined : Math.floor(view.nowMs / DAY_MS) - dayMs / DAY_MS
  const called = back === 0 ? words.heat.today : back === 1 ? words.heat.yesterday : undefined
  const countedMs = Date.parse(answer.position?.newestEventTime ?? '')
  const until = back === 0 && !Number.isNaN(countedMs) ? words.heat.until(context.formats.minute(countedMs)) : undefined
  const total = group.total === undefined ? undefined : context.formats.number(group.total)
  const strong = html`<b><bdi>${called ?? name}</bdi></b>`
  if (form === 'line') {
    const rest = [called === undefined ? undefined : name, until].filter((part) => part !== undefined).join(', ')
    return html`${strong}${rest === '' ? '' : ` ${rest}`}${total === undefined ? '' : `: ${total}`}`
  }
  return html`${strong}
    ${called === undefined ? nothing : html`<span>${name}</span>`}
    ${total === undefined ? nothing : html`<span class="soft">${total}</span>`}
    ${until === undefined ? nothing : html`<span class="quiet">${until}</span>`}`
}
