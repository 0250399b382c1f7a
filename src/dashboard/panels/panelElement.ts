import { type CSSResult, LitElement } from 'lit'
import type { RowsValues } from '../rows/rowsOfMark.ts'
import type { PanelInput } from './panelInput.ts'

export type { PanelInput } from './panelInput.ts'

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
