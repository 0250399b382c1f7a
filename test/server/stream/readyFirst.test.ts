import { expect, onTestFinished, test } from 'vitest'
import type { Visit } from '../../../src/server/stream/hub.ts'
import { HubUnderTest, settled, type Visitor } from '../../support/streamHub.ts'

interface Change {
  readonly position: { readonly batch: number }
  readonly panels: readonly { readonly at: number; readonly position?: { readonly batch: number } }[]
}

/** A page of one panel that is asked until the test finishes it, and of others that are ready at once. */
class SlowPage {
  readonly under = new HubUnderTest()
  readonly #finishes: (() => void)[] = []
  readonly slow = this.under.panel('slow', async () => {
    const { batch } = this.under
    await new Promise<void>((resolve) => this.#finishes.push(resolve))
    return [[batch]]
  })
  readonly ready = this.under.panel('ready', () => [[this.under.batch]])

  async visit(): Promise<Visitor> {
    const visitor = this.under.visit([this.ready, this.slow])
    await settled()
    await this.finish()
    await visitor.nextOf('snapshot')
    return visitor
  }

  /** The slow panel answers what it was asked first. */
  async finish(): Promise<void> {
    this.#finishes.shift()?.()
    await settled()
  }
}

async function change(visitor: Visitor): Promise<Change> {
  return (await visitor.nextOf('change')).data as Change
}

test('panels that are ready are shown before the others, with the batch that they have', async () => {
  const page = new SlowPage()
  const { under } = page
  under.batch = 4
  const visitor = await page.visit()
  under.commit()
  await settled()
  under.clock.advance(1)
  // The page has what all of its panels have.
  expect(await change(visitor)).toMatchObject({
    position: { batch: 4 },
    panels: [{ at: 0, position: { batch: 5 }, rows: [[5]] }],
  })
  await page.finish()
  const last = await change(visitor)
  expect(last).toMatchObject({ position: { batch: 5 }, panels: [{ at: 1, rows: [[5]] }] })
  expect(last.panels[0]).not.toHaveProperty('position')
})

test('a panel that takes long holds the others of its page back from no batch', async () => {
  const page = new SlowPage()
  const { under } = page
  const visitor = await page.visit()
  for (let batch = 1; batch <= 5; batch++) {
    under.commitShown()
    await settled()
    under.clock.advance(100)
    expect(await change(visitor)).toMatchObject({ panels: [{ at: 0, rows: [[batch]] }] })
  }
  await page.finish() // of the first of them
  under.clock.advance(1_000)
  expect(await change(visitor)).toMatchObject({ position: { batch: 1 }, panels: [{ at: 1, rows: [[1]] }] })
  await page.finish()
  expect(await change(visitor)).toMatchObject({ position: { batch: 5 }, panels: [{ at: 1, rows: [[5]] }] })
  expect(page.slow.asked).toBe(3)
})

test('panels of which the first is not ready are shown a tenth of a second later, and it as soon as it is', async () => {
  const page = new SlowPage()
  const { under } = page
  const visitor = under.visit([page.slow, page.ready, under.panel('other', () => [[under.batch]])])
  await settled()
  await page.finish()
  await visitor.nextOf('snapshot')
  const { updates } = under.hub.counts
  under.commit()
  await settled()
  under.clock.advance(99)
  expect(under.hub.counts.updates).toBe(updates)
  under.clock.advance(2)
  expect((await change(visitor)).panels).toMatchObject([{ at: 1 }, { at: 2 }])
  await page.finish()
  expect((await change(visitor)).panels).toMatchObject([{ at: 0 }])
})

test('how fresh the numbers are comes with the first of them, or alone where they take long', async () => {
  const page = new SlowPage()
  const { under } = page
  const open = (panels: Visit['panels']): (() => Promise<string>) => {
    const reader = under.hub.open({ panels, holder: 'anyone', cut: () => undefined }).getReader()
    onTestFinished(() => reader.cancel())
    return async () => new TextDecoder().decode((await reader.read()).value)
  }
  const [next, nextOfSlow] = [open([page.ready]), open([page.slow])]
  await settled()
  await page.finish()
  for (const read of [next, nextOfSlow]) {
    for (let text = await read(); !text.includes('event: snapshot'); text = await read());
  }
  under.clock.advance(5_000)
  for (const read of [next, nextOfSlow]) expect(await read()).toMatch(/^event: freshness/)
  const [together, alone] = [next(), nextOfSlow()]
  await settled()
  under.clock.advance(5_000)
  under.commit()
  expect(await together).toMatch(/^id: g1:1:.*\nevent: change\n.*\n\nevent: freshness\n.*"batch":1,.*\n\n$/)
  await settled()
  under.clock.advance(100)
  expect(await alone).toMatch(/^event: freshness\n.*"batch":1,/)
})

test.each([
  { clients: 1, waitMs: 1, changes: 2 },
  { clients: 400, waitMs: 79, changes: 1 },
  { clients: 400, waitMs: 81, changes: 2 },
])('with $clients clients, who is ready $waitMs ms before the rest comes in $changes changes', async (given) => {
  const page = new SlowPage()
  const { under } = page
  const visitor = await page.visit()
  for (let client = 1; client < given.clients; client++) await under.visit([page.ready, page.slow]).nextOf('snapshot')
  under.clock.advance(1_000)
  const { updates } = under.hub.counts
  under.commit()
  await settled()
  under.clock.advance(given.waitMs)
  await page.finish()
  expect(under.hub.counts.updates - updates).toBe(given.changes)
  expect(await change(visitor)).toMatchObject({ position: { batch: 1 } })
})

test('a page never goes back to a batch before, also where a panel that failed is late', async () => {
  const page = new SlowPage()
  const { under } = page
  let isFailing = false
  const weak = under.panel('weak', async () => {
    if (isFailing) throw new Error('it fails')
    return page.slow.answer().then(({ rows }) => rows)
  })
  const visitor = under.visit([weak, page.ready])
  await settled()
  await page.finish()
  await visitor.nextOf('snapshot')
  isFailing = true
  under.commitShown()
  expect(await change(visitor)).toMatchObject({ position: { batch: 1 } })
  isFailing = false
  for (let batch = 2; batch <= 4; batch++) {
    under.commitShown() // with the first of them it is asked again, and takes long
    await settled()
    under.clock.advance(100)
    expect(await change(visitor)).toMatchObject({ position: { batch } })
  }
  await page.finish() // as of batch 2
  under.clock.advance(100)
  await page.finish()
  expect(await change(visitor)).toMatchObject({ position: { batch: 4 }, panels: [{ at: 0, rows: [[4]] }] })
})

test('panels of two generations are not shown together', async () => {
  const page = new SlowPage()
  const { under } = page
  under.batch = 9
  const visitor = await page.visit()
  under.generation = 'g2'
  under.batch = 0
  under.commit()
  await settled()
  under.clock.advance(1_000)
  await page.finish()
  const first = await visitor.nextOf('change')
  expect(first).toMatchObject({
    id: expect.stringMatching(/^g2:1:/),
    data: { position: { generation: 'g2', batch: 1 }, panels: [{ rows: [[1]] }, { rows: [[1]] }] },
  })
})

test('a client that missed a few changes gets what has changed since its own', async () => {
  const under = new HubUnderTest()
  const panels = [
    under.panel('often', () => [[under.batch]]),
    under.panel('never', () => [[1]]),
    under.panel('once', () => [[Math.min(under.batch, 1)]]),
  ]
  const [late, quick] = [under.visit(panels), under.visit(panels)]
  await late.nextOf('snapshot')
  await quick.nextOf('snapshot')
  for (let commit = 0; commit < 8; commit++) {
    under.clock.advance(1_000)
    under.commit()
    await quick.nextOf('change')
  }
  expect((await change(late)).panels).toMatchObject([
    { at: 0, rows: [[8]] },
    { at: 2, rows: [[1]] },
  ])
})

test('whoever comes while the first snapshot is being made stops none of its panels', async () => {
  const page = new SlowPage()
  const { under } = page
  const visitors = [under.visit([page.ready, page.slow])]
  await settled() // the one is ready, the other is being asked
  visitors.push(under.visit([page.ready, page.slow]))
  await settled()
  await page.finish()
  for (const visitor of visitors) await visitor.nextOf('snapshot')
  under.commit()
  await settled()
  await page.finish()
  for (const visitor of visitors) {
    expect(await change(visitor)).toMatchObject({
      position: { batch: 1 },
      panels: [
        { at: 0, rows: [[1]] },
        { at: 1, rows: [[1]] },
      ],
    })
  }
})
