import { suggestion } from '../../words.ts'
import type { PanelHead } from '../answers.ts'
import type { Panel } from './panel.ts'

/** Column → type. */
type Columns = Readonly<Record<string, string>>

/** What is said of a panel in a list, with what is wrong with it if it cannot be answered. */
export function panelHeadOf(panel: Panel, columns: Columns = {}, problem: string | undefined): PanelHead {
  const { time, coarser } = panel
  return {
    name: panel.name,
    title: panel.title,
    note: panel.note ?? null,
    describes: panel.describes,
    kind: panel.kind,
    x: panel.x ?? null,
    y: [...panel.y],
    series: panel.series ?? null,
    group: panel.group ?? null,
    before: panel.before ?? null,
    compared: panel.compared ?? null,
    order: [...panel.order],
    unit: panel.unit ?? null,
    units: { ...panel.units },
    headings: { ...panel.headings },
    labels: panel.labels.map(({ value, label }) => ({ value, label })),
    alarm: panel.alarm ?? null,
    spark: panel.spark ?? null,
    brush: panel.brush ?? null,
    coarser: coarser === undefined ? null : { ...coarser },
    rows: panel.rows ?? null,
    over: time?.over ?? null,
    grain: time?.grain ?? null,
    grainMs: time?.grainMs ?? null,
    rangeMs: time?.rangeMs ?? null,
    filters: panel.filters.map(({ name, type }) => ({ name, type })),
    columns: Object.entries(columns).map(([name, type]) => ({ name, type })),
    problem: problem ?? null,
  }
}

/** Says which key of a panel's header names no column of its result, if one does not. */
export function missingColumnOf({ file, names }: Panel, columns: Columns): string | undefined {
  const missing = names.columns.find(({ name }) => !Object.hasOwn(columns, name))
  if (missing === undefined) return undefined
  const { key, name, line } = missing
  const meant = suggestion(name, Object.keys(columns))
  return `${file} line ${line}: names "${name}" as its ${key}, which is not a column of its result. ${meant}`
}
