import { Dashboard } from './dashboard.ts'
import { FilterBar } from './filters/filterBar.ts'
import { FreshnessStrip } from './freshness/freshnessStrip.ts'
import { PANEL_KINDS, tagOf } from './panels/index.ts'
import { PanelFrame } from './panels/panelFrame.ts'
import { RowsView } from './rows/rowsView.ts'

export type { DashboardToken, LakeweirDashboardElement } from './host.ts'
export type { OtherWords } from './words.ts'

// Two scripts on a page, even of two versions, define each element once: the first one wins.
for (const [kind, element] of Object.entries(PANEL_KINDS)) define(tagOf(kind), element)
define('lakeweir-panel', PanelFrame)
define('lakeweir-filters', FilterBar)
define('lakeweir-rows', RowsView)
define('lakeweir-freshness', FreshnessStrip)
define('lakeweir-dashboard', Dashboard)

function define(tag: string, element: CustomElementConstructor): void {
  if (customElements.get(tag) === undefined) customElements.define(tag, element)
}
