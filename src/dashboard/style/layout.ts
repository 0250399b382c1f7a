import { css } from 'lit'

/** The head, the grid of panels, banners and dialogs, by the width of the container. */
export const layout = css`
  .root {
    padding: 0 var(--pad) calc(24 * var(--u));
  }
  .head {
    display: flex;
    align-items: center;
    gap: calc(20 * var(--u));
    min-height: calc(44 * var(--u));
  }
  .head h1 {
    font-size: var(--text-14);
    font-weight: 600;
    letter-spacing: -0.005em;
    white-space: nowrap;
  }
  .head .zone {
    min-width: 0;
    overflow: hidden;
    text-overflow: ellipsis;
    white-space: nowrap;
  }
  .head .end {
    display: flex;
    align-items: center;
    gap: calc(20 * var(--u));
    margin-left: auto;
  }
  .head .end button {
    height: calc(28 * var(--u));
    white-space: nowrap;
  }
  .head .end button:hover {
    color: var(--ink);
  }
  .head .keys:not(:focus-visible) {
    position: absolute;
    clip-path: inset(50%);
  }
  .switch {
    display: flex;
    gap: calc(12 * var(--u));
  }
  .switch button {
    color: var(--ink-3);
  }
  .switch [aria-checked='true'] {
    color: var(--ink);
    font-weight: 600;
  }
  .panels {
    display: grid;
    grid-template-columns: repeat(12, minmax(0, 1fr));
    gap: calc(24 * var(--u)) var(--gap);
    padding-top: calc(16 * var(--u));
  }
  .panels > * {
    display: block;
    grid-column: 1 / -1;
    min-width: 0;
  }
  .panels > .kind-number {
    grid-column: span 6;
  }
  .banners {
    display: grid;
    gap: calc(8 * var(--u));
    padding-top: calc(16 * var(--u));
  }
  .banner {
    padding: calc(8 * var(--u)) calc(12 * var(--u));
    color: var(--ink-2);
    background: var(--wash);
    border-left: 2px solid var(--mark);
  }
  .is-bad {
    color: var(--bad);
  }
  .button {
    height: calc(28 * var(--u));
  }
  .root .button {
    padding: 0 calc(10 * var(--u));
    border: 1px solid var(--line-2);
    border-radius: calc(4 * var(--u));
    color: var(--ink-2);
  }
  .root .button:hover {
    border-color: var(--mark);
    background: var(--wash);
  }
  .root dialog {
    max-width: min(calc(100vw - 32px), calc(960 * var(--u)));
    padding: calc(20 * var(--u));
    border: 1px solid var(--line-2);
    border-radius: calc(4 * var(--u));
    color: var(--ink);
    background: var(--surface);
  }
  .root dialog::backdrop {
    background: color-mix(in oklab, var(--ink) 30%, transparent);
  }
  .keys-dialog h2 {
    font-size: var(--text-14);
    font-weight: 600;
  }
  .keys-dialog dl {
    margin: calc(12 * var(--u)) 0 calc(16 * var(--u));
  }
  .keys-dialog dl div {
    display: grid;
    grid-template-columns: calc(88 * var(--u)) 1fr;
    align-items: center;
    min-height: calc(28 * var(--u));
  }
  .keys-dialog dd {
    margin: 0;
    color: var(--ink-2);
  }
  kbd {
    font-family: var(--mono);
    font-size: var(--text-12);
  }
  @container lakeweir (max-width: 899px) {
    .head .date {
      display: none;
    }
  }
  @container lakeweir (max-width: 619px) {
    .head .zone,
    .head .switch {
      display: none;
    }
    .panels {
      row-gap: calc(28 * var(--u));
    }
  }
  @container lakeweir (min-width: 900px) and (max-width: 1279px) {
    .panels > .is-narrow {
      grid-column: span 6;
    }
    .panels > .kind-number {
      grid-column: span 3;
    }
  }
  @container lakeweir (min-width: 1280px) {
    .root .panels > * {
      grid-column: span var(--width);
    }
    .root.is-wall .panels > * {
      grid-column: span var(--wall-width);
    }
  }
  @container lakeweir (min-width: 2200px) {
    .panels {
      row-gap: calc(30 * var(--u));
    }
    .root .panels > * {
      grid-column: span var(--wall-width);
    }
  }
  .root.is-wall .panels > .is-off-wall {
    display: none;
  }
  .root .panels > .is-expanded {
    grid-column: 1 / -1;
  }
  :host(:fullscreen) {
    overflow: auto;
    background: var(--surface);
  }
  :host(:fullscreen)::backdrop {
    background: var(--surface);
  }
  @media (pointer: coarse) {
    .head .end button,
    .root .button {
      min-height: 44px;
    }
  }
`
