import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isAlive } from '../../scripts/processes.ts'
import type { BatchProgress } from '../../src/stream/progress.ts'
import { ENGINE_COMMAND } from '../support/programEngine.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { openTwoStreams, type TwoStreams } from '../support/twoStreams.ts'

// Streams on Spark with the same settings have one session. A program that answers as Spark's driver would stands in
// for Python, and notes that it was started.

interface StandIn {
  /** What stands in for Python. */
  readonly python: string
  /** The processes that were started as it. */
  starts(): number[]
}

function standIn(): StandIn {
  const folder = temporaryFolder()
  const python = join(folder, 'python3')
  const starts = join(folder, 'starts')
  const command = ENGINE_COMMAND.map((word) => `'${word}'`).join(' ')
  writeFileSync(python, `#!/bin/sh\necho $$ >> '${starts}'\nexec ${command}\n`)
  chmodSync(python, 0o755)
  return {
    python,
    starts: () => (existsSync(starts) ? readFileSync(starts, 'utf8').trim().split('\n').map(Number) : []),
  }
}

async function run({ lake }: TwoStreams, streams: readonly string[]): Promise<BatchProgress[]> {
  const batches: BatchProgress[] = []
  await lake.run({ streams, availableNow: true, onBatch: (batch) => batches.push(batch) })
  return batches
}

test('two streams of a run have one process, which ends with the run', async () => {
  const { python, starts } = standIn()
  const lake = await openTwoStreams({ python })
  await lake.land(0, 10)
  const batches = await run(lake, ['one', 'two'])
  expect(batches.map(({ stream, engine }) => [stream, engine]).sort()).toEqual([
    ['one', 'program 1'],
    ['two', 'program 1'],
  ])
  expect(starts()).toHaveLength(1)
  expect(starts().filter(isAlive)).toEqual([])
  expect((await lake.lake.query('FROM ones EXCEPT ALL FROM twos')).rows).toEqual([])
  expect(await lake.lake.validate({ deep: true })).toMatchObject({ ok: true, pending: 0 })
})

test('two runs beside each other have one too, and the one that is left keeps it', async () => {
  const { python, starts } = standIn()
  const lake = await openTwoStreams({ python })
  await lake.land(0, 10)
  const stop = new AbortController()
  let batches = 0
  let onBatch = (): void => undefined
  const following = lake.lake.run({
    streams: ['one'],
    signal: stop.signal,
    onBatch: () => {
      batches += 1
      onBatch()
    },
  })
  const nextBatch = (): Promise<void> => new Promise((resolve) => (onBatch = () => resolve()))
  const first = nextBatch()
  if (batches === 0) await first
  await run(lake, ['two'])
  const second = nextBatch()
  await lake.land(10, 10)
  await second
  stop.abort()
  await following
  expect(starts()).toHaveLength(1)
  expect(starts().filter(isAlive)).toEqual([])
  const { rows } = await lake.lake.query('SELECT (SELECT count(*) FROM ones), (SELECT count(*) FROM twos)')
  expect(rows).toEqual([[20, 10]])
})

test('what Spark would read in another way is refused before a process is started', async () => {
  const { python, starts } = standIn()
  const lake = await openTwoStreams(
    { python },
    { select: 'sql/two.sql' },
    {
      'sql/two.sql': headed('sql/two.sql', 'landed', 'SELECT id, upper(name) AS name FROM landed'),
      'reports/upper.sql': headed('reports/upper.sql', 'ones', 'SELECT upper(name) AS name FROM ones'),
    },
  )
  await lake.land(0, 10)
  const says = expect.objectContaining({ code: 'LAKE_SQL_INVALID', message: expect.stringContaining('upper') })
  await expect(run(lake, ['two'])).rejects.toThrow(says)
  await expect(lake.lake.report('upper', { engine: 'spark' })).rejects.toThrow(says)
  expect(starts()).toEqual([])
})

function headed(file: string, reads: string, select: string): string {
  return `-- ${file}: rows with another name; one row per row.\n--\n-- in   ${reads}   rows\n-- out  its columns\n${select}\n`
}

test('streams with other settings have a process each', async () => {
  const { python, starts } = standIn()
  const lake = await openTwoStreams({ python }, { engine: { spark: { python, driverMemory: '2GB' } } })
  await lake.land(0, 10)
  expect(await run(lake, ['one', 'two'])).toHaveLength(2)
  expect(starts()).toHaveLength(2)
})
