import { type CSSResult, LitElement } from 'lit'
import type { PanelAnswer, PanelHead } from '../../client/index.ts'
import type { RowsValues } from '../rows/rowsOfMark.ts'
import type { Text } from '../text.ts'
import type { View } from '../view/view.ts'
import type { LateMarks } from './lateMarks.ts'

/** What a panel's element is given. It asks nobody for anything else. */
export interface PanelInput {
  readonly head: PanelHead
  /** The last answer. */
  readonly answer: PanelAnswer
  /** The answer of the panel that the head names as `spark` or `brush`. */
  readonly spark: PanelAnswer | undefined
  readonly view: View
  /** Words, and numbers in the reader's locale and time zone. */
  readonly text: Text
  /** Which values were corrected a moment ago. */
  readonly lateMarks: LateMarks
  /** Whether the panel has all the room: a list then shows more of its rows. */
  readonly isExpanded?: boolean
}

/** What a panel's element tells: events that bubble. */
export interface PanelEvents {
  /** A mark was clicked: rows with this value alone (`isOnly`), or with it as well, or no longer. */
  readonly 'lakeweir-filter': { readonly column: string; readonly value: string; readonly isOnly: boolean }
  /** Another range, in milliseconds since 1970. A live one ends now, whenever that is. */
  readonly 'lakeweir-range': { readonly fromMs: number; readonly toMs: number; readonly isLive: boolean }
  /** The rows behind a mark are wanted: those of a table with these values. */
  readonly 'lakeweir-rows': { readonly table: string; readonly values: RowsValues }
}

/**
 * The element of a kind of panel. It renders into the light DOM within the dashboard's shadow root, so that the
 * dashboard's sheets, container queries and ids hold for it.
 */
export abstract class PanelElement extends LitElement {
  /** How it looks; the dashboard takes it into its own sheets. */
  static readonly sheet: CSSResult | undefined
  static override properties = { input: { attribute: false } }
  declare input: PanelInput | undefined

  protected override createRenderRoot(): HTMLElement {
    return this
  }

  /** Tells the dashboard. */
  protected tell<Name extends keyof PanelEvents>(name: Name, detail: PanelEvents[Name]): void {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true }))
  }
}
