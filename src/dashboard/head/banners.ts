import { html, nothing, type TemplateResult } from 'lit'
import { LakeweirError } from '../../client/index.ts'
import { rangeText } from '../filters/timeBar.ts'
import { isRefused } from '../follow/session.ts'
import type { Text } from '../text.ts'
import type { ViewRange } from '../view/view.ts'

export interface BannerFacts {
  /** The range that is shown because nothing has happened today. */
  readonly oldData: ViewRange | undefined
  readonly versions: { readonly own: string; readonly server: string | undefined }
  /** Why there is nothing to show, or nothing new. */
  readonly failure: unknown
  readonly hasPanels: boolean
  readonly nowMs: number | undefined
  readonly text: Text
  readonly onToday: () => void
  readonly onTryAgain: () => void
}

/** What is to be known of the page as a whole. */
export function banners(facts: BannerFacts): TemplateResult | typeof nothing {
  const all = [failed(facts), oldData(facts), otherVersion(facts), noPanels(facts)].filter((each) => each !== undefined)
  return all.length === 0 ? nothing : html`<div class="banners">${all}</div>`
}

function oldData({ oldData: range, nowMs, text, onToday }: BannerFacts): TemplateResult | undefined {
  if (range === undefined || nowMs === undefined) return undefined
  const { banners: words } = text.words
  return html`<p class="banner">
    ${words.oldData(rangeText(range, nowMs, text))}
    <button type="button" class="link" @click=${onToday}>${words.showToday}</button>
  </p>`
}

function otherVersion({ versions: { own, server }, text: { words } }: BannerFacts): TemplateResult | undefined {
  if (server === undefined || server === own) return undefined
  return html`<p class="banner">
    ${words.banners.otherVersion(own, server)}
    <button type="button" class="link" @click=${() => location.reload()}>${words.banners.reload}</button>
  </p>`
}

function failed({ failure, text: { words }, onTryAgain }: BannerFacts): TemplateResult | undefined {
  if (failure === undefined) return undefined
  const { banners: said } = words
  const isAnswer = failure instanceof LakeweirError && failure.status !== undefined
  const [title, detail] = isAnswer
    ? [said.refused, isRefused(failure, 401) ? said.token : `${failure.message} ${failure.detail ?? ''}`]
    : [said.unreachable, failure instanceof Error ? failure.message : '']
  return html`<div class="banner" role="alert">
    <strong class="is-bad">${title}</strong> ${detail}
    <button type="button" class="link" @click=${onTryAgain}>${words.panel.tryAgain}</button>
  </div>`
}

function noPanels({ hasPanels, text: { words } }: BannerFacts): TemplateResult | undefined {
  return hasPanels ? undefined : html`<p class="banner">${words.banners.noPanels}</p>`
}
