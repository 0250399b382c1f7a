import { html, type TemplateResult } from 'lit'
import type { Column, PanelHead, Value } from '../../client/index.ts'
import type { Text } from '../text.ts'
import { exactOf, isNumeric, shapeOf } from '../values.ts'
import type { CellFormats } from './cellFormats.ts'
import { isMeasure, labelOf, unitOf } from './names.ts'

/** What a cell needs to know of its panel and its reader. */
export interface CellContext {
  readonly head: PanelHead
  readonly formats: CellFormats
  readonly text: Text
  readonly nowMs: number
}

/** What a value is called, as one line of text. */
export function nameOf({ head, formats, text, nowMs }: CellContext, value: Value, type: string): string {
  const label = labelOf(head, value)
  if (label !== undefined) return label
  if (value === null) return text.words.table.noValue
  return value === '' ? text.words.table.emptyText : formats.value(value, type, nowMs)
}

/**
 * The same as it is drawn. It may be what a stranger wrote: it stays text, and its direction does not reach beyond it.
 */
export function drawnName(context: CellContext, value: Value, type: string): TemplateResult {
  const name = nameOf(context, value, type)
  const isMissing = (value === null || value === '') && name !== ''
  return isMissing ? html`<bdi class="quiet">${name}</bdi>` : html`<bdi>${name}</bdi>`
}

/** A value of a column: a measure with its unit, or whatever else it is. */
export function cellText(context: CellContext, column: Column, value: Value): string {
  const { head, formats, text, nowMs } = context
  const label = labelOf(head, value)
  if (label !== undefined && !isMeasure(head, column)) return label
  if (value === null) return text.words.panel.none
  const exact = exactOf(value)
  if (exact !== undefined && isNumeric(shapeOf(column.type)) && isMeasure(head, column)) {
    return formats.measure(exact, unitOf(head, column.name))
  }
  const { x, grainMs } = head
  if (column.name === x && grainMs !== null && shapeOf(column.type) === 'moment') {
    return formats.grain(String(value), grainMs, nowMs)
  }
  if (typeof value === 'boolean') return value ? text.words.table.isTrue : text.words.table.isFalse
  return formats.value(value, column.type, nowMs)
}
