import { html, LitElement, nothing, svg, type TemplateResult } from 'lit'
import { browserClock } from '../clock.ts'
import { glyph } from '../freshness/freshnessStrip.ts'
import { placed } from '../style/placed.ts'
import type { Text } from '../text.ts'
import type { FrameState } from './frameState.ts'
import { OTHER_KIND, tagOf } from './index.ts'
import { loadingWave } from './loadingShape.ts'
import type { PanelElement, PanelInput } from './panelElement.ts'

/** All that a frame shows of a panel. */
export interface Framed {
  /** In the layout. */
  readonly name: string
  readonly kind: string
  readonly title: string
  readonly note: string | null
  readonly state: FrameState
  /** What its element is given; undefined until there is an answer. */
  readonly input: PanelInput | undefined
  readonly isTable: boolean
  readonly isExpanded: boolean
  /** When the numbers were last known, if they are no longer. */
  readonly asOf: string | undefined
  /** Whether another answer is on its way, for other filters or another range. */
  readonly isBehind: boolean
  /** The labels of filters that let no row through. */
  readonly narrowedTo: string
  /** What to type where nothing has come yet; undefined: nothing to say. */
  readonly startCommand: string | undefined
  readonly csv: () => Promise<Blob | undefined>
  readonly text: Text
}

/** What the frame tells the dashboard: events that bubble. */
export type FrameEvent = 'lakeweir-table' | 'lakeweir-expand' | 'lakeweir-again' | 'lakeweir-clear'

/** As the attribute says it. */
const STATES = {
  waiting: 'loading',
  loading: 'loading',
  error: 'error',
  empty: 'empty',
  'none match': 'none-match',
  shown: 'rows',
} as const

const REVOKE_AFTER_MS = 10_000

/** What stands around every panel: title, actions, and what is shown where there are no numbers. */
export class PanelFrame extends LitElement {
  static override properties = {
    framed: { attribute: false, hasChanged: isOther },
    told: { state: true },
    subtitle: { state: true },
  }
  declare framed: Framed | undefined
  /** What was done at last: copied, or failed. */
  declare told: string | undefined
  /** What the panel's element says of its rows. */
  declare subtitle: string | undefined
  #body: PanelElement | undefined

  protected override createRenderRoot(): HTMLElement {
    return this
  }

  protected override render(): TemplateResult | typeof nothing {
    const { framed } = this
    if (framed === undefined) return nothing
    const id = `panel-${framed.name}`
    const { asOf, isBehind } = framed
    const isDimmed = asOf !== undefined || isBehind || framed.state.kind === 'error'
    return html`<section
      class="panel ${isDimmed ? 'is-dimmed' : ''}"
      aria-labelledby=${id}
      data-panel=${framed.name}
      data-state=${STATES[framed.state.kind]}
      ?data-expanded=${framed.isExpanded}
      @lakeweir-subtitle=${({ detail }: CustomEvent<{ readonly text: string }>) => {
        this.subtitle = detail.text
      }}
    >
      <header>
        <h2 id=${id}>${framed.title}</h2>
        <span class="quiet note">${asOf ?? this.told ?? framed.note ?? this.subtitle ?? ''}</span>
        ${this.#actions(framed)}
      </header>
      <div class="body">${this.#content(framed)}</div>
    </section>`
  }

  #actions(framed: Framed): TemplateResult {
    const { title, kind, isTable, isExpanded, text } = framed
    const { panel } = text.words
    const canTurn = kind !== OTHER_KIND && framed.input !== undefined
    return html`<div class="actions" role="group" aria-label=${panel.actions(title)}>
      ${
        canTurn
          ? html`<button type="button" aria-pressed=${isTable} @click=${() => this.#tell('lakeweir-table')}>
              ${isTable ? panel.chart : panel.table}
            </button>`
          : nothing
      }
      <button type="button" ?disabled=${framed.input === undefined} @click=${() => this.#saveCsv()}>
        ${panel.csv}
      </button>
      <button type="button" aria-expanded=${isExpanded} @click=${() => this.#tell('lakeweir-expand')}>
        ${isExpanded ? panel.close : panel.expand}
      </button>
    </div>`
  }

  #content(framed: Framed): TemplateResult | typeof nothing {
    const { state, input, text } = framed
    const { words, numbers } = text
    const cut = input?.answer.isCut
      ? html`<p class="quiet note">${words.panel.cut(numbers.whole(input.answer.rows.length))}</p>`
      : nothing
    switch (state.kind) {
      case 'waiting':
        return nothing
      case 'loading':
        return this.#loading(framed)
      case 'error':
        return html`${this.#error(framed, state)}${input === undefined ? nothing : this.#shown(framed, input)}`
      case 'empty':
        return this.#empty(framed)
      case 'none match':
        return html`<div class="say">
          <strong>${words.panel.noneMatch(framed.narrowedTo)}</strong>
          <button type="button" class="button" @click=${() => this.#tell('lakeweir-clear')}>
            ${words.panel.clearFilters}
          </button>
        </div>`
      case 'shown':
        return input === undefined ? nothing : html`${this.#shown(framed, input)}${cut}`
    }
  }

  /** The panel's own element, which is kept from one answer to the next. */
  #shown({ kind, isTable }: Framed, input: PanelInput): PanelElement {
    const tag = tagOf(isTable ? OTHER_KIND : kind)
    if (this.#body?.localName !== tag) this.#body = document.createElement(tag) as PanelElement
    this.#body.input = input
    return this.#body
  }

  #loading({ kind }: Framed): TemplateResult {
    if (kind === 'number')
      return html`<div class="loading"><i class="shape large"></i><i class="shape small"></i></div>`
    const isChart = kind === 'area' || kind === 'line'
    const wave = svg`<path d=${loadingWave()}></path>`
    return isChart
      ? html`<svg class="loading wave" viewBox="0 0 100 100" preserveAspectRatio="none" aria-hidden="true">
          ${wave}
        </svg>`
      : html`<div class="loading">${Array.from({ length: 6 }, () => html`<i class="shape row"></i>`)}</div>`
  }

  #error({ text: { words } }: Framed, { message, detail }: { message: string; detail: string | undefined }) {
    return html`<div class="say" role="alert">
      <strong class="is-bad">${glyph('stale')}${words.panel.error}</strong>
      <p>${message} ${detail}</p>
      <div class="row">
        <button type="button" class="button" @click=${() => this.#tell('lakeweir-again')}>
          ${words.panel.tryAgain}
        </button>
        <span class="quiet">${words.panel.nextTry}</span>
      </div>
    </div>`
  }

  #empty({ startCommand, text: { words } }: Framed): TemplateResult {
    return html`<div class="say">
      <strong>${words.panel.empty}</strong>
      <p>${words.panel.emptyNote}</p>
      ${
        startCommand === undefined
          ? nothing
          : html`<div class="row">
              <code>${startCommand}</code>
              <button type="button" class="link" @click=${() => this.#copy(startCommand, words.panel.copied)}>
                ${words.panel.copy}
              </button>
            </div>`
      }
    </div>`
  }

  async #copy(words: string, told: string): Promise<void> {
    await navigator.clipboard.writeText(words)
    this.told = told
  }

  /** Saves the rows as a file, by a link that nobody sees. */
  async #saveCsv(): Promise<void> {
    if (this.framed === undefined) return
    const { name, csv, text } = this.framed
    this.told = undefined
    try {
      const rows = await csv()
      if (rows === undefined) return
      const url = URL.createObjectURL(rows)
      const link = document.createElement('a')
      link.href = url
      link.download = `${name}.csv`
      link.click()
      // Some browsers read the file only after the click.
      browserClock.after(REVOKE_AFTER_MS, () => URL.revokeObjectURL(url))
    } catch (error) {
      const message = error instanceof Error ? error.message : ''
      this.told = `${text.words.panel.csvFailed} ${message}`
    }
  }

  #tell(name: FrameEvent): void {
    this.dispatchEvent(new CustomEvent(name, { detail: { panel: this.framed?.name }, bubbles: true }))
  }
}

/** Whether a frame says something else than before. What it calls is always that of now. */
function isOther(framed: Framed | undefined, before: Framed | undefined): boolean {
  if (framed === undefined || before === undefined) return framed !== before
  const { csv: _, state, ...said } = framed
  const isSaid = Object.entries(said).every(([name, value]) => value === before[name as keyof Framed])
  return !isSaid || JSON.stringify(state) !== JSON.stringify(before.state)
}

/** How wide a panel is, on a page and on a wall. One that no wall shows is on a very wide page what it is on others. */
export function placedFrame({ width, wallWidth }: { readonly width: number; readonly wallWidth: number }) {
  return placed({ '--width': String(width), '--wall-width': String(wallWidth === 0 ? width : wallWidth) })
}

declare global {
  interface HTMLElementTagNameMap {
    'lakeweir-panel': PanelFrame
  }
}
