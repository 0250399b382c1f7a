import { html, type TemplateResult } from 'lit'
import type { Text } from '../text.ts'

/** What the keys do. */
export function keysDialog({ words: { keys, banners } }: Text, presetCount: number): TemplateResult {
  const all: readonly (readonly [string, string])[] = [
    [`1–${presetCount}`, keys.presets],
    ['/', keys.filters],
    ['T', keys.table],
    ['F', keys.fullScreen],
    ['← →', keys.arrows],
    ['Home End', keys.ends],
    ['Enter', keys.enter],
    ['Esc', keys.escape],
    ['?', keys.help],
  ]
  return html`<dialog class="keys-dialog" aria-label=${keys.title}>
    <form method="dialog">
      <h2>${keys.title}</h2>
      <dl>${all.map(([key, does]) => html`<div><dt><kbd>${key}</kbd></dt><dd>${does}</dd></div>`)}</dl>
      <button class="button">${banners.closed}</button>
    </form>
  </dialog>`
}
