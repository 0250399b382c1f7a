import { html, nothing, type TemplateResult } from 'lit'
import type { Text } from '../text.ts'
import { startOfDay } from '../view/view.ts'

type Theme = 'light' | 'dark' | 'host'

export interface HeadBarParts {
  readonly heading: string
  /** Undefined until the server has told it. */
  readonly nowMs: number | undefined
  /** Undefined where readers cannot choose. */
  readonly theme: Theme | undefined
  readonly canFillScreen: boolean
  readonly text: Text
  readonly onTheme: (theme: Theme) => void
  readonly onFullScreen: () => void
  readonly onKeys: () => void
}

/** The title, whose times these are, and what the whole page can be. */
export function headBar(parts: HeadBarParts): TemplateResult {
  const { heading, nowMs, theme, canFillScreen, text } = parts
  const { head } = text.words
  return html`<header class="head">
    ${heading === '' ? nothing : html`<h1>${heading}</h1>`}
    <span class="quiet zone">${nowMs === undefined ? nothing : zoneText(nowMs, text)}</span>
    <div class="end">
      ${theme === undefined ? nothing : themeSwitch(theme, parts)}
      <button type="button" class="soft keys" @click=${parts.onKeys}>${head.keys}</button>
      ${
        canFillScreen
          ? html`<button type="button" class="soft full-screen" @click=${parts.onFullScreen}>
              ${head.fullScreen}
            </button>`
          : nothing
      }
    </div>
  </header>`
}

/** The server's days are UTC's: where the reader's are others, that is said. */
function zoneText(nowMs: number, { words: { head }, numbers }: Text): TemplateResult {
  const zone = numbers.zone(nowMs)
  const days = zone === 'UTC' ? '' : head.days(numbers.time(startOfDay(nowMs)))
  return html`${head.times(zone)}${days}<span class="date">${head.date(numbers.date(nowMs))}</span>`
}

function themeSwitch(theme: Theme, { text, onTheme }: HeadBarParts): TemplateResult {
  const { head } = text.words
  const themes = ['light', 'dark', 'host'] as const
  return html`<div class="switch" role="radiogroup" aria-label=${head.theme}>
    ${themes.map(
      (each) => html`<button
        type="button"
        role="radio"
        aria-checked=${each === theme}
        @click=${() => onTheme(each)}
      >${head[each]}</button>`,
    )}
  </div>`
}
