import { css } from 'lit'

/** Filters and presets: a bar that stays in sight. */
export const filters = css`
  .filters {
    position: sticky;
    top: var(--lakeweir-sticky-top, 0);
    z-index: 2;
    display: flex;
    flex-wrap: wrap;
    align-items: stretch;
    gap: calc(8 * var(--u));
    min-height: calc(44 * var(--u));
    margin-inline: calc(-1 * var(--pad));
    padding-inline: var(--pad);
    background: var(--surface);
    border-bottom: 1px solid var(--line);
  }
  lakeweir-filters {
    position: relative;
    display: flex;
    align-items: center;
    min-width: 0;
  }
  .chips {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: calc(8 * var(--u));
    min-width: 0;
  }
  .chip {
    display: inline-flex;
    align-items: stretch;
    height: calc(28 * var(--u));
    border: 1px solid var(--line-2);
    border-radius: calc(4 * var(--u));
    color: var(--ink-2);
    white-space: nowrap;
  }
  .root .chip button {
    display: inline-flex;
    align-items: center;
    gap: calc(6 * var(--u));
    padding: 0 calc(10 * var(--u));
  }
  .root .chip .clear {
    padding: 0 calc(9 * var(--u)) 0 calc(2 * var(--u));
  }
  .chip b {
    max-width: calc(220 * var(--u));
    overflow: hidden;
    color: var(--ink);
    font-weight: 500;
    text-overflow: ellipsis;
  }
  .chip:hover {
    border-color: var(--mark);
    background: var(--wash);
  }
  .chip.is-on {
    border-color: var(--ink);
    background: var(--wash);
  }
  .chip .glyph {
    width: calc(8 * var(--u));
    height: calc(8 * var(--u));
    color: var(--ink-3);
    stroke-width: 1.5;
  }
  .menu {
    position: absolute;
    top: calc(100% - 6 * var(--u));
    z-index: 3;
    width: calc(252 * var(--u));
    border: 1px solid var(--line-2);
    border-radius: calc(4 * var(--u));
    padding: calc(4 * var(--u)) 0;
    background: var(--surface);
    animation: appear 100ms;
  }
  @keyframes appear {
    from {
      opacity: 0;
    }
  }
  .menu .options {
    max-height: min(calc(320 * var(--u)), 60vh);
    overflow-y: auto;
  }
  .menu .find {
    width: calc(100% - 24 * var(--u));
    height: calc(28 * var(--u));
    margin: calc(4 * var(--u)) calc(12 * var(--u));
    padding: 0 calc(8 * var(--u));
    border: 1px solid var(--line-2);
    border-radius: calc(4 * var(--u));
    color: inherit;
    background: none;
    font: inherit;
  }
  .menu .option {
    display: flex;
    align-items: center;
    gap: calc(8 * var(--u));
    min-height: calc(28 * var(--u));
    padding: 0 calc(12 * var(--u));
  }
  .menu label.option:hover {
    background: var(--wash);
  }
  .menu .option .name {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
    unicode-bidi: isolate;
  }
  .menu .option .quiet {
    margin-left: auto;
  }
  .menu .option input {
    flex: none;
    margin: 0;
    accent-color: var(--ink);
  }
  .menu .foot {
    gap: calc(16 * var(--u));
    min-height: calc(36 * var(--u));
    margin-top: calc(4 * var(--u));
    border-top: 1px solid var(--line);
  }
  .presets {
    display: flex;
    align-items: stretch;
    gap: calc(20 * var(--u));
    margin-left: auto;
  }
  .root .presets button {
    border-block: 2px solid transparent;
    color: var(--ink-2);
    white-space: nowrap;
  }
  .root .presets button:hover {
    color: var(--ink);
  }
  .root .presets [aria-checked='true'] {
    border-bottom-color: var(--ink);
    color: var(--ink);
    font-weight: 600;
  }
  .range {
    display: flex;
    align-items: center;
    gap: calc(4 * var(--u));
    padding-left: calc(20 * var(--u));
    color: var(--ink-2);
    white-space: nowrap;
  }
  .range .live {
    display: inline-flex;
    align-items: center;
    gap: calc(8 * var(--u));
  }
  .range .live:hover {
    color: var(--ink);
  }
  .range .paused {
    color: var(--ink);
    font-weight: 600;
  }
  .live-dot {
    width: calc(7 * var(--u));
    height: calc(7 * var(--u));
    border-radius: 50%;
    background: var(--good);
    forced-color-adjust: none;
  }
  .is-disconnected .live-dot {
    background: none;
    box-shadow: inset 0 0 0 1.5px var(--mark);
  }
  @container lakeweir (max-width: 899px) {
    .filters {
      padding-top: calc(8 * var(--u));
    }
    .presets {
      justify-content: space-between;
      width: 100%;
      height: calc(40 * var(--u));
      margin-left: 0;
    }
    .range {
      padding-left: 0;
    }
    .range:not(:has(.paused)) {
      display: none;
    }
    .range:has(.paused) {
      padding-bottom: calc(8 * var(--u));
    }
  }
  @container lakeweir (max-width: 619px) {
    lakeweir-filters {
      width: calc(100% + 2 * var(--pad));
      margin-inline: calc(-1 * var(--pad));
    }
    .chips {
      flex-wrap: nowrap;
      padding: 2px var(--pad);
      overflow-x: auto;
      scrollbar-width: none;
    }
    .chip {
      height: calc(36 * var(--u));
    }
    .menu {
      max-width: calc(100% - 2 * var(--pad));
      margin-left: var(--pad);
    }
  }
  @media (pointer: coarse) {
    .presets button {
      min-height: 44px;
    }
    .menu .option {
      min-height: 44px;
    }
  }
  /* Where all borders have one colour, only that of the chosen one is drawn. */
  @media (forced-colors: active) {
    .root .presets button:not([aria-checked='true']) {
      border-color: Canvas;
    }
    .root .presets [aria-checked='true'] {
      border-top-color: Canvas;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .menu {
      animation: none;
    }
  }
`
