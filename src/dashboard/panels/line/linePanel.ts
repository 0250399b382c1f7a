import { ChartPanel } from '../chart/chartPanel.ts'
import { chartSheet } from '../chart/chartSheet.ts'

/** Measures over time, which do not add up: a share, an average, a temperature. */
export class LinePanel extends ChartPanel {
  static override readonly sheet = chartSheet
  override readonly kind = 'measures'
}
