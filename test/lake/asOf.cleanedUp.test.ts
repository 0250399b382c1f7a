import { rmSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type AsOf, LakeError } from '../../src/index.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { describeWith } from '../support/optionalTool.ts'
import { hasPython, PYTHON_NEED, python } from '../support/python.ts'

describeWith(hasPython, PYTHON_NEED, 'a log that was cleaned up to a checkpoint of another program', () => {
  let messages: MessagesLake
  const times: Date[] = []

  beforeAll(async () => {
    messages = await MessagesLake.open()
    for (let batch = 1; batch <= 3; batch++) {
      await messages.produce(10)
      await messages.run(['silver'])
      messages.clock.advance(5_000)
      times.push(new Date(messages.clock.nowMs()))
      messages.clock.advance(5_000)
    }
    const log = messages.path('silver/messages/data/_delta_log')
    await python(
      `
      import deltalake
      deltalake.DeltaTable(given, version=2).create_checkpoint()
      found = None`,
      messages.path('silver/messages/data'),
    )
    for (const version of [0, 1]) rmSync(`${log}/0000000000000000000${version}.json`)
  }, 120_000)

  afterAll(() => messages.close())

  async function rowsAsOf(asOf: AsOf): Promise<unknown> {
    const sql = 'SELECT (SELECT count(*) FROM messages) + (SELECT count(*) FROM messages_corrupted) AS n'
    const found = await messages.lake.query(sql, [], { asOf }).catch((cause: unknown) => cause)
    return found instanceof LakeError ? found.describe() : (found as { records: { n: number }[] }).records[0]?.n
  }

  test('is read from there on, and before it nothing is', async () => {
    expect(await rowsAsOf({ stream: 'silver', batch: 3 })).toBe(30)
    expect(await rowsAsOf({ stream: 'silver', batch: 2 })).toBe(20)
    expect(await rowsAsOf(times[1] ?? new Date())).toBe(20)
    expect(await rowsAsOf({ stream: 'silver', batch: 1 })).toMatch(/\nThe oldest possible is silver=2\.$/)
    const [, oldest = ''] =
      /\nThe oldest possible is (.*)\.$/.exec(String(await rowsAsOf(times[0] ?? new Date()))) ?? []
    expect(await rowsAsOf(new Date(oldest))).toBe(20)
  })
})
