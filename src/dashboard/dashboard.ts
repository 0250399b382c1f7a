import { html, nothing, type PropertyValues, type TemplateResult } from 'lit'
import type { DashboardHead, PanelAnswer } from '../client/index.ts'
import { browserClock } from './clock.ts'
import { DashboardHost } from './dashboardHost.ts'
import { askedForChoices } from './filters/choices.ts'
import type { FilterBar, FilterChosen } from './filters/filterBar.ts'
import { shownFilters } from './filters/shownFilters.ts'
import { timeBar } from './filters/timeBar.ts'
import { watchAttention } from './follow/attention.ts'
import { Session } from './follow/session.ts'
import { batchRows } from './freshness/batchRows.ts'
import { type FreshnessTold, toldFreshness } from './freshness/told.ts'
import { Announcer } from './head/announcer.ts'
import { banners } from './head/banners.ts'
import { headBar } from './head/headBar.ts'
import { keysDialog } from './head/keysDialog.ts'
import { WallScreen } from './head/wallScreen.ts'
import { keyAction } from './keys.ts'
import type { PanelEvents } from './panels/panelElement.ts'
import { panelFrames } from './panels/panelFrames.ts'
import { type ShownPanel, ShownPanels } from './panels/shownPanels.ts'
import { totalsTold } from './panels/totals.ts'
import { rowsDialog } from './rows/rowsDialog.ts'
import type { AskedRows } from './rows/rowsView.ts'
import { decals } from './style/decals.ts'
import { SHEETS } from './style/index.ts'
import { placed } from './style/placed.ts'
import { VERSION } from './version.ts'
import { type Asked, type Asking, askedPanels, keyOf } from './view/asking.ts'
import { browserAddress } from './view/browserAddress.ts'
import { Looking } from './view/looking.ts'
import { filterNames, isPaused, pickedRange, rangeOf, type View, withFilter, withValues } from './view/view.ts'

/** The clock ticks, also while nothing comes. */
const TICK_MS = 1_000

/** The dashboard as an element of a website. It knows no column of any panel but those of the system's own. */
export class Dashboard extends DashboardHost {
  static override styles = [...SHEETS]
  static override properties = {
    ...DashboardHost.properties,
    rowsAsked: { state: true },
  }
  /** Whose rows are looked at, over the page. */
  declare rowsAsked: AskedRows | undefined
  readonly #looking = new Looking({
    page: browserAddress,
    prefix: () => (this.noAddress ? undefined : this.addressPrefix),
    onChange: () => this.#ask(),
  })
  readonly #panels = new ShownPanels(browserClock, () => this.requestUpdate())
  readonly #announcer = new Announcer()
  readonly #screen = new WallScreen(this)
  #session: Session | undefined
  #head: DashboardHead | undefined
  #endings: (() => void)[] = []

  override connectedCallback(): void {
    super.connectedCallback()
    this.#endings = [
      this.#looking.listen(),
      watchAttention(browserClock, {
        onHidden: () => this.#session?.pause(),
        onSeen: () => this.#onSeen(),
        onOffline: () => this.#session?.setOffline(true),
        onOnline: () => this.#session?.setOffline(false),
      }),
      this.#ticking(),
    ]
    if (this.hasUpdated) this.#open()
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback()
    for (const end of this.#endings) end()
    this.#endings = []
    this.#panels.close()
    this.#session?.close()
    this.#session = undefined
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!this.hasUpdated || changed.has('url')) this.#open()
    else if (changed.has('token') && this.#isRefused) this.#session?.tryNow()
  }

  override focus(options?: FocusOptions): void {
    this.renderRoot.querySelector<HTMLElement>('.root')?.focus(options)
  }

  get #isRefused(): boolean {
    return (this.#session?.failure ?? this.#session?.fed.refusal) !== undefined
  }

  /** Begins anew with a server. */
  #open(): void {
    this.#session?.close()
    this.#head = undefined
    const session = new Session({
      url: this.url ?? new URL('..', import.meta.url).href,
      token: this.tokenSource,
      clock: browserClock,
      onChange: () => this.#onChange(session),
    })
    this.#session = session
    void session.open()
  }

  #onChange(session: Session): void {
    if (session !== this.#session) return
    const { head } = session
    if (head !== undefined && head !== this.#head) {
      // The same server says the same again when it comes back.
      const isFirst = this.#head === undefined
      const isOther =
        JSON.stringify([head.layout, head.panels]) !== JSON.stringify([this.#head?.layout, this.#head?.panels])
      this.#head = head
      if (isFirst) this.#looking.open(head)
      if (isFirst || isOther) this.#ask()
    }
    this.requestUpdate()
  }

  #onSeen(): void {
    if (this.#session?.isPaused !== true) return
    this.#panels.forgetCorrections()
    this.#session.resume()
  }

  /** @returns a function that ends this */
  #ticking(): () => void {
    let cancel = browserClock.after(TICK_MS, tick.bind(this))
    function tick(this: Dashboard): void {
      if (!document.hidden) this.requestUpdate()
      cancel = browserClock.after(TICK_MS, tick.bind(this))
    }
    return () => cancel()
  }

  #asking(head: DashboardHead): Asking {
    const { range, filters } = this.#looking.looked
    return { panels: head.panels, range, filters, nowMs: this.#session?.server.nowMs ?? Date.parse(head.serverTime) }
  }

  #ask(): void {
    const head = this.#head
    if (head === undefined) return
    const asking = this.#asking(head)
    const panels = askedPanels(head, asking)
    this.#panels.ask(panels)
    const choices = filterNames(head).flatMap((name) => askedForChoices(name, asking) ?? [])
    const all = panels.flatMap(({ shown, spark }) => (spark === undefined ? [shown] : [shown, spark]))
    this.#session?.ask([...all, ...choices])
    this.requestUpdate()
  }

  protected override render(): TemplateResult {
    const { text } = this
    const session = this.#session
    const told = this.#told()
    const view = this.#view(told)
    const shown =
      session === undefined
        ? []
        : this.#panels.shown({ fed: session.fed, view, text, expanded: this.#looking.looked.expanded })
    this.#noteBatches(shown)
    return html`<div
      class="root ${view.isWall ? 'is-wall' : ''} ${told?.state === 'disconnected' ? 'is-disconnected' : ''}"
      data-freshness=${told?.state ?? nothing}
      tabindex="-1"
      ${placed({ '--wall-unit': `${this.#screen.unit}px` })}
      @keydown=${this.#onKey}
      @lakeweir-filter=${this.#onFilter}
      @lakeweir-range=${this.#onRange}
      @lakeweir-choose=${this.#onChoose}
      @lakeweir-rows=${({ detail }: CustomEvent<AskedRows>) => {
        this.rowsAsked = detail
      }}
      @lakeweir-try=${() => this.#session?.tryNow()}
      @lakeweir-table=${({ detail }: CustomEvent<{ readonly panel: string }>) => this.#turn(detail.panel)}
      @lakeweir-expand=${this.#onExpand}
      @lakeweir-again=${() => this.#session?.tryNow()}
      @lakeweir-clear=${() => this.#looking.change({ filters: {} })}
    >
      ${decals()}
      ${this.#status(told, shown, view)}
      ${this.#headBar(view)}
      <lakeweir-freshness
        .told=${told}
        .history=${session?.history}
        .text=${text}
        .tick=${view.nowMs}
      ></lakeweir-freshness>
      ${view.isWall ? nothing : this.#filters(view)}
      ${this.#banners(view)}
      <main class="panels" aria-label=${this.#heading()}>${panelFrames(shown, {
        layout: this.#head?.layout ?? [],
        looked: this.#looking.looked,
        view,
        lostSinceMs: told?.state === 'disconnected' ? session?.facts?.heardMs : undefined,
        startCommand: this.startCommand,
        csv: async ({
          asked: {
            shown: { head, parameters },
          },
        }) => session?.client.csv(head.name, parameters),
        text,
      })}</main>
      ${rowsDialog({
        asked: this.rowsAsked,
        client: session?.client,
        text,
        onClose: () => {
          this.rowsAsked = undefined
        },
      })}
      ${keysDialog(text, this.#head?.settings.presets.length ?? 0)}
    </div>`
  }

  #told(): FreshnessTold | undefined {
    const { facts, found, past } = this.#session ?? {}
    if (facts === undefined || found === undefined || past === undefined) return undefined
    return toldFreshness(found, facts, past, this.text)
  }

  #view(told: FreshnessTold | undefined): View {
    const { range, filters } = this.#looking.looked
    const nowMs = this.#session?.server.nowMs ?? Number.NaN
    const isWall = this.wall || this.#screen.isFull
    return { range, filters, nowMs, isPaused: isPaused({ range }), freshness: told?.state, isWall }
  }

  #heading(): string {
    return this.heading ?? this.#head?.title ?? this.text.words.head.label
  }

  #headBar({ nowMs, isWall }: View): TemplateResult {
    return headBar({
      heading: this.#heading(),
      nowMs: Number.isNaN(nowMs) ? undefined : nowMs,
      theme: this.themeSwitch && !isWall ? this.theme : undefined,
      canFillScreen: document.fullscreenEnabled && !isWall,
      text: this.text,
      onTheme: (theme) => {
        this.theme = theme
        this.dispatchEvent(new CustomEvent('lakeweir-theme', { detail: { theme }, bubbles: true, composed: true }))
      },
      onFullScreen: () => this.#screen.turn(),
      onKeys: this.#showKeys,
    })
  }

  #filters({ range, nowMs }: View): TemplateResult | typeof nothing {
    const head = this.#head
    if (head === undefined || Number.isNaN(nowMs)) return html`<div class="filters"></div>`
    const answerTo = (asked: Asked): PanelAnswer | undefined => this.#session?.fed.answers.get(keyOf(asked))
    const filters = shownFilters(head, this.#asking(head), answerTo)
    return html`<div class="filters">
      <lakeweir-filters .filters=${filters} .text=${this.text}></lakeweir-filters>
      ${timeBar({
        presets: head.settings.presets,
        range,
        nowMs,
        text: this.text,
        onRange: (picked) => this.#looking.change({ range: picked }),
        onPause: () => this.#looking.pause(nowMs),
        onLive: () => this.#looking.goLive(),
      })}
    </div>`
  }

  #banners({ nowMs, range }: View): TemplateResult | typeof nothing {
    const session = this.#session
    const head = this.#head
    return banners({
      oldData: this.#looking.isOldData ? range : undefined,
      versions: { own: VERSION, server: head?.version },
      failure: session?.failure ?? session?.fed.refusal,
      hasPanels: head === undefined || head.layout.length > 0,
      nowMs: Number.isNaN(nowMs) ? undefined : nowMs,
      text: this.text,
      onToday: () => this.#looking.change({ range: rangeOf(head?.settings.range ?? 'today') }),
      onTryAgain: () => session?.tryNow(),
    })
  }

  #status(told: FreshnessTold | undefined, shown: readonly ShownPanel[], { nowMs }: View): TemplateResult {
    const { words } = this.text
    if (told === undefined) return html`<p class="hidden-text" role="status"></p>`
    const totals = totalsTold(shown, this.text)
    const { state, totals: said } = this.#announcer.tell({ state: told.word, totals }, nowMs)
    return html`<p class="hidden-text" role="status">${words.status.sentence(state, said)}</p>`
  }

  /** The panel of batches knows what no position says: how many rows each had, and those before the page was opened. */
  #noteBatches(shown: readonly ShownPanel[]): void {
    const session = this.#session
    const commit = session?.facts?.commit
    const batches = shown.find(({ head }) => head.kind === 'batches')?.input
    if (session === undefined || commit === undefined || batches === undefined) return
    session.history.know(batches.answer, (answer) => batchRows(answer, commit))
  }

  readonly #showKeys = (): void => this.renderRoot.querySelector<HTMLDialogElement>('.keys-dialog')?.showModal()

  readonly #onKey = (event: KeyboardEvent): void => {
    const { key, altKey, ctrlKey, metaKey, target } = event
    const isTyping = target instanceof HTMLElement && target.matches('input, select, textarea')
    const action = keyAction({ key, hasModifier: altKey || ctrlKey || metaKey, isTyping })
    if (action === undefined || event.defaultPrevented) return
    if (action.kind === 'close') {
      if (this.#looking.looked.expanded !== undefined) this.#looking.change({ expanded: undefined })
      return
    }
    event.preventDefault()
    if (action.kind === 'preset') {
      const preset = this.#head?.settings.presets[action.index]
      if (preset !== undefined) this.#looking.change({ range: rangeOf(preset) })
    } else if (action.kind === 'filters') this.renderRoot.querySelector<FilterBar>('lakeweir-filters')?.focus()
    else if (action.kind === 'table') this.#turn((target as HTMLElement).closest('lakeweir-panel')?.framed?.name)
    else if (action.kind === 'full screen') this.#screen.turn()
    else this.#showKeys()
  }

  readonly #onFilter = ({ detail }: CustomEvent<PanelEvents['lakeweir-filter']>): void => {
    if (this.#head === undefined || !filterNames(this.#head).includes(detail.column)) return
    this.#looking.change({ filters: withFilter(this.#looking.looked.filters, detail) })
  }

  readonly #onRange = ({ detail }: CustomEvent<PanelEvents['lakeweir-range']>): void => {
    this.#looking.change({ range: pickedRange(detail) })
  }

  readonly #onChoose = ({ detail: { column, values } }: CustomEvent<FilterChosen>): void => {
    this.#looking.change({ filters: withValues(this.#looking.looked.filters, column, values) })
  }

  readonly #onExpand = ({ detail: { panel } }: CustomEvent<{ readonly panel: string }>): void => {
    this.#looking.change({ expanded: this.#looking.looked.expanded === panel ? undefined : panel })
  }

  /** To a table, or back to what it is. */
  #turn(panel: string | undefined): void {
    if (panel === undefined) return
    const { tables } = this.#looking.looked
    this.#looking.change({
      tables: tables.includes(panel) ? tables.filter((each) => each !== panel) : [...tables, panel],
    })
  }
}
