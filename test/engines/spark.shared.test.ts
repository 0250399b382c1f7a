import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test, vi } from 'vitest'
import { descendants } from '../../scripts/processes.ts'
import type { BoundEngine } from '../../src/engines/kind.ts'
import { SharedPrograms } from '../../src/engines/program/keptProgram.ts'
import { SparkEngine } from '../../src/engines/spark/engine.ts'
import type { SparkLaunch } from '../../src/engines/spark/launch.ts'
import type { BatchProgress } from '../../src/stream/progress.ts'
import { describeWith } from '../support/optionalTool.ts'
import { hasSpark, SPARK_NEED, SPARK_PYTHON } from '../support/spark.ts'
import { type EngineOptions, TestEngine } from '../support/stagedRows.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { openTwoStreams } from '../support/twoStreams.ts'

// What uses Spark at the same time with the same settings has one driver, and nothing of each other.

/** A session starts in seconds, on a machine that has nothing else to do. */
const LONG_MS = 600_000

const PLACE = { master: 'local[2]', python: SPARK_PYTHON }
const LAUNCH: SparkLaunch = { ...PLACE, arguments: [], driverMemoryBytes: 1e9, startSeconds: 300 }

/** The drivers that this process has started. */
function drivers(): number[] {
  return descendants(process.pid, /java .*SparkSubmit/)
}

describeWith(hasSpark, SPARK_NEED, 'one session of Spark', () => {
  vi.setConfig({ testTimeout: LONG_MS })

  test('is for two streams of a run and for a report beside them, and ends with the last', async () => {
    const { lake, land } = await openTwoStreams({ ...PLACE, driverMemory: '1GB' })
    await land(0, 1_000)
    const stop = new AbortController()
    const batches: BatchProgress[] = []
    const seen = new Set<number>()
    let onBoth = (): void => undefined
    const both = new Promise<void>((resolve) => (onBoth = () => resolve()))
    const running = lake.run({
      streams: ['one', 'two'],
      signal: stop.signal,
      onBatch: (batch) => {
        batches.push(batch)
        for (const driver of drivers()) seen.add(driver)
        if (batches.length === 2) onBoth()
      },
    })
    await Promise.race([both, running])
    const told: string[] = []
    const report = await lake.report('counted', { engine: 'spark', onProgress: (text) => told.push(text) })
    expect(report.rows).toEqual([
      ['ones', 1_000],
      ['twos', 1_000],
    ])
    expect(report.rows).toEqual((await lake.report('counted')).rows)
    expect(told[0]).toBe('starting spark')
    for (const driver of drivers()) seen.add(driver)
    expect(seen.size).toBe(1)
    expect(new Set(drivers())).toEqual(seen)
    stop.abort()
    await running
    await vi.waitFor(() => expect(drivers()).toEqual([]), 10_000)
    expect(batches.map(({ engine }) => engine)).toEqual(batches.map(() => expect.stringMatching(/^spark 4\.\d/)))
    expect(await lake.validate({ deep: true })).toMatchObject({ ok: true, pending: 0 })
  })

  test('keeps apart what batches of several streams call by one name', async () => {
    const programs = new SharedPrograms()
    const engine: Pick<BoundEngine, 'open'> = {
      open: (means) => SparkEngine.open({ ...means, programs }, LAUNCH),
    }
    const opened = async (options: Omit<EngineOptions, 'engine'>, csv?: string): Promise<TestEngine> => {
      const folder = temporaryFolder()
      if (csv !== undefined) writeFileSync(join(folder, 'names.csv'), csv)
      return TestEngine.open(folder, { ...options, engine })
    }
    const named: Omit<EngineOptions, 'engine'> = {
      columns: { id: 'BIGINT' },
      select: 'SELECT r.id, n.name FROM input_rows AS r LEFT JOIN names AS n USING (id)',
      references: [{ name: 'names', columns: { id: 'BIGINT', name: 'VARCHAR' }, key: 'id' }],
      tables: [{ name: 't', columns: { id: 'BIGINT', name: 'VARCHAR' } }],
    }
    const first = await opened(named, 'id,name\n1,one\n')
    const second = await opened(named, 'id,name\n1,eins\n')
    const columns = { word: 'VARCHAR', at: 'TIMESTAMPTZ' }
    const other = await opened({ columns, tables: [{ name: 't', columns }] })
    for (let round = 0; round < 2; round++) {
      const staged = await Promise.all([
        first.stage('SELECT 1::BIGINT AS id'),
        second.stage('SELECT 1::BIGINT AS id'),
        other.stage("SELECT 'a' AS word, TIMESTAMPTZ '2026-11-22 10:00:00Z' AS at"),
      ])
      expect(await first.rowsIn(staged[0], 'id, name')).toEqual([{ id: 1, name: 'one' }])
      expect(await second.rowsIn(staged[1], 'id, name')).toEqual([{ id: 1, name: 'eins' }])
      expect(await other.rowsIn(staged[2], 'word')).toEqual([{ word: 'a' }])
    }
    expect(drivers()).toHaveLength(1)
    // A reference of another stream is not there.
    await expect(opened({ ...named, references: [] })).rejects.toThrow('TABLE_OR_VIEW_NOT_FOUND')
  })
})
