import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { Client, RowsParameter, TableRows, Value } from '../../client/index.ts'
import { CellFormats } from '../panels/cellFormats.ts'
import type { Text } from '../text.ts'
import { exactOf, isNumeric, shapeOf } from '../values.ts'
import type { RowsValues } from './rowsOfMark.ts'
import { rowsSheet } from './rowsSheet.ts'

/** Whose rows, and which. */
export interface AskedRows {
  readonly table: string
  readonly values: RowsValues
}

type Shown =
  | { readonly kind: 'loading' }
  | { readonly kind: 'rows'; readonly rows: TableRows }
  | { readonly kind: 'failed'; readonly message: string }

/** How much of a text stands in a cell; the whole of it is in its title. */
const MAX_CHARACTERS = 200

/** The rows behind a mark, as they stand in their table. */
export class RowsView extends LitElement {
  static override properties = {
    asked: { attribute: false },
    client: { attribute: false },
    text: { attribute: false },
    shown: { state: true },
  }
  static readonly sheet = rowsSheet
  declare asked: AskedRows | undefined
  declare client: Pick<Client, 'rows'> | undefined
  declare text: Text | undefined
  declare shown: Shown
  #asking = new AbortController()

  constructor() {
    super()
    this.shown = { kind: 'loading' }
  }

  protected override createRenderRoot(): HTMLElement {
    return this
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#asking.abort()
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('asked') || changed.has('client')) void this.#ask()
  }

  async #ask(): Promise<void> {
    const { asked, client } = this
    this.#asking.abort()
    this.#asking = new AbortController()
    const { signal } = this.#asking
    this.shown = { kind: 'loading' }
    if (asked === undefined || client === undefined) return
    let shown: Shown
    try {
      shown = { kind: 'rows', rows: await client.rows(asked.table, asked.values, { signal }) }
    } catch (error) {
      shown = { kind: 'failed', message: sentenceOf(error) }
    }
    // Somebody may have asked for others meanwhile.
    if (!signal.aborted) this.shown = shown
  }

  protected override render(): TemplateResult | typeof nothing {
    const { asked, text } = this
    if (asked === undefined || text === undefined) return nothing
    const { rows: words } = text.words
    const formats = new CellFormats(text.numbers)
    const close = (): boolean => this.dispatchEvent(new CustomEvent('lakeweir-close', { bubbles: true }))
    return html`<header>
        <h2>${words.title(asked.table)}</h2>
        <div class="actions"><button type="button" @click=${close}>${words.close}</button></div>
      </header>
      <p class="soft looked-for">${lookedFor(asked.values, formats, text)}</p>
      <div aria-live="polite" aria-busy=${String(this.shown.kind === 'loading')}>${this.#content(text, formats)}</div>`
  }

  #content(text: Text, formats: CellFormats): TemplateResult {
    const { shown } = this
    const { rows: words } = text.words
    if (shown.kind === 'loading') return html`<p class="quiet">${words.loading}</p>`
    if (shown.kind === 'failed') {
      return html`<div class="say"><strong class="is-bad">${words.failed}</strong><p>${shown.message}</p>
        <button type="button" class="button" @click=${() => this.#ask()}>${words.again}</button></div>`
    }
    const { rows, isCut } = shown.rows
    if (rows.length === 0) return html`<div class="say"><strong>${words.none}</strong><p>${words.noneMore}</p></div>`
    const count = formats.number(rows.length)
    const counted = isCut ? words.newest(count) : words.all(count)
    return html`<p class="quiet">${counted}</p>${tableOf(shown.rows, text, formats)}`
  }
}

function tableOf({ table, columns, rows }: TableRows, text: Text, formats: CellFormats): TemplateResult {
  const isRight = columns.map(({ type }) => isNumeric(shapeOf(type)))
  const place = (at: number): string => (isRight[at] === true ? 'number' : '')
  const heads = columns.map(({ name }, at) => html`<th scope="col" class=${place(at)}><bdi>${name}</bdi></th>`)
  return html`<div class="rows-of-table" role="group" tabindex="0" aria-label=${text.words.rows.title(table)}><table>
    <thead><tr>${heads}</tr></thead>
    <tbody>${rows.map(
      (row) =>
        html`<tr>${row.map((value, at) => {
          return html`<td class=${place(at)}>${cellOf(value, columns[at]?.type ?? '', text, formats)}</td>`
        })}</tr>`,
    )}</tbody>
  </table></div>`
}

/** It is what a stranger wrote: it stays text, and its direction does not reach beyond it. */
function cellOf(value: Value, type: string, { words }: Text, formats: CellFormats): TemplateResult {
  if (value === null) return html`<span class="quiet">NULL</span>`
  if (value === '') return html`<span class="quiet">${words.table.emptyText}</span>`
  const text = formats.value(value, type, Number.NaN)
  if (text.length <= MAX_CHARACTERS) return html`<bdi>${text}</bdi>`
  return html`<bdi title=${text}>${text.slice(0, MAX_CHARACTERS)}…</bdi>`
}

/** What all rows have, in words. */
function lookedFor({ from, to, ...values }: RowsValues, formats: CellFormats, { words }: Text): TemplateResult {
  const columns = Object.entries(values).flatMap(([name, value]) => {
    const texts = (Array.isArray(value) ? (value as readonly RowsParameter[]) : [value]).flatMap((one) => textOf(one))
    return texts.length === 0 ? [] : [html`<span>${name} <bdi>${texts.join(', ')}</bdi></span>`]
  })
  const moment = (value: RowsParameter): string => {
    const timeMs = value instanceof Date ? +value : Date.parse(String(value))
    return Number.isNaN(timeMs) ? '' : formats.moment(timeMs, Number.NaN)
  }
  const range = from == null || to == null ? nothing : html`<span>${words.rows.range(moment(from), moment(to))}</span>`
  return html`${columns}${range}`

  function textOf(value: RowsParameter): string[] {
    if (value === undefined) return []
    if (value === null) return ['NULL']
    if (value === '') return [words.table.emptyText]
    const exact = typeof value === 'number' ? exactOf(value) : undefined
    return [exact === undefined ? String(value) : formats.identifier(exact)]
  }
}

/** What the server says, and what to do about it. */
function sentenceOf(error: unknown): string {
  const { message, detail } = error as { readonly message?: string; readonly detail?: string }
  return [message, detail].filter((part) => part !== undefined).join(' ')
}
