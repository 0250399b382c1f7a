import { expect, test } from 'vitest'
import { type Keepable, KeptAnswers, type Wish } from '../../src/server/panels/keptAnswers.ts'
import type { ServedPosition } from '../../src/serving/reader.ts'
import { settled } from '../support/streamHub.ts'
import { TestClock } from '../support/testClock.ts'

/** Answers that are as of the batch at which they are begun, and are there when the test says so. */
class AnswersUnderTest {
  readonly clock = new TestClock()
  readonly #listeners = new Set<(position: ServedPosition) => void>()
  readonly kept: KeptAnswers<Keepable>
  /** Of those that are being made, oldest first. */
  readonly begun: { readonly key: string; readonly finish: () => void; readonly fail: (error: Error) => void }[] = []
  position: ServedPosition = { generation: 'g1', batch: 1, batchTimeMs: 0, takenMs: 0, newestEventMs: undefined }

  constructor() {
    const current = (): ServedPosition => this.position
    this.kept = new KeptAnswers(
      {
        get current() {
          return current()
        },
        onCommit: (listener) => {
          this.#listeners.add(listener)
          return () => this.#listeners.delete(listener)
        },
      },
      this.clock,
    )
  }

  commit(generation = this.position.generation): void {
    this.position = { ...this.position, generation, batch: this.position.batch + 1 }
    for (const listener of this.#listeners) listener(this.position)
  }

  /** @returns the generation and the batch of the answer */
  async ask(wish: Wish, key = 'a'): Promise<string> {
    const make = async (): Promise<Keepable> => {
      const { position } = this
      await new Promise<void>((resolve, reject) => {
        this.begun.push({ key, finish: resolve, fail: reject })
      })
      return { position, json: key.padEnd(100) }
    }
    const { generation, batch } = (await this.kept.answer(key, make, wish)).position
    return `${generation}:${batch}`
  }

  /** Finishes those that are being made, and those that are begun by that. */
  async finish(): Promise<void> {
    await settled()
    for (let next = this.begun.shift(); next !== undefined; next = this.begun.shift()) {
      next.finish()
      await settled()
    }
  }
}

test('after a batch, a request gets the answer of before if the next one takes longer than 10 ms', async () => {
  const under = new AnswersUnderTest()
  const first = under.ask('soon')
  await under.finish()
  expect(await first).toBe('g1:1')
  under.commit()
  const [second, third] = [under.ask('soon'), under.ask('soon')]
  await settled()
  expect(under.begun).toHaveLength(1)
  under.clock.advance(10)
  expect(await Promise.all([second, third])).toEqual(['g1:1', 'g1:1'])
  const fourth = under.ask('soon')
  await under.finish()
  expect(await fourth).toBe('g1:2')
  expect(await under.ask('soon')).toBe('g1:2')
  expect(under.begun).toHaveLength(0)
})

test('an answer that lacks a batch of more than a second ago is sent to nobody', async () => {
  const under = new AnswersUnderTest()
  const first = under.ask('soon')
  await under.finish()
  await first
  under.commit()
  under.clock.advance(900)
  under.commit()
  under.clock.advance(101)
  let answered: string | undefined
  const late = under.ask('soon').then((answer) => {
    answered = answer
  })
  await settled()
  under.clock.advance(60_000)
  await settled()
  expect(answered).toBeUndefined()
  await under.finish()
  await late
  expect(answered).toBe('g1:3')
})

test('who wants the newest waits for it, also while one of a batch before is being made', async () => {
  const under = new AnswersUnderTest()
  const soon = under.ask('soon')
  await settled()
  under.commit()
  const newest = under.ask('newest')
  await settled()
  under.clock.advance(60_000)
  expect(under.begun).toHaveLength(1)
  await under.finish()
  expect([await soon, await newest]).toEqual(['g1:1', 'g1:2'])
})

test('an answer of another generation of the store is sent to nobody', async () => {
  const under = new AnswersUnderTest()
  const first = under.ask('soon')
  await under.finish()
  await first
  const begun = under.ask('newest', 'b')
  await settled()
  under.commit('g2')
  const asked = [under.ask('soon'), under.ask('soon', 'b'), under.ask('newest', 'b')]
  await settled()
  under.clock.advance(10)
  await under.finish()
  expect(await begun).toBe('g1:1')
  expect(await Promise.all(asked)).toEqual(['g2:2', 'g2:2', 'g2:2'])
})

test('two are made at once; what somebody waits for comes before what is only made anew', async () => {
  const under = new AnswersUnderTest()
  for (const key of ['a', 'b', 'c', 'd']) {
    const answer = under.ask('soon', key)
    await under.finish()
    await answer
  }
  under.commit()
  const soon = ['a', 'b', 'c', 'd'].map((key) => under.ask('soon', key))
  await settled()
  under.clock.advance(10)
  await Promise.all(soon)
  const awaited = [under.ask('newest', 'd'), under.ask('soon', 'new')]
  const order: string[] = []
  for (let turn = 0; turn < 5; turn++) {
    await settled()
    expect(under.begun.length).toBe(Math.min(2, 5 - turn))
    const next = under.begun.shift()
    order.push(next?.key ?? '')
    next?.finish()
  }
  expect(order).toEqual(['a', 'b', 'd', 'new', 'c'])
  await Promise.all(awaited)
})

test('slow ones make room for others, four of them at most', async () => {
  const under = new AnswersUnderTest()
  const slow = Array.from({ length: 8 }, (_, at) => under.ask('soon', `slow ${at}`))
  const keys: string[][] = []
  for (let step = 0; step < 4; step++) {
    await settled()
    keys.push(under.begun.map(({ key }) => key))
    under.clock.advance(200)
  }
  const all = Array.from({ length: 8 }, (_, at) => `slow ${at}`)
  expect(keys).toEqual([all.slice(0, 2), all.slice(0, 4), all.slice(0, 6), all.slice(0, 6)])
  under.begun.shift()?.finish()
  await settled()
  expect(under.begun.map(({ key }) => key)).toEqual(all.slice(1, 7))
  await under.finish()
  await Promise.all(slow)
  // All of them count again.
  const quick = ['a', 'b', 'c'].map((key) => under.ask('soon', key))
  await settled()
  expect(under.begun).toHaveLength(2)
  await under.finish()
  await Promise.all(quick)
})

test('a failure is told to who waits for it, and the next who asks has it made again', async () => {
  const under = new AnswersUnderTest()
  const [first, second] = [under.ask('soon'), under.ask('soon')]
  await settled()
  under.begun.shift()?.fail(new Error('no memory'))
  await expect(first).rejects.toThrow('no memory')
  await expect(second).rejects.toThrow('no memory')
  const again = under.ask('soon')
  await under.finish()
  expect(await again).toBe('g1:1')
  under.commit()
  const late = under.ask('soon')
  await settled()
  under.clock.advance(10)
  expect(await late).toBe('g1:1')
  under.begun.shift()?.fail(new Error('no memory')) // nobody waits for it
  await settled()
  const newest = under.ask('newest')
  await under.finish()
  expect(await newest).toBe('g1:2')
})

test('what nobody has asked for in a while takes no memory, and all answers together take a bounded one', async () => {
  const under = new AnswersUnderTest()
  for (let key = 0; key < 1_200; key++) {
    const answer = under.ask('soon', `${key}`)
    await under.finish()
    await answer
  }
  expect(under.kept.size).toEqual({ answers: 1_000, characters: 100_000 })
  under.commit()
  under.clock.advance(1_001)
  under.commit()
  expect(under.kept.size).toEqual({ answers: 0, characters: 0 })
})
