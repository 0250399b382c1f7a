import { expect, test } from 'vitest'
import { patchedRows } from '../../../src/client/answers.ts'
import { runsOr, seedOr } from '../../support/longRuns.ts'
import { seededRandom } from '../../support/random.ts'
import { RandomTables, type Rows, type RowsAt } from '../../support/randomTables.ts'
import { type StreamEvent, settled, type Visitor } from '../../support/streamHub.ts'

/** How often some visitors come, follow, leave and come back; a soak repeats it. */
const RUNS = runsOr(12)
const STEPS = 90

interface Part {
  readonly at: number
  readonly rows?: Rows
  readonly patch?: unknown
  readonly problem?: unknown
  readonly digest: string
  readonly from?: string
  readonly position?: { readonly batch: number }
}

interface Shown {
  readonly rows: Rows
  readonly digest: string
}

/** A page that shows what it is sent, as a browser's does. */
class ShownPage {
  readonly places: readonly number[]
  readonly shown = new Map<number, Shown>()
  readonly #rowsAt: RowsAt
  batch = 0
  lastId: string | undefined
  hasEnded = false
  #visitor: Visitor | undefined
  #done: Promise<void> = Promise.resolve()

  constructor(places: readonly number[], rowsAt: RowsAt) {
    this.places = places
    this.#rowsAt = rowsAt
  }

  get done(): Promise<void> {
    return this.#done
  }

  get isThere(): boolean {
    return this.#visitor !== undefined && !this.hasEnded
  }

  /** Comes, also again. */
  come(visitor: Visitor): void {
    this.#visitor = visitor
    this.hasEnded = false
    this.#done = this.#follow(visitor)
  }

  async leave(): Promise<void> {
    await this.#visitor?.leave()
    await this.#done
    this.#visitor = undefined
  }

  async #follow(visitor: Visitor): Promise<void> {
    for (let event = await visitor.next(); event !== undefined; event = await visitor.next()) this.#take(event)
    this.hasEnded = true
  }

  #take({ id, event, data }: StreamEvent): void {
    if (event !== 'snapshot' && event !== 'change') return
    this.lastId = id
    const { position, panels } = data as { position: { batch: number } | null; panels: readonly Part[] }
    if (position !== null) {
      expect(position.batch, 'a batch before the one that is shown').toBeGreaterThanOrEqual(this.batch)
      this.batch = position.batch
    }
    for (const part of panels) this.#show(part, position)
  }

  #show({ at, rows, patch, problem, digest, from, position: ahead }: Part, position: Part['position'] | null): void {
    const before = this.shown.get(at)
    if (problem !== undefined) {
      this.shown.set(at, { rows: before?.rows ?? [], digest })
      return
    }
    if (patch !== undefined) expect(before?.digest, 'a patch of other rows than those that are shown').toBe(from)
    const all = (patch === undefined ? rows : patchedRows(before?.rows ?? [], patch)) as Rows
    const batch = (ahead ?? position)?.batch ?? -1
    expect(all, `not the rows of batch ${batch}`).toEqual(this.#rowsAt(batch, this.places[at] ?? -1))
    this.shown.set(at, { rows: all, digest })
  }
}

async function visitAtRandom(seed: number): Promise<void> {
  const random = seededRandom(seed)
  const tables = new RandomTables(random)
  const { under, panels } = tables
  const visitsOf = (places: readonly number[]) => places.flatMap((place) => panels[place] ?? [])
  const pages: ShownPage[] = []
  for (let step = 0; step < STEPS; step++) {
    const what = random()
    const page = pages[tables.below(pages.length)]
    if (what < 0.2) {
      const places = panels.map((_, index) => index).filter(() => random() < 0.7)
      const added = new ShownPage(places.length === 0 ? [0] : places, tables.rowsAt)
      added.come(under.visit(visitsOf(added.places)))
      pages.push(added)
    } else if (what < 0.35) {
      if (page?.isThere === true) await page.leave()
      else page?.come(under.visit(visitsOf(page.places), { lastId: page.lastId }))
    } else if (what < 0.45) under.clock.advance(tables.below(20_000))
    else if (what < 0.75) tables.answerSome()
    else tables.commit(random() < 0.5)
    if (random() < 0.5) await settled()
  }
  // In the end everybody sees the last batch, however they came to it, and whatever was on its way.
  tables.commit(true)
  tables.answerAll()
  await settled()
  tables.commit(true)
  for (let turn = 0; turn < 4; turn++) {
    await settled()
    under.clock.advance(1_000)
  }
  await settled()
  const there = pages.filter(({ isThere }) => isThere)
  for (const page of there) {
    expect(page.batch, `with seed ${seed}`).toBe(under.batch)
    expect(page.places.map((_, at) => page.shown.get(at)?.rows)).toEqual(page.places.map((place) => tables.rows[place]))
  }
  expect(under.errors).toEqual([])
  expect(under.hub.counts.clients).toBe(there.length)
  const closed = under.hub.close()
  await settled()
  under.clock.advance(60_000)
  await Promise.all(pages.map(({ done }) => done))
  await closed
  expect(under.hub.counts).toMatchObject({ clients: 0 })
}

test('visitors who come, go, come back and follow at random see the rows of the last batch', {
  timeout: 600_000,
}, async () => {
  for (let run = 0; run < RUNS; run++) await visitAtRandom(seedOr(11) + run)
})
