import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { ErrorCode } from '../../src/index.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { copyTree, fileHashes } from '../support/tree.ts'

let lake: MessagesLake
/** Copies of the lake after its first, second and third silver batch, and of another lake of the same config. */
let backups: string[]
let other: string

beforeAll(async () => {
  lake = await MessagesLake.open()
  other = join(lake.folder, 'other')
  await makeLake(() => undefined)
  copyTree(lake.root, other)
  lake.clear()
  backups = []
  await makeLake(() => {
    const backup = join(lake.folder, `backup-${backups.length}`)
    copyTree(lake.root, backup)
    backups.push(backup)
  })
})

afterAll(() => lake.close())

async function makeLake(afterBatch: () => void): Promise<void> {
  for (let batch = 0; batch < 3; batch++) {
    await lake.produce(7)
    await lake.run(['silver'])
    afterBatch()
  }
}

const MESSAGES = 'silver/messages/data'
const CORRUPTED = 'silver/messages_corrupted/data'
const BRONZE = 'bronze/messages/data'
const CHECKPOINT = 'silver/messages/checkpoint/silver'
const PRODUCE = 'bronze/messages/checkpoint/produce'

interface Case {
  readonly what: string
  readonly folder: string
  /** The copy that takes its place; deleted where undefined. */
  readonly from: () => string | undefined
  readonly stream: 'silver' | 'produce'
  readonly code: ErrorCode
  readonly says: RegExp
}

const first = () => backups[0]
const second = () => backups[1]
const foreign = () => other
const nothing = () => undefined

const M: ErrorCode = 'LAKE_CHECKPOINT_MISMATCH'
const S: ErrorCode = 'LAKE_SOURCE_CHANGED'
const D: ErrorCode = 'LAKE_DATA_LOST'

// biome-ignore format: a table
const cases: readonly Case[] = [
  { what: 'messages, two batches old', folder: MESSAGES, from: first, stream: 'silver', code: M, says: /table messages has batch 1, but the checkpoint has batch 3/ },
  { what: 'messages, one batch old', folder: MESSAGES, from: second, stream: 'silver', code: D, says: /of table messages is neither staged nor published/ },
  { what: 'messages_corrupted, two batches old', folder: CORRUPTED, from: first, stream: 'silver', code: M, says: /table messages_corrupted has batch 1/ },
  { what: 'messages of another lake', folder: MESSAGES, from: foreign, stream: 'silver', code: M, says: /table messages has batch 3 of another stream named silver/ },
  { what: 'bronze under silver, two batches old', folder: BRONZE, from: first, stream: 'silver', code: S, says: /newest version is 1, but the stream has read up to 3/ },
  { what: 'bronze under silver, one batch old', folder: BRONZE, from: second, stream: 'silver', code: S, says: /newest version is 2/ },
  { what: 'bronze of another lake under silver', folder: BRONZE, from: foreign, stream: 'silver', code: S, says: /bronze_messages was changed/ },
  { what: 'bronze under its producer, two batches old', folder: BRONZE, from: first, stream: 'produce', code: M, says: /table bronze_messages has batch 1, but the checkpoint has batch 3/ },
  { what: 'the checkpoint, two batches old', folder: CHECKPOINT, from: first, stream: 'silver', code: M, says: /table messages has batch 3, but the checkpoint has batch 1/ },
  { what: 'the checkpoint, one batch old', folder: CHECKPOINT, from: second, stream: 'silver', code: M, says: /table messages has batch 3, but the checkpoint has batch 2/ },
  { what: 'the checkpoint of another lake', folder: CHECKPOINT, from: foreign, stream: 'silver', code: M, says: /another stream named silver/ },
  { what: 'the producer’s checkpoint of another lake', folder: PRODUCE, from: foreign, stream: 'produce', code: M, says: /another stream named produce/ },
  { what: 'the checkpoint, deleted', folder: CHECKPOINT, from: nothing, stream: 'silver', code: M, says: /the checkpoint has no batch/ },
  { what: 'the producer’s checkpoint, deleted', folder: PRODUCE, from: nothing, stream: 'produce', code: M, says: /the checkpoint has no batch/ },
]

test.each(cases)('restored: $what → refused by name, with nothing changed', async (restored) => {
  copyTree(backups[2] ?? '', lake.root)
  const from = restored.from()
  if (from === undefined) rmSync(lake.path(restored.folder), { recursive: true })
  else copyTree(join(from, restored.folder), lake.path(restored.folder))
  // The lock is no data: where it was deleted with its checkpoint, it is made anew.
  const isData = (path: string) => !/(holder\.duckdb|error\.json)$/.test(path)
  const before = fileHashes(lake.root, isData)

  const run = lake.run([restored.stream], { generate: { rows: 5 } })
  await expect(run).rejects.toMatchObject({
    code: restored.code,
    message: expect.stringMatching(restored.says),
    remedy: expect.stringMatching(/--fresh/),
  })
  expect(fileHashes(lake.root, isData)).toEqual(before)
})

test('restored: the whole lake → goes on from there', async () => {
  copyTree(backups[0] ?? '', lake.root)
  await lake.produce(3)
  await lake.run(['silver'])
  expect(await lake.faults()).toEqual([])
})

test('a table that a stream owns and that another application has committed to → refused by name', async () => {
  copyTree(backups[2] ?? '', lake.root)
  const log = lake.path(CORRUPTED, '_delta_log')
  const version = String(readdirSync(log).filter((name) => name.endsWith('.json')).length).padStart(20, '0')
  writeFileSync(join(log, `${version}.json`), '{"txn":{"appId":"other@1","version":9,"lastUpdated":0}}\n')
  await expect(lake.run(['silver'])).rejects.toMatchObject({
    code: 'LAKE_CHECKPOINT_MISMATCH',
    message: expect.stringContaining('table messages_corrupted has a commit of other@1'),
  })
})
