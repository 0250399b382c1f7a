import { css } from 'lit'
import { brushSheet } from './brushSheet.ts'
import { railSheet } from './railSheet.ts'

const plotSheet = css`
  lakeweir-area, lakeweir-line { display: block; font-size: var(--text-13); }
  .chart { margin: 0; display: grid; grid-template-columns: minmax(0, 1fr); }
  /* A chart without names takes the height that its row has: of itself it wants no more than the least. */
  .kind-line .body, .kind-area .body { display: flex; flex-direction: column; }
  .kind-line .body > *, .kind-area .body > * { flex: none; }
  .body > :is(lakeweir-area, lakeweir-line):has(> .is-filling) {
    position: relative;
    flex: 1 0 calc(170 * var(--u));
  }
  .chart.is-filling { position: absolute; inset: 0; }
  .chart.is-rail-side { grid-template-columns: minmax(0, 1fr) calc(204 * var(--u)); }
  .chart-plot { position: relative; grid-column: 1; grid-row: 1; touch-action: pan-y; cursor: crosshair; }
  .chart-drawing { display: block; overflow: visible; }
  .chart text, .brush text { font-size: var(--text-11); fill: var(--ink-3); font-variant-numeric: tabular-nums; }
  .chart text.is-centred { dominant-baseline: central; }
  .chart text.is-strong { fill: var(--ink); font-weight: 600; }
  .chart text.is-cased { paint-order: stroke; stroke: var(--surface); stroke-width: 3px; stroke-linejoin: round; }
  .chart-slider { position: absolute; pointer-events: none; }
  .chart-slider:focus-visible, .brush-edge:focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
    border-radius: 3px;
  }

  .chart-top {
    position: absolute;
    top: 0;
    height: calc(22 * var(--u));
    display: flex;
    justify-content: space-between;
    align-items: center;
    gap: calc(16 * var(--u));
    font-size: var(--text-11);
    line-height: 1;
    color: var(--ink-2);
    pointer-events: none;
    white-space: nowrap;
  }
  .chart-only { display: flex; gap: calc(8 * var(--u)); font-size: var(--text-12); }
  .chart-only .link { pointer-events: auto; }
  .chart-only b { font-weight: 600; color: var(--ink); }
  .chart-only > span { color: var(--ink); }
  .chart-only > .quiet { color: var(--ink-3); }
  .chart-open-note { margin-left: auto; overflow: hidden; text-overflow: ellipsis; line-height: 1.4; }
  @container lakeweir (max-width: 619px) { .is-rail-none .chart-open-note { display: none; } }

  .ink-accent { --c: var(--accent); }
  .chart-grid { stroke: var(--line); fill: none; shape-rendering: crispEdges; }
  .chart-zero { stroke: var(--line-2); fill: none; shape-rendering: crispEdges; }
  .chart-area { fill: var(--c); }
  .chart-seam { fill: none; stroke: var(--surface); stroke-width: 1.5; stroke-linejoin: round; stroke-linecap: butt; }
  .chart-line { fill: none; stroke: var(--c); stroke-width: 1.75; stroke-linejoin: round; stroke-linecap: round; }
  .chart-under { fill: color-mix(in oklab, var(--c) 10%, transparent); }
  .chart .is-bad { --c: var(--bad); }
  .chart-alarm { stroke: var(--mark); stroke-dasharray: 4 3; shape-rendering: crispEdges; }
  .chart-casing { fill: none; stroke: var(--surface); stroke-width: 3; stroke-linejoin: round; }
  .chart-before { fill: none; stroke: var(--ink); stroke-width: 1.25; stroke-linejoin: round; }
  .chart-before.is-thin { stroke: var(--mark); stroke-width: 1; stroke-dasharray: 2 3; }
  .chart-open { fill: var(--c); }
  .chart-open-hatch { stroke: var(--surface); stroke-width: 2.5; }
  .chart-open-frame { fill: none; stroke: var(--mark); stroke-dasharray: 2 2; }
  .chart-unknown { opacity: 0.45; }
  .chart-unknown-hatch { stroke: var(--warn); stroke-width: 2; }
  .chart-unknown-edge { stroke: var(--warn); stroke-width: 1.5; }
  .chart text.chart-unknown-text {
    fill: var(--warn);
    font-weight: 600;
    paint-order: stroke;
    stroke: var(--surface);
    stroke-width: 3px;
  }
  .chart-unknown-hatch.is-catching-up, .chart-unknown-edge.is-catching-up { stroke: var(--accent); }
  .chart text.chart-unknown-text.is-catching-up { fill: var(--accent); }
  .chart-unknown.is-disconnected { fill: none; stroke: var(--mark); stroke-dasharray: 2 4; opacity: 1; }
  .chart-unknown-edge.is-disconnected { stroke: var(--mark); stroke-dasharray: 2 2; }
  .chart text.chart-unknown-text.is-disconnected { fill: var(--ink-3); font-weight: 400; }
  .chart-leaders { stroke: var(--line-2); fill: none; }
  .chart-cross { stroke: var(--ink); stroke-width: 1; shape-rendering: crispEdges; }
  .chart-bead { fill: var(--c); stroke: var(--surface); stroke-width: 1.5; }
  .chart-late {
    stroke: var(--warn);
    stroke-width: calc(3 * var(--u));
    fill: none;
    animation: chart-late 1600ms ease-out both;
  }
  @keyframes chart-late { to { opacity: 0; } }
  .is-reading .chart-peak { opacity: 0; }
`

const preferencesSheet = css`
  @media (prefers-reduced-motion: reduce) { .chart-late { animation: none; } }
  @media (forced-colors: active) {
    .chart-area, .chart-open, .chart-bead { fill: CanvasText; }
    .chart-seam, .chart-casing { stroke: Canvas; stroke-width: 3; }
    .chart-line, .chart-before, .chart-cross, .brush-line { stroke: CanvasText; }
    .chart-line.series-2 { stroke-dasharray: 8 3; }
    .chart-line.series-3 { stroke-dasharray: 2 3; }
    .chart-line.series-4 { stroke-dasharray: 8 3 2 3; }
    .chart-line.series-5 { stroke-dasharray: 12 4; }
    .chart-line.series-other { stroke-dasharray: 1 4; }
    .chart-decal { fill: none; stroke: Canvas; stroke-width: 1.5; }
    .chart text, .brush text { fill: CanvasText; }
    .chart-grid, .chart-zero, .chart-leaders { stroke: GrayText; }
    .chart-entry .swatch { forced-color-adjust: none; background: CanvasText; }
    .chart-entry .swatch.series-2 { background: repeating-linear-gradient(135deg, CanvasText 0 2px, Canvas 2px 4px); }
    .chart-entry .swatch.series-3 { background: repeating-linear-gradient(90deg, CanvasText 0 1px, Canvas 1px 4px); }
    .chart-entry .swatch.series-4 { background: repeating-linear-gradient(0deg, CanvasText 0 2px, Canvas 2px 4px); }
    .chart-entry .swatch.series-5 {
      background: repeating-linear-gradient(90deg, Canvas 0 1px, transparent 1px 4px),
        repeating-linear-gradient(0deg, CanvasText 0 3px, Canvas 3px 4px);
    }
    .chart-entry .swatch.series-other {
      background: repeating-linear-gradient(45deg, CanvasText 0 2px, Canvas 2px 4px);
    }
    .brush-window { fill: none; stroke: Highlight; }
    .brush-handle, .brush-grip { stroke: Highlight; }
  }
`

/** How charts over time look. Only tokens have colours; `--c` is that of a series. */
export const chartSheet = css`${plotSheet}${railSheet}${brushSheet}${preferencesSheet}`
