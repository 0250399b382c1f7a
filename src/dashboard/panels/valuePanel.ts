import type { PropertyValues } from 'lit'
import { CellFormats } from './cellFormats.ts'
import { PanelElement, type PanelInput } from './panelElement.ts'
import { isSameDrawing } from './sameDrawing.ts'
import type { CellContext } from './valueText.ts'

/** A panel that is a table of values of any type. */
export abstract class ValuePanel extends PanelElement {
  /** How often what is drawn by the clock changes. */
  protected get clockMs(): number {
    return 60_000
  }

  protected override shouldUpdate(changed: PropertyValues<this>): boolean {
    const isInputAlone = changed.size === 1 && changed.has('input')
    return !isInputAlone || !isSameDrawing(changed.get('input'), this.input, this.clockMs)
  }

  protected contextOf({ head, text, view }: PanelInput): CellContext {
    return { head, formats: new CellFormats(text.numbers), text, nowMs: view.nowMs }
  }

  /** Narrows the panels to a value by a click, or no longer if that is what they are narrowed to. */
  protected filterBy({ view }: PanelInput, column: string | null, value: unknown): void {
    if (column === null) return
    const text = String(value)
    this.tell('lakeweir-filter', { column, value: text, isOnly: !isOnlyValue(view.filters[column], text) })
  }

  /** Whether the panels are narrowed to this value alone. */
  protected isPicked({ view }: PanelInput, column: string | null, value: unknown): boolean {
    return column !== null && isOnlyValue(view.filters[column], String(value))
  }
}

function isOnlyValue(values: readonly string[] | undefined, value: string): boolean {
  return values?.length === 1 && values[0] === value
}
