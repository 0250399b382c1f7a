import { html, LitElement, type PropertyValues, svg, type TemplateResult } from 'lit'
import { createClient, type PanelAnswer, type PanelHead, type TokenSource } from '../client/index.ts'
import type { LakeweirDashboardElement } from './host.ts'
import { Numbers } from './numbers.ts'
import { tagOf } from './panels/index.ts'
import { NO_LATE_MARKS } from './panels/lateMarks.ts'
import { loadingWave } from './panels/loadingShape.ts'
import type { PanelElement, PanelInput } from './panels/panelElement.ts'
import type { View } from './view/view.ts'
import { type OtherWords, wordsWith } from './words.ts'

/** The dashboard as an element of a website. */
export class Dashboard extends LitElement implements LakeweirDashboardElement {
  static override properties = {
    url: { type: String },
    token: { attribute: false },
    words: { attribute: false },
    heads: { state: true },
    answers: { state: true },
  }
  declare url: string | undefined
  declare token: string | TokenSource | undefined
  declare words: OtherWords
  declare heads: readonly PanelHead[]
  declare answers: Readonly<Record<string, PanelAnswer | undefined>>
  readonly #bodies = new Map<string, PanelElement>()
  #following = new AbortController()

  constructor() {
    super()
    this.url = undefined
    this.token = undefined
    this.words = {}
    this.heads = []
    this.answers = {}
  }

  protected override firstUpdated(_: PropertyValues): void {
    void this.#follow()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.#following.abort()
  }

  async #follow(): Promise<void> {
    const { token } = this
    const client = createClient({
      url: this.url ?? new URL('..', import.meta.url).href,
      ...(token === undefined ? {} : { token }),
    })
    this.heads = await client.panels()
    const panels = Object.fromEntries(this.heads.map(({ name }) => [name, { panel: name }]))
    for await (const update of client.follow(panels, { signal: this.#following.signal })) this.answers = update.panels
  }

  protected override render(): TemplateResult {
    return html`<main>${this.heads.map((head) => this.#panel(head))}</main>`
  }

  #panel(head: PanelHead): TemplateResult {
    const answer = this.answers[head.name]
    if (answer === undefined) {
      const wave = svg`<path d=${loadingWave()}></path>`
      return html`<section><h2>${head.title}</h2><svg viewBox="0 0 100 100">${wave}</svg></section>`
    }
    let body = this.#bodies.get(head.name)
    if (body === undefined) {
      body = document.createElement(tagOf(head.kind)) as PanelElement
      this.#bodies.set(head.name, body)
    }
    const view: View = {
      range: { kind: 'last', lengthMs: 10_800_000 },
      filters: {},
      nowMs: 0,
      isPaused: false,
      freshness: undefined,
    }
    const text = { words: wordsWith(this.words), numbers: new Numbers('en', 'UTC') }
    const input: PanelInput = { head, answer, spark: undefined, view, text, lateMarks: NO_LATE_MARKS }
    body.input = input
    return html`<section><h2>${head.title}</h2>${body}</section>`
  }
}
