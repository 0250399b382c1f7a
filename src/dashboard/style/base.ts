import { css } from 'lit'

/** What all parts share: controls, focus, and words for screen readers alone. */
export const base = css`
  .root,
  .root * {
    box-sizing: border-box;
  }
  .root :where(h1, h2, p, figure, ol, ul, dl, dd, table) {
    margin: 0;
    padding: 0;
  }
  .root button {
    padding: 0;
    border: 0;
    color: inherit;
    background: none;
    font: inherit;
    letter-spacing: inherit;
    cursor: pointer;
  }
  .root button:disabled {
    cursor: default;
  }
  .root a,
  .root .link {
    color: inherit;
    text-decoration: underline;
    text-decoration-color: var(--line-2);
    text-underline-offset: 3px;
  }
  .root a:hover,
  .root .link:hover {
    text-decoration-color: currentcolor;
  }
  .root :focus-visible {
    outline: 2px solid var(--accent);
    outline-offset: 2px;
    border-radius: 3px;
  }
  .root svg {
    display: block;
    overflow: visible;
  }
  .root svg text {
    fill: var(--ink-3);
    font-size: var(--text-11);
    font-variant-numeric: tabular-nums;
  }
  .hidden-text {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  .quiet {
    color: var(--ink-3);
  }
  .soft {
    color: var(--ink-2);
  }
  :where(.root) .number {
    text-align: right;
  }
  :where(.root table) {
    width: 100%;
    border-collapse: separate;
    border-spacing: 0;
    font-size: var(--text-13);
  }
  :where(.root th) {
    font-weight: 400;
    text-align: left;
  }
  :where(.root thead th) {
    height: calc(28 * var(--u));
    padding: 0;
    color: var(--ink-2);
    font-size: var(--text-12);
    vertical-align: middle;
    white-space: nowrap;
  }
  :where(.root tbody :is(td, th)) {
    height: calc(24 * var(--u));
    padding: 0;
    white-space: nowrap;
  }
  .swatch {
    display: inline-block;
    flex: none;
    width: calc(9 * var(--u));
    height: calc(9 * var(--u));
    background: var(--c);
    forced-color-adjust: none;
  }
  .glyph {
    flex: none;
    width: calc(18 * var(--u));
    height: calc(18 * var(--u));
    fill: none;
    stroke: currentcolor;
    stroke-width: 2;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  .glyph .solid {
    fill: currentcolor;
    stroke: none;
  }
  .figure {
    display: grid;
    grid-template-rows: calc(18 * var(--u)) calc(40 * var(--u)) auto;
    align-content: start;
    min-width: 0;
  }
  .figure .label,
  .figure .note {
    color: var(--ink-2);
    font-size: var(--text-12);
    line-height: calc(18 * var(--u));
  }
  .figure .label {
    white-space: nowrap;
  }
  .figure .note {
    min-height: calc(18 * var(--u));
  }
  .figure .value {
    font-size: var(--text-28);
    font-weight: 500;
    letter-spacing: -0.02em;
    line-height: calc(40 * var(--u));
    white-space: nowrap;
  }
  .figure .unit {
    margin-left: 0.18em;
    color: var(--ink-2);
    font-size: var(--text-20);
    font-weight: 400;
    letter-spacing: -0.01em;
  }
  .late {
    --late: color-mix(in oklab, var(--warn) 26%, transparent);
    background: linear-gradient(var(--late), var(--late)) no-repeat 0 62% / 100% 62%;
    animation: late 1600ms ease-out both;
  }
  @keyframes late {
    to {
      background-size: 100% 0;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .late {
      background: none;
      box-shadow: inset 0 calc(-3 * var(--u)) 0 var(--warn);
      animation: none;
    }
  }
  @container lakeweir (max-width: 619px) {
    .figure {
      grid-template-rows: calc(18 * var(--u)) calc(32 * var(--u)) auto;
    }
    .figure .value {
      line-height: calc(32 * var(--u));
    }
  }
`
