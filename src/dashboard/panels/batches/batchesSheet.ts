import { css } from 'lit'

/** The phases are shades of ink: the colours are those of the series. */
export const batchesSheet = css`
  lakeweir-batches { display: block; }
  lakeweir-batches .batch-grid { display: grid; row-gap: calc(12 * var(--u)); }
  lakeweir-batches .streams {
    display: flex;
    gap: calc(16 * var(--u));
    font-size: var(--text-12);
    margin-bottom: calc(6 * var(--u));
  }
  lakeweir-batches .streams button { color: var(--ink-3); }
  lakeweir-batches .streams [aria-pressed='true'] { color: var(--ink); font-weight: 600; }
  lakeweir-batches .strips {
    display: grid;
    grid-template-columns: calc(88 * var(--u)) minmax(0, 1fr);
    row-gap: calc(10 * var(--u));
    align-content: start;
  }
  lakeweir-batches .label { font-size: var(--text-12); color: var(--ink-2); line-height: calc(16 * var(--u)); }
  lakeweir-batches .label > span { display: block; color: var(--ink-3); font-size: var(--text-11); }
  lakeweir-batches .label > .key {
    display: flex;
    gap: calc(5 * var(--u));
    align-items: center;
    color: var(--ink-2);
    font-size: var(--text-12);
  }
  lakeweir-batches .strip { display: block; width: 100%; overflow: visible; }
  lakeweir-batches .strip-rows, lakeweir-batches .strip-lag { height: calc(32 * var(--u)); }
  lakeweir-batches .strip-phases { height: calc(96 * var(--u)); }
  lakeweir-batches .strip-axis {
    grid-column: 2;
    width: 100%;
    height: calc(20 * var(--u));
    margin-top: calc(-6 * var(--u));
    overflow: visible;
  }
  lakeweir-batches text { font-size: var(--text-11); fill: var(--ink-3); font-variant-numeric: tabular-nums; }
  lakeweir-batches text.strong { fill: var(--ink); font-weight: 600; }
  lakeweir-batches .grid { stroke: var(--line); shape-rendering: crispEdges; }
  lakeweir-batches .zero { stroke: var(--line-2); shape-rendering: crispEdges; }
  lakeweir-batches .pause { stroke: var(--mark); stroke-dasharray: 1 3; }
  lakeweir-batches .rows-bar { fill: var(--mark); }
  lakeweir-batches .lag-line {
    fill: none;
    stroke: var(--accent);
    stroke-width: 1.75;
    stroke-linejoin: round;
    stroke-linecap: round;
  }
  lakeweir-batches .picked { fill: color-mix(in oklab, var(--ink) 7%, transparent); }
  lakeweir-batches .phase-plan { --c: color-mix(in oklab, var(--ink) 50%, var(--surface)); }
  lakeweir-batches .phase-stage { --c: color-mix(in oklab, var(--ink) 62%, var(--surface)); }
  lakeweir-batches .phase-commit { --c: color-mix(in oklab, var(--ink) 78%, var(--surface)); }
  lakeweir-batches .phase-publish { --c: var(--ink); }
  lakeweir-batches rect[class^='phase-'], lakeweir-batches path[class^='phase-'] { fill: var(--c); }
  lakeweir-batches tr > * + * { padding-inline-start: calc(10 * var(--u)); }
  lakeweir-batches tbody th { font-weight: 400; }
  lakeweir-batches .bar-cell { width: 99%; }
  lakeweir-batches tbody tr { cursor: pointer; }
  lakeweir-batches tr.is-picked > * { background: color-mix(in oklab, var(--ink) 7%, transparent); }
  lakeweir-batches .foot { margin-top: 0; overflow-wrap: anywhere; }
  lakeweir-batches .path { font-family: var(--mono); display: inline-block; max-width: 100%; vertical-align: top; }
  @media (forced-colors: active) {
    lakeweir-batches .rows-bar, lakeweir-batches rect, lakeweir-batches path[class^='phase-'] { fill: CanvasText; }
    lakeweir-batches i[class*='phase-'] { forced-color-adjust: none; background: CanvasText; }
    lakeweir-batches rect.picked { fill: none; stroke: Highlight; stroke-width: 2; }
    lakeweir-batches tr.is-picked > * { border-block: 1px solid Highlight; }
    lakeweir-batches .lag-line { stroke: CanvasText; }
  }
  @container lakeweir (max-width: 899px) {
    lakeweir-batches .every-second { display: none; }
  }
  @container lakeweir (max-width: 619px) {
    lakeweir-batches .wide-only { display: none; }
    lakeweir-batches .strips { grid-template-columns: minmax(0, 1fr); row-gap: calc(6 * var(--u)); }
    lakeweir-batches .label > span { display: inline; margin-inline-start: calc(6 * var(--u)); }
    lakeweir-batches .label > .key { display: inline-flex; }
    lakeweir-batches .strip-axis { grid-column: 1; }
  }
  .root.is-wall lakeweir-batches .strip-phases { height: calc(140 * var(--u)); }
`
