import { css } from 'lit'

export const numberSheet = css`
  lakeweir-number { display: block; }
  .number-line {
    margin: 0;
    height: calc(40 * var(--u));
    line-height: calc(40 * var(--u));
    white-space: nowrap;
    font-size: var(--text-28);
    font-weight: 500;
    letter-spacing: -0.02em;
  }
  .number-line.is-long {
    font-size: var(--text-13);
    overflow-wrap: anywhere;
    white-space: normal;
    line-height: calc(20 * var(--u));
    display: flex;
    align-items: center;
  }
  .number-line .unit {
    line-height: 0;
    font-size: var(--text-20);
    font-weight: 400;
    letter-spacing: -0.01em;
    margin-left: 0.18em;
    color: var(--ink-2);
  }
  .number-line .unit.is-per-cent { margin-left: 0.08em; }
  .number-line .delta {
    font-size: var(--text-13);
    font-weight: 500;
    letter-spacing: 0;
    margin-left: calc(10 * var(--u));
    color: var(--ink-2);
    vertical-align: 0.12em;
  }
  .number-line .is-bad, .number-line .delta.is-bad { color: var(--bad); }
  .number-line .is-unknown { color: var(--ink-3); }
  .number-note {
    margin: 0;
    min-height: calc(18 * var(--u));
    font-size: var(--text-12);
    line-height: calc(18 * var(--u));
    color: var(--ink-2);
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .number-note .link { margin-inline-start: calc(4 * var(--u)); }
  .is-short-note { display: none; }
  .spark { position: relative; height: calc(36 * var(--u)); margin-top: calc(8 * var(--u)); }
  .spark > svg { display: block; width: 100%; height: 100%; overflow: visible; }
  .spark path { vector-effect: non-scaling-stroke; fill: none; }
  .spark .spark-area { fill: color-mix(in oklab, var(--ink) 6%, transparent); }
  .spark-today { stroke: var(--ink); stroke-width: 1.5; stroke-linejoin: round; }
  .spark-before { stroke: var(--mark); stroke-width: 1; stroke-dasharray: 2 3; }
  .spark-zero { stroke: var(--line-2); stroke-width: 1; shape-rendering: crispEdges; }
  .spark-end { fill: var(--ink); stroke: var(--surface); stroke-width: 2; }
  .is-old .value { color: var(--ink-3); }
  .is-old .spark { opacity: 0.55; }
  @container lakeweir (max-width: 619px) {
    .is-short-note { display: inline; }
    .is-long-note { display: none; }
    .number-line { height: auto; line-height: calc(32 * var(--u)); }
    .number-line .delta {
      display: block;
      margin: 0;
      line-height: calc(18 * var(--u));
      min-height: calc(18 * var(--u));
    }
  }
  @media (forced-colors: active) { lakeweir-number .late { text-decoration: underline; } }
`
