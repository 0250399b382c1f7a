import { css } from 'lit'

export const barSheet = css`
  /* Numbers of twenty digits do not reach into the next panel; what has the focus keeps its ring. */
  lakeweir-bar {
    display: block;
    container: lakeweir-bar / inline-size;
    overflow-x: auto;
    margin: calc(-4 * var(--u));
    padding: calc(4 * var(--u));
  }
  lakeweir-bar tr > * + * { padding-inline-start: calc(10 * var(--u)); }
  lakeweir-bar tbody th {
    font-weight: 400;
    max-width: calc(150 * var(--u));
    overflow: hidden;
    text-overflow: ellipsis;
  }
  lakeweir-bar .name {
    display: block;
    max-width: 100%;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    text-align: start;
  }
  lakeweir-bar .rank { width: calc(24 * var(--u)); color: var(--ink-3); }
  lakeweir-bar .bar-cell { width: 99%; min-width: calc(48 * var(--u)); }
  lakeweir-bar td.small { color: var(--ink-3); font-size: var(--text-12); }
  lakeweir-bar .is-bad { color: var(--bad); }
  .bar { display: block; width: 100%; height: calc(12 * var(--u)); shape-rendering: crispEdges; }
  .bar rect { fill: var(--c, var(--accent)); }
  .bar rect.bad { fill: var(--bad); }
  .bar rect[data-part] { cursor: pointer; }
  .bar .seam { stroke: var(--surface); stroke-width: 1.5; }
  .bar .zero { stroke: var(--line-2); }
  lakeweir-bar tr.can-pick { cursor: pointer; }
  lakeweir-bar tr.can-pick:hover > * { background: var(--wash); }
  lakeweir-bar tr.is-picked > * { background: color-mix(in oklab, var(--ink) 7%, transparent); }
  lakeweir-bar tr.is-picked .name { font-weight: 600; }
  lakeweir-bar tr.is-late > td.number { box-shadow: inset 0 calc(-3 * var(--u)) 0 var(--warn); }
  @container lakeweir-bar (max-width: 379px) {
    lakeweir-bar .has-further .change { display: none; }
  }
  @media (forced-colors: active) {
    .bar rect, .bar rect.bad { fill: CanvasText; }
    .bar .seam { stroke: Canvas; stroke-width: 2; }
    lakeweir-bar tr.is-picked > * { border-block: 1px solid Highlight; }
  }
`
