import { css } from 'lit'

/** The day below a chart. */
export const brushSheet = css`
  .brush { grid-column: 1; display: block; position: relative; margin-top: calc(10 * var(--u)); }
  .brush-name {
    position: absolute;
    left: 0;
    top: calc(9 * var(--u));
    font-size: var(--text-11);
    line-height: calc(14 * var(--u));
    color: var(--ink-3);
  }
  .brush-note { display: none; }
  .is-rail-side .brush-note {
    display: block;
    position: absolute;
    left: calc(100% + 0 * var(--u));
    top: calc(8 * var(--u));
    white-space: nowrap;
    font-size: var(--text-12);
    line-height: calc(16 * var(--u));
    color: var(--ink-3);
  }
  .brush-plot { position: relative; cursor: grab; touch-action: pan-y; user-select: none; }
  .brush-plot:active { cursor: grabbing; }
  .brush-plot svg { display: block; overflow: visible; }
  .brush-area { fill: color-mix(in oklab, var(--ink) 16%, transparent); }
  .brush-line { fill: none; stroke: var(--mark); }
  .brush-window { fill: color-mix(in oklab, var(--accent) 12%, transparent); }
  .brush-handle { stroke: var(--accent); stroke-width: 2; }
  .brush-grip { fill: var(--surface); stroke: var(--accent); stroke-width: 1.5; }
  .brush-edge {
    position: absolute;
    top: 0;
    height: calc(32 * var(--u));
    width: 24px;
    margin-left: -12px;
    cursor: ew-resize;
  }
  .is-wall .brush, .is-wall .brush-note { display: none; }
`
