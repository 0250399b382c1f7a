import { css } from 'lit'

export const tableSheet = css`
  /* What is said below any table. */
  p.foot { font-size: var(--text-12); color: var(--ink-3); margin-top: calc(10 * var(--u)); }
  lakeweir-table { display: block; }
  lakeweir-table .rows-of-table { overflow-x: auto; max-height: 70vh; overflow-y: auto; }
  lakeweir-table tr > * + * { padding-inline-start: calc(10 * var(--u)); }
  lakeweir-table thead th, lakeweir-table thead td { position: sticky; top: 0; background: var(--surface); }
  lakeweir-table tbody th { font-weight: 400; }
  lakeweir-table tbody th, lakeweir-table td.text {
    max-width: calc(320 * var(--u));
    overflow: hidden;
    text-overflow: ellipsis;
  }
  lakeweir-table td.small { color: var(--ink-3); font-size: var(--text-12); }
  lakeweir-table .name {
    display: block;
    max-width: 100%;
    overflow: hidden;
    text-overflow: ellipsis;
    text-align: start;
  }
  lakeweir-table .name:hover {
    text-decoration: underline;
    text-decoration-color: var(--line-2);
    text-underline-offset: 3px;
  }
  lakeweir-table .name[aria-pressed='true'] { font-weight: 600; }
  lakeweir-table .path { font-family: var(--mono); font-size: var(--text-12); }
  @container lakeweir (max-width: 619px) {
    lakeweir-table .is-short .minor { display: none; }
    lakeweir-table .is-short tbody th { width: 99%; min-width: calc(72 * var(--u)); max-width: 0; }
  }
  lakeweir-table .is-bad { color: var(--bad); }
  lakeweir-table tr.is-late > td.number { box-shadow: inset 0 calc(-3 * var(--u)) 0 var(--warn); }
`
