import { css } from 'lit'

/** The strip of freshness: from edge to edge, and of another texture in each state. */
export const freshness = css`
  lakeweir-freshness {
    display: block;
    margin-inline: calc(-1 * var(--pad));
  }
  .fresh {
    display: grid;
    grid-template-columns:
      minmax(calc(330 * var(--u)), 3.4fr) repeat(3, minmax(calc(120 * var(--u)), 1.3fr))
      minmax(calc(320 * var(--u)), 4.4fr);
    column-gap: var(--gap);
    padding: calc(16 * var(--u)) var(--pad) calc(14 * var(--u));
    border-block: 1px solid var(--line-2);
    transition: background-color 240ms;
  }
  .fresh .state {
    display: flex;
    align-items: center;
    gap: calc(10 * var(--u));
    font-weight: 600;
  }
  .fresh[data-state='fresh'] .glyph,
  .fresh[data-state='quiet'] .glyph {
    color: var(--good);
  }
  .fresh[data-state='catching-up'] {
    background: color-mix(in oklab, var(--accent) 7%, var(--surface));
  }
  .fresh[data-state='catching-up'] :is(.state, .lag .value, .lag .unit) {
    color: var(--accent);
  }
  .fresh[data-state='stale'] {
    background: color-mix(in oklab, var(--warn) 9%, var(--surface));
  }
  .fresh[data-state='stale'] :is(.state, .lag .value, .lag .unit) {
    color: var(--warn);
  }
  .fresh[data-state='disconnected'] {
    background: var(--wash);
    border-block: 1px dashed var(--mark);
  }
  .fresh[data-state='disconnected'] .figure:not(:first-child) .value {
    color: var(--ink-3);
  }
  .gauge {
    grid-template-rows: calc(18 * var(--u)) calc(42 * var(--u)) auto;
  }
  .gauge .plot {
    width: 100%;
    height: calc(38 * var(--u));
  }
  .gauge-axis {
    position: relative;
    height: calc(18 * var(--u));
    color: var(--ink-3);
    font-size: var(--text-11);
    line-height: calc(18 * var(--u));
    white-space: nowrap;
  }
  .gauge-axis span {
    position: absolute;
  }
  .gauge-axis .middle {
    transform: translateX(-50%);
  }
  .gauge-axis .now {
    right: 0;
    color: var(--ink);
    font-weight: 600;
  }
  .gauge .ticks {
    fill: none;
    stroke: var(--mark);
    stroke-width: calc(2 * var(--u));
    vector-effect: non-scaling-stroke;
  }
  .gauge .base {
    stroke: var(--line-2);
  }
  .gauge .now-line {
    stroke: var(--ink);
    stroke-width: 1.5;
  }
  .gauge .edge {
    stroke: var(--good);
    stroke-width: 1.5;
  }
  .gauge .lag-box {
    fill: color-mix(in oklab, var(--good) 30%, transparent);
  }
  .gauge .counted {
    fill: var(--accent);
  }
  .gauge .waiting {
    fill: url(#freshness-hatch);
    opacity: 0.55;
  }
  .gauge .hatch {
    stroke: var(--accent);
    stroke-width: 2;
  }
  .gauge .unknown {
    fill: none;
    stroke: var(--mark);
    stroke-dasharray: 2 4;
  }
  .gauge .unknown-word {
    dominant-baseline: central;
    text-anchor: middle;
  }
  [data-state='catching-up'] .gauge .edge {
    stroke: var(--accent);
  }
  [data-state='catching-up'] .gauge .lag-box {
    fill: color-mix(in oklab, var(--accent) 30%, transparent);
  }
  [data-state='stale'] .gauge :is(.edge, .hatch) {
    stroke: var(--warn);
  }
  [data-state='disconnected'] .gauge .edge {
    stroke: var(--mark);
  }
  @container lakeweir (max-width: 1279px) {
    .fresh {
      grid-template-columns: repeat(3, minmax(0, 1fr));
      row-gap: calc(16 * var(--u));
    }
    .fresh > :first-child,
    .fresh > .gauge {
      grid-column: 1 / -1;
    }
  }
  @container lakeweir (max-width: 619px) {
    .fresh .figure:not(:first-child) .value {
      font-size: var(--text-20);
      line-height: calc(30 * var(--u));
    }
    .fresh .figure:not(:first-child) .unit {
      font-size: var(--text-14);
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .fresh {
      transition: none;
    }
  }
`
