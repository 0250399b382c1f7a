import { html, LitElement, nothing, type PropertyValues, type TemplateResult } from 'lit'
import { placed } from '../style/placed.ts'
import type { Text } from '../text.ts'
import type { Choice } from './choices.ts'

/** A filter as the bar shows it. */
export interface FilterShown {
  readonly name: string
  readonly heading: string
  readonly choices: readonly Choice[]
}

/** What a choice says: the values of which a row must have one; none of them for all. */
export interface FilterChosen {
  readonly column: string
  readonly values: readonly string[]
}

/** With more, a list has a field to find one by. */
const MAX_PLAIN = 12
/** More than anybody reads; the field finds the others. */
const MAX_LISTED = 200

const CARET = html`<svg class="glyph" viewBox="0 0 8 8" aria-hidden="true"><path d="M1 2.5 4 5.5 7 2.5"></path></svg>`
const CROSS = html`<svg class="glyph" viewBox="0 0 8 8" aria-hidden="true"><path d="M1 1l6 6M7 1 1 7"></path></svg>`

/** A chip for each filter, and below the one that is open the list of its values. */
export class FilterBar extends LitElement {
  static override properties = {
    filters: { attribute: false },
    text: { attribute: false },
    open: { state: true },
    sought: { state: true },
  }
  declare filters: readonly FilterShown[]
  declare text: Text | undefined
  declare open: string | undefined
  declare sought: string
  /** Where the list stands, below its chip. */
  #left = 0

  constructor() {
    super()
    this.filters = []
    this.text = undefined
    this.open = undefined
    this.sought = ''
  }

  protected override createRenderRoot(): HTMLElement {
    return this
  }

  override connectedCallback(): void {
    super.connectedCallback()
    this.addEventListener('keydown', this.#onKey)
    this.addEventListener('focusout', this.#onLeave)
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    this.removeEventListener('keydown', this.#onKey)
    this.removeEventListener('focusout', this.#onLeave)
  }

  override focus(): void {
    this.querySelector<HTMLElement>('.chip button')?.focus()
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (changed.has('open') && this.open !== undefined) this.querySelector<HTMLElement>('.menu input')?.focus()
  }

  protected override render(): TemplateResult | typeof nothing {
    const { text, filters } = this
    if (text === undefined) return nothing
    const opened = filters.find(({ name }) => name === this.open)
    return html`<div class="chips" role="group" aria-label=${text.words.filters.label}>
        ${filters.map((filter) => this.#chip(filter, text))}
      </div>
      ${opened === undefined ? nothing : this.#menu(opened, text)}`
  }

  #chip({ name, heading, choices }: FilterShown, { words, numbers }: Text): TemplateResult {
    const chosen = choices.filter(({ isChosen }) => isChosen)
    const [first, second, ...more] = chosen.map(({ label }) => label)
    const two = [first, second].filter((label) => label !== undefined).join(', ')
    const shown = more.length === 0 ? two : words.filters.more(two, numbers.whole(more.length))
    const isOpen = this.open === name
    const value = chosen.length === 0 ? words.filters.all : shown
    return html`<span class="chip ${chosen.length > 0 ? 'is-on' : ''}">
      <button
        type="button"
        aria-haspopup="true"
        aria-expanded=${isOpen}
        @click=${(event: Event) => this.#toggle(name, event)}
      >${heading} <b>${value}</b>${chosen.length === 0 ? CARET : nothing}</button>
      ${
        chosen.length === 0
          ? nothing
          : html`<button
              type="button"
              class="clear"
              aria-label=${words.filters.clear(heading)}
              @click=${() => this.#choose(name, [])}
            >${CROSS}</button>`
      }
    </span>`
  }

  #menu({ name, heading, choices }: FilterShown, { words, numbers }: Text): TemplateResult {
    const sought = this.sought.trim().toLowerCase()
    const found = choices.filter(({ label }) => label.toLowerCase().includes(sought)).slice(0, MAX_LISTED)
    const chosen = choices.filter(({ isChosen }) => isChosen).map(({ value }) => value)
    const toggle = (value: string): void =>
      this.#choose(name, chosen.includes(value) ? chosen.filter((each) => each !== value) : [...chosen, value])
    return html`<div class="menu" role="group" aria-label=${heading} ${placed({ left: `${this.#left}px` })}>
      ${
        choices.length <= MAX_PLAIN
          ? nothing
          : html`<input
              type="search"
              class="find"
              placeholder=${words.filters.find}
              aria-label=${words.filters.find}
              .value=${this.sought}
              @input=${(event: InputEvent) => {
                this.sought = (event.target as HTMLInputElement).value
              }}
            />`
      }
      <div class="options">
        ${found.map(
          ({ value, label, amount, isChosen }) => html`<label class="option">
            <input type="checkbox" .checked=${isChosen} @change=${() => toggle(value)} />
            <span class="name">${label}</span>
            <span class="quiet">${amount === undefined ? words.panel.none : numbers.whole(amount)}</span>
          </label>`,
        )}
        ${choices.length === 0 ? html`<p class="option quiet">${words.filters.none}</p>` : nothing}
      </div>
      <div class="option foot">
        <button type="button" class="link" @click=${() => this.#choose(name, [])}>${words.filters.showAll}</button>
        <button type="button" class="link" @click=${() => this.#close()}>${words.filters.onlyThese}</button>
      </div>
    </div>`
  }

  #toggle(name: string, { currentTarget }: Event): void {
    const chip = (currentTarget as HTMLElement).parentElement
    const left = (chip?.getBoundingClientRect().left ?? 0) - this.getBoundingClientRect().left
    // A list that would stick out on the right begins further left.
    this.#left = Math.max(0, Math.min(left, this.clientWidth - MENU_WIDTH))
    this.sought = ''
    this.open = this.open === name ? undefined : name
  }

  #close(): void {
    const opened = this.open
    this.open = undefined
    const at = this.filters.findIndex(({ name }) => name === opened)
    this.querySelectorAll<HTMLElement>('.chip')[at]?.querySelector('button')?.focus()
  }

  #choose(column: string, values: readonly string[]): void {
    const detail: FilterChosen = { column, values }
    this.dispatchEvent(new CustomEvent('lakeweir-choose', { detail, bubbles: true }))
  }

  readonly #onKey = (event: KeyboardEvent): void => {
    if (event.key === 'Escape' && this.open !== undefined) {
      event.stopPropagation()
      this.#close()
    }
    const isArrow = event.key === 'ArrowDown' || event.key === 'ArrowUp'
    if (!isArrow || this.open === undefined) return
    const stops = [...this.querySelectorAll<HTMLElement>('.menu input, .menu button')]
    const at = stops.indexOf((this.getRootNode() as ShadowRoot).activeElement as HTMLElement)
    stops[(at + (event.key === 'ArrowDown' ? 1 : stops.length - 1)) % stops.length]?.focus()
    event.preventDefault()
  }

  readonly #onLeave = ({ relatedTarget }: FocusEvent): void => {
    if (this.open !== undefined && relatedTarget !== null && !this.contains(relatedTarget as Node))
      this.open = undefined
  }
}

const MENU_WIDTH = 252

declare global {
  interface HTMLElementTagNameMap {
    'lakeweir-filters': FilterBar
  }
}
