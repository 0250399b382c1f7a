import { css } from 'lit'

/** The names of the series: beside the plot where there is room, else a list below it. */
export const railSheet = css`
  .chart-head {
    display: flex;
    justify-content: space-between;
    gap: calc(8 * var(--u));
    font-size: var(--text-12);
    color: var(--ink-2);
    white-space: nowrap;
    line-height: calc(18 * var(--u));
  }
  .chart-entry {
    font: inherit;
    font-size: var(--text-13);
    color: var(--ink);
    background: none;
    border: 0;
    padding: 0;
    text-align: left;
    display: grid;
    align-items: center;
    grid-template-columns: calc(17 * var(--u)) minmax(0, 1fr) auto;
    height: calc(18 * var(--u));
    width: 100%;
  }
  .has-shares .chart-entry { grid-template-columns: calc(17 * var(--u)) minmax(0, 1fr) auto calc(46 * var(--u)); }
  .chart-rail:not(.has-shares) .chart-share { display: none; }
  button.chart-entry { cursor: pointer; }
  button.chart-entry:hover .chart-name {
    text-decoration: underline;
    text-decoration-color: var(--line-2);
    text-underline-offset: 3px;
  }
  button.chart-entry[aria-pressed='true'] .chart-name { font-weight: 600; }
  .chart-entry.is-total b { font-weight: 600; }
  .chart-entry > :nth-child(3) { text-align: right; }
  .chart-name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
  .chart-share { text-align: right; color: var(--ink-3); }
  .chart-entry .swatch { width: calc(9 * var(--u)); height: calc(9 * var(--u)); background: var(--c); }
  .chart-entry.is-hidden { color: var(--ink-3); }
  .chart-entry.is-hidden .swatch { background: none; box-shadow: inset 0 0 0 1px var(--mark); }
  .chart-dash { width: calc(13 * var(--u)); height: 0; border-top: 1.25px solid var(--ink); }
  .is-rail-side > .chart-head { grid-column: 2; grid-row: 1; align-self: start; }
  .is-rail-side > .chart-rail { grid-column: 2; grid-row: 1; position: relative; }
  .is-rail-side .chart-entry { position: absolute; left: 0; }
  .is-rail-side .chart-entry.is-hidden { position: static; margin-top: calc(4 * var(--u)); }
  /* Below the names that stand beside the plot: there they would lie upon each other. */
  .is-rail-side .chart-rail:has(.is-hidden) { padding-top: calc(232 * var(--u)); }
  .is-rail-below > .chart-head { white-space: normal; margin-top: calc(14 * var(--u)); }
  .is-rail-below .chart-share-head { display: none; }
  .is-rail-below > .chart-rail {
    display: grid;
    grid-template-columns: repeat(2, minmax(0, 1fr));
    column-gap: var(--gap);
    margin-top: calc(6 * var(--u));
  }
  .is-rail-below .chart-entry { height: calc(32 * var(--u)); border-top: 1px solid var(--line); }
  .is-rail-below .chart-entry.is-total, .is-rail-below .chart-entry.is-before { display: none; }
  @container lakeweir (max-width: 619px) {
    .is-rail-below > .chart-rail { grid-template-columns: minmax(0, 1fr); }
    .is-rail-below .chart-entry { height: calc(36 * var(--u)); }
  }
  @media (pointer: coarse) { .is-rail-below .chart-entry { height: max(44px, calc(36 * var(--u))); } }
  .chart-note {
    grid-column: 1 / -1;
    font-size: var(--text-12);
    color: var(--ink-3);
    margin: calc(10 * var(--u)) 0 0;
  }
`
