import { css } from 'lit'

/** Eight steps of the accent, 5 % to 40 %: what is written on the darkest can still be read. */
export const heatSheet = css`
  lakeweir-heat { display: block; }
  lakeweir-heat table { table-layout: fixed; }
  lakeweir-heat tbody td { border: solid var(--surface); border-width: 0 1px 1px 0; }
  lakeweir-heat tbody td, lakeweir-heat thead th.number { padding-inline: calc(8 * var(--u)); }
  lakeweir-heat tbody + tbody tr:nth-child(2) > * {
    border-top: calc(6 * var(--u)) solid var(--surface);
    height: calc(30 * var(--u));
    background-clip: padding-box;
  }
  lakeweir-heat th.day { width: calc(108 * var(--u)); }
  lakeweir-heat tbody th.day {
    vertical-align: top;
    line-height: calc(18 * var(--u));
    padding-top: calc(3 * var(--u));
  }
  lakeweir-heat th.day b { font-weight: 600; }
  lakeweir-heat th.day > span { display: block; }
  lakeweir-heat th.day > .quiet { font-size: var(--text-12); }
  lakeweir-heat th.kind {
    width: calc(92 * var(--u));
    overflow: hidden;
    text-overflow: ellipsis;
    font-size: var(--text-12);
    color: var(--ink-2);
    letter-spacing: 0.02em;
  }
  lakeweir-heat thead th { overflow: hidden; text-overflow: ellipsis; }
  lakeweir-heat .pick-day { display: block; color: inherit; font: inherit; text-align: start; line-height: inherit; }
  lakeweir-heat .pick-day > span { display: block; }
  lakeweir-heat .pick-day > .quiet { font-size: var(--text-12); }
  lakeweir-heat .pick-day:hover b, lakeweir-heat .pick-day[aria-pressed='true'] b {
    text-decoration: underline;
    text-decoration-color: var(--line-2);
    text-underline-offset: 3px;
  }
  lakeweir-heat .pick-day[aria-pressed='true'] b {
    text-decoration-color: var(--accent);
    text-decoration-thickness: 2px;
  }
  lakeweir-heat td.all { font-weight: 600; }
  lakeweir-heat tbody td.all, lakeweir-heat thead th.all { padding-inline: calc(4 * var(--u)) 0; }
  lakeweir-heat .swatch { margin-inline-end: calc(6 * var(--u)); }
  lakeweir-heat .can-pick { cursor: pointer; }
  lakeweir-heat th.can-pick:hover {
    color: var(--ink);
    text-decoration: underline;
    text-decoration-color: var(--line-2);
    text-underline-offset: 3px;
  }
  lakeweir-heat td.can-pick:hover { box-shadow: inset 0 0 0 1px var(--mark); }
  lakeweir-heat td.is-picked { box-shadow: inset 0 0 0 2px var(--ink); }
  lakeweir-heat .group, lakeweir-heat .short { display: none; }
  lakeweir-heat .is-dense .full { display: none; }
  lakeweir-heat .is-dense .short { display: inline; }
  lakeweir-heat .is-dense td, lakeweir-heat .is-dense thead th.number { padding-inline: calc(4 * var(--u)); }
  lakeweir-heat :focus-visible { outline-offset: -2px; }
  lakeweir-heat .step-1 { --shade: 5%; }
  lakeweir-heat .step-2 { --shade: 10%; }
  lakeweir-heat .step-3 { --shade: 15%; }
  lakeweir-heat .step-4 { --shade: 20%; }
  lakeweir-heat .step-5 { --shade: 25%; }
  lakeweir-heat .step-6 { --shade: 30%; }
  lakeweir-heat .step-7 { --shade: 35%; }
  lakeweir-heat .step-8 { --shade: 40%; }
  lakeweir-heat [class*='step-']:not(.step-0) {
    background-color: color-mix(in oklab, var(--accent) var(--shade), var(--surface));
  }
  lakeweir-heat td.is-late { box-shadow: inset 0 calc(-3 * var(--u)) 0 var(--warn); }
  @media (prefers-reduced-motion: no-preference) {
    lakeweir-heat td.is-late { animation: lakeweir-late-cell 1600ms ease-out both; }
    @keyframes lakeweir-late-cell { to { box-shadow: inset 0 0 0 var(--warn); } }
  }
  @media (forced-colors: active) {
    lakeweir-heat tbody td, lakeweir-heat tbody + tbody tr:nth-child(2) > * { border-color: Canvas; }
    lakeweir-heat td[class*='step-'] { forced-color-adjust: none; color: CanvasText; }
    /* A length says more than a shade where there are two colours. */
    lakeweir-heat td[class*='step-']:not(.step-0) {
      background: linear-gradient(CanvasText, CanvasText) 0 100% / calc(2.5 * var(--shade)) 3px no-repeat Canvas;
    }
    lakeweir-heat thead .swatch { display: none; }
    lakeweir-heat td.is-picked { outline: 2px solid Highlight; outline-offset: -2px; }
  }
  @container lakeweir (max-width: 899px) {
    lakeweir-heat th.day { width: calc(100 * var(--u)); }
  }
  @container lakeweir (max-width: 619px) {
    lakeweir-heat table { font-size: var(--text-12); }
    lakeweir-heat tr > .day, lakeweir-heat tr > .all, lakeweir-heat .full { display: none; }
    lakeweir-heat .short { display: inline; }
    lakeweir-heat .group { display: table-row; }
    lakeweir-heat .group th { font-size: var(--text-12); color: var(--ink-2); padding-top: calc(10 * var(--u)); }
    lakeweir-heat tbody + tbody tr:nth-child(2) > * { border-top-width: 0; height: calc(26 * var(--u)); }
    lakeweir-heat tbody td, lakeweir-heat thead th.number { padding-inline: calc(6 * var(--u)); }
    lakeweir-heat th.kind { width: calc(76 * var(--u)); }
    lakeweir-heat .swatch { display: none; }
    lakeweir-heat thead th.number { border-bottom: 2px solid var(--c, transparent); }
  }
  @container lakeweir (max-width: 359px) {
    lakeweir-heat th.kind { width: calc(64 * var(--u)); font-size: calc(10.5 * var(--u)); letter-spacing: 0; }
    lakeweir-heat tbody td { padding-inline: calc(3 * var(--u)); }
    lakeweir-heat thead th.number { padding-inline: 0 calc(3 * var(--u)); font-size: calc(10.5 * var(--u)); }
  }
`
