import { css } from 'lit'

/** What stands around every panel. Each state takes the height of the data, so that nothing jumps. */
export const frame = css`
  .panel {
    display: flex;
    flex-direction: column;
    height: 100%;
    padding-top: calc(10 * var(--u));
    border-top: 1px solid var(--line-2);
  }
  .panel > header {
    display: flex;
    align-items: baseline;
    gap: calc(10 * var(--u));
    min-height: calc(28 * var(--u));
    margin-bottom: calc(8 * var(--u));
  }
  .panel h2 {
    font-size: var(--text-14);
    font-weight: 600;
    letter-spacing: -0.005em;
    line-height: calc(24 * var(--u));
    white-space: nowrap;
  }
  .panel > header .note {
    min-width: 0;
    overflow: hidden;
    font-size: var(--text-12);
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .actions {
    display: flex;
    flex: none;
    gap: calc(16 * var(--u));
    margin-left: auto;
    font-size: var(--text-12);
  }
  .root .actions button {
    min-height: calc(24 * var(--u));
    color: var(--ink-3);
  }
  .root .actions button:hover:enabled {
    color: var(--ink);
  }
  .root .actions button:disabled {
    opacity: 0.5;
  }
  .panel .body {
    position: relative;
    flex: 1;
    min-width: 0;
  }
  .kind-area .body {
    min-height: calc(306 * var(--u));
  }
  .kind-line .body {
    min-height: calc(170 * var(--u));
  }
  :is(.kind-heat, .kind-bar, .kind-table, .kind-batches) .panel:not([data-state='rows']) .body {
    min-height: calc(220 * var(--u));
  }
  .kind-number .body {
    min-height: calc(102 * var(--u));
  }
  .is-dimmed .body > :not(.say) {
    opacity: 0.55;
  }
  /* A number is a figure: its title is a label, and what can be done with it shows when it is pointed at. */
  .kind-number .panel {
    padding-top: 0;
    border-top: 0;
  }
  .kind-number .panel > header {
    min-height: calc(18 * var(--u));
    margin-bottom: 0;
  }
  .kind-number h2 {
    color: var(--ink-2);
    font-size: var(--text-12);
    font-weight: 400;
    letter-spacing: 0;
    line-height: calc(18 * var(--u));
  }
  .root .kind-number .actions button {
    min-height: calc(18 * var(--u));
  }
  .kind-number .panel > header {
    position: relative;
  }
  .kind-number .actions {
    position: absolute;
    right: 0;
    padding-left: calc(10 * var(--u));
    background: var(--surface);
  }
  .kind-number:not(:hover, :focus-within) .actions {
    opacity: 0;
  }
  /* Three columns have no room for a title, a note and actions beside each other. */
  @media (hover: hover) {
    @container lakeweir (min-width: 1280px) {
      .is-narrow .panel > header {
        position: relative;
      }
      .is-narrow .actions {
        position: absolute;
        right: 0;
        padding-left: calc(10 * var(--u));
        background: var(--surface);
      }
      .is-narrow:not(:hover, :focus-within, .is-expanded) .actions {
        opacity: 0;
      }
    }
  }
  .loading {
    display: grid;
    align-content: start;
    gap: calc(10 * var(--u));
    width: 100%;
    padding-top: calc(8 * var(--u));
  }
  .loading.wave {
    height: calc(208 * var(--u));
    padding: 0;
    fill: color-mix(in oklab, var(--ink) 6%, var(--surface));
  }
  .kind-line .loading.wave {
    height: calc(128 * var(--u));
  }
  .shape {
    display: block;
    border-radius: 2px;
    background: color-mix(in oklab, var(--ink) 8%, var(--surface));
  }
  .shape.large {
    width: calc(132 * var(--u));
    max-width: 60%;
    height: calc(22 * var(--u));
  }
  .shape.small {
    width: calc(188 * var(--u));
    max-width: 80%;
    height: calc(10 * var(--u));
  }
  .shape.row {
    height: calc(14 * var(--u));
  }
  .say {
    display: flex;
    flex-direction: column;
    align-items: flex-start;
    justify-content: center;
    gap: calc(6 * var(--u));
    min-height: inherit;
    overflow-wrap: anywhere;
  }
  .body .say:not(:only-child) {
    min-height: 0;
    margin-bottom: calc(12 * var(--u));
  }
  .say strong {
    display: flex;
    align-items: center;
    gap: calc(8 * var(--u));
    font-size: var(--text-14);
    font-weight: 600;
  }
  .say p {
    max-width: 60ch;
    color: var(--ink-2);
  }
  .say code {
    padding: calc(6 * var(--u)) calc(10 * var(--u));
    color: var(--ink);
    background: var(--wash);
    font-family: var(--mono);
    font-size: var(--text-12);
  }
  .say .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: calc(16 * var(--u));
    margin-top: calc(4 * var(--u));
  }
  .say .glyph {
    width: calc(16 * var(--u));
    height: calc(16 * var(--u));
  }
  .body > .note {
    margin-top: calc(10 * var(--u));
    font-size: var(--text-12);
  }
  .is-wall .actions {
    display: none;
  }
  .is-expanded {
    animation: expand 160ms;
  }
  @keyframes expand {
    from {
      opacity: 0;
    }
  }
  @container lakeweir (max-width: 619px) {
    .panel > header {
      flex-wrap: wrap;
      row-gap: 0;
    }
    .panel > header .note {
      order: 3;
      width: 100%;
    }
    .kind-number .actions {
      display: none;
    }
  }
  @media (pointer: coarse) {
    .root .actions button {
      min-height: 44px;
    }
    .root .kind-number .actions button {
      min-height: 24px;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    .is-expanded {
      animation: none;
    }
  }
`
