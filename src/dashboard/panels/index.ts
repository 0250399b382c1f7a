import { AreaPanel } from './area/areaPanel.ts'
import { BarPanel } from './bar/barPanel.ts'
import { BatchesPanel } from './batches/batchesPanel.ts'
import { HeatPanel } from './heat/heatPanel.ts'
import { LinePanel } from './line/linePanel.ts'
import { NumberPanel } from './number/numberPanel.ts'
import type { PanelElement } from './panelElement.ts'
import { TablePanel } from './table/tablePanel.ts'

/** A class of elements, with its sheet. */
export type PanelClass = (new () => PanelElement) & Pick<typeof PanelElement, 'sheet'>

/** Kind → the element that shows it. Each is defined as `lakeweir-KIND`. */
export const PANEL_KINDS: Readonly<Record<string, PanelClass>> = {
  number: NumberPanel,
  area: AreaPanel,
  line: LinePanel,
  heat: HeatPanel,
  bar: BarPanel,
  table: TablePanel,
  batches: BatchesPanel,
}

/** What shows a kind that has no element, such as one of a newer server: the rows as a table show any. */
export const OTHER_KIND = 'table'

export function tagOf(kind: string): string {
  return `lakeweir-${Object.hasOwn(PANEL_KINDS, kind) ? kind : OTHER_KIND}`
}
