import { html, type TemplateResult } from 'lit'
import type { DashboardRange } from '../../client/index.ts'
import type { Text } from '../text.ts'
import { boundsOf, isSameRange, rangeOf, type ViewRange } from '../view/view.ts'

export interface TimeBarParts {
  readonly presets: readonly DashboardRange[]
  readonly range: ViewRange
  readonly nowMs: number
  readonly text: Text
  readonly onRange: (range: ViewRange) => void
  readonly onPause: () => void
  readonly onLive: () => void
}

/** The presets, and whether the range goes on with now. */
export function timeBar({ presets, range, nowMs, text, onRange, onPause, onLive }: TimeBarParts): TemplateResult {
  const { words } = text
  return html`<div class="presets" role="radiogroup" aria-label=${words.time.label} @keydown=${moveAlong}>
      ${presets.map((preset, at) => {
        const isOn = isSameRange(rangeOf(preset), range)
        // One stop for Tab: the chosen one, or the first if none is.
        const isStop = isOn || (at === 0 && !presets.some((each) => isSameRange(rangeOf(each), range)))
        return html`<button
          type="button"
          role="radio"
          aria-checked=${isOn}
          tabindex=${isStop ? 0 : -1}
          @click=${() => onRange(rangeOf(preset))}
        >${presetName(preset, text)}</button>`
      })}
    </div>
    <div class="range">
      ${
        range.kind === 'fixed'
          ? html`<span class="paused">${words.time.paused}</span>, ${rangeText(range, nowMs, text)}
              <button type="button" class="link" @click=${onLive}>${words.time.backToLive}</button>`
          : html`<button type="button" class="live" title=${words.time.pause} @click=${onPause}>
              <span class="live-dot"></span>${liveText(range, nowMs, text)}
            </button>`
      }
    </div>`
}

export function presetName(preset: DashboardRange, { words, numbers }: Text): string {
  return preset === 'today' ? words.time.today : words.time.last(numbers.duration(preset))
}

function liveText(range: ViewRange, nowMs: number, { words, numbers }: Text): string {
  const { fromMs, toMs } = boundsOf(range, nowMs)
  const isSameDay = numbers.isSameDay(fromMs, toMs)
  return words.time.live(isSameDay ? numbers.time(fromMs) : numbers.dateAndTime(fromMs), numbers.time(toMs))
}

/** The ends of a range, with their dates where the reader could be in doubt. */
export function rangeText(range: ViewRange, nowMs: number, { words, numbers }: Text): string {
  const { fromMs, toMs } = boundsOf(range, nowMs)
  const isToday = numbers.isSameDay(fromMs, nowMs) && numbers.isSameDay(toMs, nowMs)
  if (isToday) return words.time.fixed(numbers.time(fromMs), numbers.time(toMs))
  const isSameDay = numbers.isSameDay(fromMs, toMs - 1)
  const from = numbers.dateAndTime(fromMs)
  return words.time.fixed(from, isSameDay ? numbers.time(toMs) : numbers.dateAndTime(toMs))
}

/** Arrows move within the group, as in any group of radio buttons. */
function moveAlong(event: KeyboardEvent): void {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key]
  if (step === undefined) return
  const buttons = [...(event.currentTarget as HTMLElement).querySelectorAll('button')]
  const at = buttons.indexOf(event.target as HTMLButtonElement)
  const next = buttons[(at + step + buttons.length) % buttons.length]
  next?.focus()
  next?.click()
  event.preventDefault()
}
