import { css } from 'lit'

export const rowsSheet = css`
  lakeweir-rows { display: flex; flex-direction: column; gap: calc(8 * var(--u)); min-width: 0; min-height: 0; }
  lakeweir-rows header { display: flex; align-items: baseline; gap: calc(10 * var(--u)); }
  lakeweir-rows h2 { font-size: var(--text-14); font-weight: 600; overflow-wrap: anywhere; }
  lakeweir-rows .actions { margin-inline-start: auto; }
  lakeweir-rows .looked-for { display: flex; flex-wrap: wrap; gap: calc(4 * var(--u)) calc(16 * var(--u)); }
  lakeweir-rows .looked-for bdi { color: var(--ink); font-weight: 600; }
  lakeweir-rows .rows-of-table { overflow: auto; max-height: 70vh; }
  lakeweir-rows thead th { position: sticky; top: 0; background: var(--surface); }
  lakeweir-rows th, lakeweir-rows td { padding-inline-end: calc(16 * var(--u)); }
  lakeweir-rows th:last-child, lakeweir-rows td:last-child { padding-inline-end: 0; }
  lakeweir-rows td { max-width: calc(360 * var(--u)); overflow: hidden; text-overflow: ellipsis; }
`
