import { expect, test } from 'vitest'
import { patchedRows } from '../../../src/client/answers.ts'
import { runsOr, seedOr } from '../../support/longRuns.ts'
import { seededRandom } from '../../support/random.ts'
import { HubUnderTest, type StreamEvent, settled, type Visitor } from '../../support/streamHub.ts'

/** How often some visitors come, follow and leave; a soak repeats it. */
const RUNS = runsOr(5)
const STEPS = 60

type Rows = readonly (readonly [number, number])[]

interface Part {
  readonly at: number
  readonly rows?: Rows
  readonly patch?: unknown
  readonly digest: string
  readonly from?: string
}

/** A page that shows what it is sent, as a browser's does. */
class ShownPage {
  readonly visitor: Visitor
  readonly shown = new Map<number, { rows: Rows; digest: string }>()
  batch = 0
  hasEnded = false
  readonly #done: Promise<void>

  constructor(visitor: Visitor) {
    this.visitor = visitor
    this.#done = this.#follow()
  }

  get done(): Promise<void> {
    return this.#done
  }

  async #follow(): Promise<void> {
    for (let event = await this.visitor.next(); event !== undefined; event = await this.visitor.next())
      this.#take(event)
    this.hasEnded = true
  }

  #take({ event, data }: StreamEvent): void {
    if (event !== 'snapshot' && event !== 'change') return
    const { position, panels } = data as { position: { batch: number }; panels: readonly Part[] }
    expect(position.batch).toBeGreaterThanOrEqual(this.batch)
    this.batch = position.batch
    for (const { at, rows, patch, digest, from } of panels) {
      const before = this.shown.get(at)
      if (patch !== undefined) expect(before?.digest, 'a patch of other rows than those that are shown').toBe(from)
      const all = (patch === undefined ? rows : patchedRows(before?.rows ?? [], patch)) as Rows
      this.shown.set(at, { rows: all, digest })
    }
  }
}

async function visitAtRandom(seed: number): Promise<void> {
  const random = seededRandom(seed)
  const below = (limit: number): number => Math.floor(random() * limit)
  const under = new HubUnderTest()
  under.batch = 1
  const tables: [number, number][][] = [[], [[0, 0]], [[0, 0]]]
  const panels = tables.map((rows, index) => under.panel(`p${index}`, () => rows))
  const pages = new Set<{ readonly page: ShownPage; readonly places: readonly number[] }>()
  for (let step = 0; step < STEPS; step++) {
    const what = random()
    if (what < 0.25) {
      const places = panels.map((_, index) => index).filter(() => random() < 0.7)
      const chosen = places.length === 0 ? [0] : places
      const visited = chosen.flatMap((place) => panels[place] ?? [])
      pages.add({ page: new ShownPage(under.visit(visited)), places: chosen })
    } else if (what < 0.35) {
      const [leaving] = pages
      if (leaving !== undefined) {
        await leaving.page.visitor.leave()
        pages.delete(leaving)
      }
    } else if (what < 0.45) under.clock.advance(below(20_000))
    else {
      for (const rows of tables.filter(() => random() < 0.6)) {
        for (let row = 0; row < rows.length; row++) if (random() < 0.1) rows[row] = [rows[row]?.[0] ?? 0, below(5)]
        if (random() < 0.6) rows.push([rows.length + step, below(5)])
        if (random() < 0.3) rows.splice(below(rows.length + 1), below(4))
      }
      if (random() < 0.1) under.generation = `g${step}`
      if (random() < 0.5) under.commit()
      else under.commitShown()
    }
    if (random() < 0.5) await settled()
  }
  // In the end everybody sees the last batch, however they came to it.
  under.commit()
  for (let turn = 0; turn < 4; turn++) {
    under.clock.advance(1_000)
    await settled()
  }
  for (const { page, places } of pages) {
    if (page.hasEnded) continue
    expect(page.batch).toBe(under.batch)
    expect(places.map((_, at) => page.shown.get(at)?.rows)).toEqual(places.map((place) => tables[place]))
  }
  expect(under.errors).toEqual([])
  expect(under.hub.counts.clients).toBe([...pages].filter(({ page }) => !page.hasEnded).length)
  const closed = under.hub.close()
  await settled()
  under.clock.advance(60_000)
  await Promise.all([...pages].map(({ page }) => page.done))
  await closed
  expect(under.hub.counts).toMatchObject({ clients: 0 })
}

test('visitors who come, go and follow at random see the rows of the last batch', { timeout: 600_000 }, async () => {
  for (let run = 0; run < RUNS; run++) await visitAtRandom(seedOr(11) + run)
})
