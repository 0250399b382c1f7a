import { html, nothing, type TemplateResult } from 'lit'
import type { Value } from '../../../client/index.ts'
import { PanelElement } from '../panelElement.ts'

/** The rows as they are. */
export class TablePanel extends PanelElement {
  protected override render(): TemplateResult | typeof nothing {
    if (this.input === undefined) return nothing
    const { columns, rows } = this.input.answer
    const cell = (value: Value): TemplateResult => html`<td>${value === null ? '–' : String(value)}</td>`
    return html`<table>
      <thead><tr>${columns.map(({ name }) => html`<th scope="col">${name}</th>`)}</tr></thead>
      <tbody>${rows.map((row) => html`<tr>${row.map(cell)}</tr>`)}</tbody>
    </table>`
  }
}
