import { ChartPanel } from '../chart/chartPanel.ts'
import { chartSheet } from '../chart/chartSheet.ts'

/** Amounts on top of each other over time: how many there were, and of what. */
export class AreaPanel extends ChartPanel {
  static override readonly sheet = chartSheet
  override readonly kind = 'amounts'
}
