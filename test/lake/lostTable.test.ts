import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { MessagesLake } from '../support/messagesLake.ts'
import { copyTree, fileHashes } from '../support/tree.ts'

let messages: MessagesLake
let backup: string

beforeAll(async () => {
  messages = await MessagesLake.open()
  backup = join(messages.folder, 'backup')
  for (let batch = 0; batch < 2; batch++) {
    await messages.produce(7)
    await messages.run(['silver'])
  }
  copyTree(messages.root, backup)
})

afterAll(() => messages.close())

// biome-ignore format: a table
const cases = [
  { lost: ['silver/messages/data'], stream: 'silver', code: 'LAKE_CHECKPOINT_MISMATCH', says: /stream silver: table messages has no Delta log, but the checkpoint has batch 2\./ },
  { lost: ['silver/messages_corrupted/data'], stream: 'silver', code: 'LAKE_CHECKPOINT_MISMATCH', says: /stream silver: table messages_corrupted has no Delta log/ },
  { lost: ['bronze/messages/data'], stream: 'produce', code: 'LAKE_CHECKPOINT_MISMATCH', says: /stream produce: table bronze_messages has no Delta log/ },
  { lost: ['bronze/messages/data'], stream: 'silver', code: 'LAKE_SOURCE_CHANGED', says: /source table bronze_messages was changed under its stream/ },
  { lost: ['bronze/messages'], stream: 'produce', code: 'LAKE_CHECKPOINT_MISMATCH', says: /stream produce: table bronze_messages has no Delta log, but another stream has read or written it\./ },
]

test.each(cases)('$stream without $lost is refused by name, and no empty table is put there', async (lossCase) => {
  copyTree(backup, messages.root)
  for (const folder of lossCase.lost) rmSync(messages.path(folder), { recursive: true })
  const isData = (path: string) => !/(holder\.duckdb|error\.json)$/.test(path)
  const before = fileHashes(messages.root, isData)
  await expect(messages.run([lossCase.stream], { generate: { rows: 5 } })).rejects.toMatchObject({
    code: lossCase.code,
    message: expect.stringMatching(lossCase.says),
    remedy: expect.stringMatching(/--fresh/),
  })
  expect(fileHashes(messages.root, isData)).toEqual(before)

  const isSourceLost = lossCase.stream === 'silver' && lossCase.lost[0]?.startsWith('bronze') === true
  const emptying = messages.lake.empty([lossCase.stream])
  if (!isSourceLost) await emptying
  // What silver was made from is gone, so silver is all that is left of it.
  else await expect(emptying).rejects.toMatchObject({ code: 'LAKE_SOURCE_CHANGED', state: 'Nothing was emptied.' })
  if (lossCase.lost[0]?.startsWith('bronze')) await messages.lake.empty(['produce'])
  await messages.produce(5)
  await messages.run(['silver'])
  expect(await messages.faults()).toEqual([])
})
