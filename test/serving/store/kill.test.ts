import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { FEWER_MODELS, KeptLake, MODELS, OTHER_MODELS } from '../../support/keptLake.ts'
import { runsOr, seedOr } from '../../support/longRuns.ts'
import { seededRandom } from '../../support/random.ts'
import { rawSql } from '../../support/sql.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'

/** How many processes are killed; a long run takes more. */
const KILLS = runsOr(5)
const BATCHES_A_KILL = 6
const ROWS = 200

const JITI = fileURLToPath(new URL('../../../node_modules/jiti/lib/jiti-cli.mjs', import.meta.url))
const PROGRAM = fileURLToPath(new URL('../../support/keepBatches.ts', import.meta.url))

/** Rows of which many have the same keys, at times that go forwards and back. */
function rowsOf(batch: number, random: () => number): string[] {
  const pick = (count: number) => Math.floor(random() * count)
  return Array.from({ length: ROWS }, () => {
    const second = String(pick(60)).padStart(2, '0')
    const minute = String(Math.max(0, batch - pick(3)) % 60).padStart(2, '0')
    return `('2026-11-22 10:${minute}:${second}+00', ${pick(1000)}, 'K${pick(3)}', 'm${pick(400)}', 'P${pick(2)}', ${2000 + pick(3)}, ${pick(9)}, ${pick(500)} / 100)`
  })
}

/** Runs the program, and kills it at the line of this number that it says. @returns what it said */
async function killedAt(folder: string, line: number, models = ''): Promise<string[]> {
  const child = spawn(process.execPath, [JITI, PROGRAM, folder, models], { stdio: ['ignore', 'pipe', 'inherit'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  const ended = once(child, 'exit')
  const said: string[] = []
  for await (const spoken of createInterface(child.stdout)) {
    said.push(spoken)
    if (said.length === line) child.kill('SIGKILL')
  }
  const [code, signal] = await ended
  expect(code === 0 || signal === 'SIGKILL', `${code} ${signal}`).toBe(true)
  return said
}

test('a store that is killed at any moment has one batch whole, and the next process goes on', {
  timeout: 600_000,
}, async () => {
  const random = seededRandom(seedOr(7))
  const lake = await KeptLake.make(temporaryFolder())
  for (let batch = 1; batch <= KILLS * BATCHES_A_KILL; batch++) await lake.add(rowsOf(batch, random))
  for (let kill = 1; kill <= KILLS; kill++) {
    const said = await killedAt(lake.folder, 1 + Math.floor(random() * 2 * BATCHES_A_KILL))
    const done = Math.max(0, ...said.map((line) => Number(/^done (\d+)$/.exec(line)?.[1] ?? 0)))
    await lake.open()
    const batch = lake.takenBatch
    expect(batch).toBeGreaterThanOrEqual(done)
    if (batch > 0) expect(await lake.differences(batch)).toEqual([])
    const session = await lake.connect()
    const [row] = await session.rows(
      rawSql`SELECT count(*) AS n, count(DISTINCT batch) AS distinct, max(batch) AS last FROM live.batches`,
    )
    expect(row).toEqual({ n: batch, distinct: batch, last: batch === 0 ? null : batch })
    session.close()
    await lake.close()
  }
  const said = await killedAt(lake.folder, Number.POSITIVE_INFINITY)
  expect(said.at(-1)).toBe('end')
  await lake.open()
  expect(lake.takenBatch).toBe(lake.files.length)
  expect(await lake.differences()).toEqual([])
  await lake.end()
})

test('a store that is killed while its models are built has those whole that it shows, and the next process builds the rest', {
  timeout: 600_000,
}, async () => {
  const random = seededRandom(seedOr(9))
  const lake = await KeptLake.make(temporaryFolder())
  for (let batch = 1; batch <= 5; batch++) await lake.add(rowsOf(batch, random))
  await lake.open()
  await lake.take()
  await lake.close()
  for (let kill = 1; kill <= KILLS; kill++) {
    // Every second one changes all models back, so that each process has some to build.
    const models = kill % 2 === 1 ? 'other' : ''
    for (let batch = 1; batch <= 4; batch++) await lake.add(rowsOf(5 + batch, random))
    await killedAt(lake.folder, 1 + Math.floor(random() * 10), models)
    await lake.setModels(models === 'other' ? { ...MODELS, ...OTHER_MODELS } : MODELS)
    await lake.openUnsettled()
    expect(await lake.differences(lake.takenBatch)).toEqual([])
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
    await lake.close()
  }
  await lake.end()
})

test('a store that is killed while its first rows are made anew has the old ones or the new, and the next process makes them', {
  timeout: 600_000,
}, async () => {
  const random = seededRandom(seedOr(11))
  const lake = await KeptLake.make(temporaryFolder(), { models: { all_rows: MODELS.all_rows ?? '' } })
  for (let batch = 1; batch <= 5; batch++) await lake.add(rowsOf(batch, random))
  await lake.open()
  await lake.take()
  for (let kill = 1; kill <= KILLS; kill++) {
    // First rows that nobody reads go, and those that are made then have few columns.
    await lake.setModels({ all_rows: MODELS.all_rows ?? '' })
    await lake.reopen()
    await lake.setModels(FEWER_MODELS)
    await lake.reopen()
    await lake.close()
    for (let batch = 1; batch <= 8; batch++) await lake.add(rowsOf(5 + batch, random))
    await killedAt(lake.folder, 2 + Math.floor(random() * 12))
    await lake.setModels(MODELS)
    await lake.openUnsettled()
    expect(await lake.differences(lake.takenBatch)).toEqual([])
    const session = await lake.connect()
    const states = rawSql`SELECT table_name AS name FROM duckdb_tables() WHERE schema_name = 'relations'`
    expect(await session.rows(states)).toEqual([{ name: 'first_events' }])
    session.close()
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
  }
  await lake.end()
})

/** Runs the program where no file may grow beyond so many kilobytes, as on a disk that is full. */
async function runBounded(folder: string, kilobytes: number): Promise<{ said: string[]; errors: string }> {
  const command = `trap '' XFSZ; ulimit -f ${kilobytes}; exec "$@"`
  const child = spawn('bash', ['-c', command, 'bash', process.execPath, JITI, PROGRAM, folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [said, errors] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { said: said.trim().split('\n'), errors }
}

test('a store whose disk is full keeps what it has, says so, and goes on once there is room', async () => {
  const random = seededRandom(seedOr(8))
  const lake = await KeptLake.make(temporaryFolder())
  for (let batch = 1; batch <= 12; batch++) await lake.add(rowsOf(batch, random))
  const { said, errors } = await runBounded(lake.folder, 600)
  expect(said.at(-1)).toMatch(/^(begin|tidy) /)
  expect(errors).toContain('File too large')
  await lake.open()
  const done = said.filter((line) => line.startsWith('done')).length
  expect(lake.takenBatch).toBeGreaterThanOrEqual(done)
  expect(await lake.differences(lake.takenBatch)).toEqual([])
  expect(await lake.take()).toMatchObject({ kind: 'written' })
  expect(await lake.differences()).toEqual([])
  await lake.end()
})
