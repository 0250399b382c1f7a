import { css } from 'lit'

/**
 * Colours, type and space. A host sets `--lakeweir-…`, and everything else follows from that: two colours make a theme.
 * Sizes are in u: 1 px, or what the host says, or a part of the width on a wall.
 */
export const tokens = css`
  :host {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    container: lakeweir / inline-size;
    --surface: var(--lakeweir-surface, light-dark(#ffffff, #0e1116));
    --ink: var(--lakeweir-ink, light-dark(#14181f, #eceff3));
    --accent: var(--lakeweir-accent, light-dark(#1b6e8c, #5bb8d6));
    --good: var(--lakeweir-good, light-dark(#0b7a3e, #4cc38a));
    --warn: var(--lakeweir-warn, light-dark(#8f5a00, #ebb04a));
    --bad: var(--lakeweir-bad, light-dark(#c02626, #ff7b72));
    --series-1: var(--lakeweir-series-1, light-dark(#0c7059, #7fddbb));
    --series-2: var(--lakeweir-series-2, light-dark(#1f88ef, #4a72de));
    --series-3: var(--lakeweir-series-3, light-dark(#c07a12, #efae3a));
    --series-4: var(--lakeweir-series-4, light-dark(#6c0f57, #b9436f));
    --series-5: var(--lakeweir-series-5, light-dark(#858b94, #97a0ae));
  }
  :host([hidden]) {
    display: none;
  }
  :host([theme='light']) {
    color-scheme: light;
  }
  :host([theme='dark']) {
    color-scheme: dark;
  }
  .root {
    --ink-2: color-mix(in oklab, var(--ink) 78%, var(--surface));
    --ink-3: color-mix(in oklab, var(--ink) 64%, var(--surface));
    --mark: color-mix(in oklab, var(--ink) 55%, var(--surface));
    --line-2: color-mix(in oklab, var(--ink) 24%, var(--surface));
    --line: color-mix(in oklab, var(--ink) 11%, var(--surface));
    --wash: color-mix(in oklab, var(--ink) 4%, var(--surface));
    --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, 'Liberation Mono', monospace;
    --u: var(--lakeweir-unit, 1px);
    --pad: calc(32 * var(--u));
    --gap: calc(32 * var(--u));
    --text-11: calc(11 * var(--u));
    --text-12: calc(12 * var(--u));
    --text-13: calc(13 * var(--u));
    --text-14: calc(14 * var(--u));
    --text-20: calc(20 * var(--u));
    --text-28: calc(28 * var(--u));
    min-height: 100%;
    color: var(--ink);
    background: var(--surface);
    font-family: var(
      --lakeweir-font,
      ui-sans-serif,
      system-ui,
      -apple-system,
      'Segoe UI',
      Roboto,
      'Helvetica Neue',
      Arial,
      sans-serif
    );
    font-size: var(--text-13);
    font-variant-numeric: tabular-nums;
    line-height: 1.4;
    text-align: start;
    -webkit-font-smoothing: antialiased;
    text-rendering: optimizeLegibility;
  }
  .root:focus {
    outline: none;
  }
  .series-1 {
    --c: var(--series-1);
  }
  .series-2 {
    --c: var(--series-2);
  }
  .series-3 {
    --c: var(--series-3);
  }
  .series-4 {
    --c: var(--series-4);
  }
  .series-5 {
    --c: var(--series-5);
  }
  .series-other {
    --c: color-mix(in oklab, var(--ink) 34%, var(--surface));
  }
  @container lakeweir (max-width: 1279px) {
    .root {
      --pad: calc(24 * var(--u));
      --gap: calc(24 * var(--u));
    }
  }
  @container lakeweir (max-width: 619px) {
    .root {
      --pad: calc(16 * var(--u));
      --gap: calc(16 * var(--u));
      --text-28: calc(24 * var(--u));
    }
  }
  @container lakeweir (min-width: 2200px) {
    .root {
      --u: var(--wall-unit, 1.25px);
      --pad: calc(40 * var(--u));
      --gap: calc(40 * var(--u));
      --text-28: calc(34 * var(--u));
    }
  }
  @container lakeweir (min-width: 1280px) {
    .root.is-wall {
      --u: var(--wall-unit, 1.25px);
      --pad: calc(40 * var(--u));
      --gap: calc(40 * var(--u));
      --text-28: calc(34 * var(--u));
    }
  }
  @media (forced-colors: active) {
    :host {
      --surface: Canvas;
      --ink: CanvasText;
      --accent: Highlight;
      --good: CanvasText;
      --warn: CanvasText;
      --bad: CanvasText;
    }
    .root {
      --ink-2: CanvasText;
      --ink-3: CanvasText;
      --mark: CanvasText;
      --line-2: CanvasText;
      --line: GrayText;
    }
  }
`
