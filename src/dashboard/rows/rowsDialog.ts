import { html, nothing, type TemplateResult } from 'lit'
import type { Client } from '../../client/index.ts'
import { opened } from '../head/opened.ts'
import type { Text } from '../text.ts'
import type { AskedRows } from './rowsView.ts'

export interface RowsDialogParts {
  /** Undefined while nobody looks at any. */
  readonly asked: AskedRows | undefined
  readonly client: Client | undefined
  readonly text: Text
  readonly onClose: () => void
}

/** The rows behind a mark, over the page. */
export function rowsDialog({ asked, client, text, onClose }: RowsDialogParts): TemplateResult | typeof nothing {
  if (asked === undefined) return nothing
  const title = text.words.rows.title(asked.table)
  return html`<dialog class="rows-dialog" aria-label=${title} ${opened()} @close=${onClose}>
    <lakeweir-rows .asked=${asked} .client=${client} .text=${text} @lakeweir-close=${onClose}></lakeweir-rows>
  </dialog>`
}
