import type { DashboardHead } from '../../client/index.ts'
import { lookedAt, queryFor } from './address.ts'
import type { PageAddress } from './pageAddress.ts'
import { filterNames, isSameRange, type Looked, paused, rangeOf, type ViewRange } from './view.ts'

export interface LookingParts {
  readonly page: PageAddress
  /** Before each key in the address; undefined where the address is left alone. */
  readonly prefix: () => string | undefined
  readonly onChange: () => void
}

/** What is looked at now. It stands in the page's address, and follows the browser's back and forward. */
export class Looking {
  readonly #parts: LookingParts
  #head: DashboardHead | undefined
  #looked: Looked = { range: { kind: 'today' }, filters: {}, tables: [], expanded: undefined }
  #isByItself = true
  /** To which range "back to live" leads. */
  #live: ViewRange = { kind: 'today' }

  constructor(parts: LookingParts) {
    this.#parts = parts
  }

  get looked(): Looked {
    return this.#looked
  }

  /** Whether the newest range that has rows is shown because nothing has happened today. */
  get isOldData(): boolean {
    const newest = this.#head?.newest
    return this.#isByItself && newest !== undefined && newest !== null && !newest.isToday
  }

  /** Begins with what the address says, or with what the server says is looked at first. */
  open(head: DashboardHead): void {
    this.#head = head
    this.#live = rangeOf(head.settings.range)
    this.#read()
  }

  change(looked: Partial<Looked>): void {
    if (looked.range !== undefined) this.#isByItself = false
    this.#set({ ...this.#looked, ...looked })
    this.#write()
    this.#parts.onChange()
  }

  pause(nowMs: number): void {
    if (this.#looked.range.kind !== 'fixed') this.change({ range: paused(this.#looked.range, nowMs) })
  }

  goLive(): void {
    this.change({ range: this.#live })
  }

  /** @returns a function that ends this */
  listen(): () => void {
    const onBack = (): void => {
      if (this.#parts.prefix() === undefined || this.#head === undefined) return
      this.#read()
      this.#parts.onChange()
    }
    return this.#parts.page.onBack(onBack)
  }

  #read(): void {
    const head = this.#head
    const prefix = this.#parts.prefix()
    if (head === undefined) return
    const found = lookedAt(prefix === undefined ? '' : this.#parts.page.search, prefix ?? '', filterNames(head))
    this.#isByItself = found.range === undefined
    this.#set({ ...found, range: found.range ?? firstRange(head) })
  }

  #set(looked: Looked): void {
    if (looked.range.kind !== 'fixed') this.#live = looked.range
    this.#looked = looked
  }

  #write(): void {
    const head = this.#head
    const prefix = this.#parts.prefix()
    if (head === undefined || prefix === undefined) return
    const { range } = this.#looked
    const isFirst = this.#isByItself || isSameRange(range, firstRange(head))
    const said = { ...this.#looked, range: isFirst ? undefined : range }
    const { page } = this.#parts
    const query = queryFor(page.search, prefix, said, filterNames(head))
    const address = `${page.pathname}${query === '' ? '' : `?${query}`}${page.hash}`
    if (address !== page.pathname + page.search + page.hash) page.push(address)
  }
}

/** What is looked at where nobody says anything: the newest rows there are, if none are of today. */
function firstRange({ newest, settings }: DashboardHead): ViewRange {
  if (newest === null || newest.isToday) return rangeOf(settings.range)
  return { kind: 'fixed', fromMs: Date.parse(newest.from), toMs: Date.parse(newest.to) }
}
