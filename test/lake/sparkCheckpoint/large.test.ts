import { linkSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect, test } from 'vitest'
import { readCheckpoint } from '../../../src/lake/sparkCheckpoint/checkpoint.ts'
import { readSink } from '../../../src/lake/sparkCheckpoint/sinkFolder.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'

// Queries that have run for years. Arguments of a call are on the stack, where so many do not fit.

const FILES = 150_000

/** A log of one compact file and one after it, which together name all files, each in a batch of its own. */
function writeLog(folder: string, entryOf: (batch: number) => object): void {
  mkdirSync(folder, { recursive: true })
  const lines = Array.from({ length: FILES }, (_, batch) => JSON.stringify(entryOf(batch)))
  const last = FILES - 1
  writeFileSync(join(folder, `${last - 1}.compact`), ['v1', ...lines.slice(0, last)].join('\n'))
  writeFileSync(join(folder, `${last}`), ['v1', ...lines.slice(last)].join('\n'))
}

test('the files that a query has read are known however many they are', async () => {
  const folder = temporaryFolder()
  for (const part of ['offsets', 'commits']) mkdirSync(join(folder, part))
  const last = FILES - 1
  writeFileSync(join(folder, 'metadata'), JSON.stringify({ id: '0' }))
  writeFileSync(join(folder, 'offsets', `${last}`), ['v1', '{}', JSON.stringify({ logOffset: last })].join('\n'))
  writeFileSync(join(folder, 'commits', `${last}`), ['v1', '{}'].join('\n'))
  const entryOf = (batch: number) => ({ path: `file:///b/${batch}.parquet`, timestamp: 1, batchId: batch })
  writeLog(join(folder, 'sources/0'), entryOf)
  const checkpoint = await readCheckpoint(folder)
  expect(checkpoint.filesUpTo(last)).toHaveLength(FILES)
})

test('so are those that it has written, also into one folder', async () => {
  const folder = temporaryFolder()
  const day = join(folder, 'date=2026-11-22')
  mkdirSync(day)
  let first = ''
  const entryOf = (batch: number): object => {
    const path = join(day, `${batch}.parquet`)
    // One file has 65,000 names at the most.
    if (batch % 10_000 === 0) {
      first = path
      writeFileSync(path, 'rows')
    } else linkSync(first, path)
    return { path: pathToFileURL(path).href, size: 4, isDir: false, action: 'add' }
  }
  writeLog(join(folder, '_spark_metadata'), entryOf)
  const sink = await readSink(folder)
  expect(sink).toMatchObject({ kind: 'log', lastBatch: FILES - 1, unnamed: [] })
  expect(sink.files).toHaveLength(FILES)
})
