import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { isAlive } from '../../scripts/processes.ts'
import { Database } from '../../src/duckdb/session.ts'
import type { ProgramEngine } from '../../src/engines/program/engine.ts'
import { KeptProgram } from '../../src/engines/program/keptProgram.ts'
import { isGroupAlive } from '../../src/files/processGroup.ts'
import type { StagePlan } from '../../src/tables/engine.ts'
import { emptyPlan } from '../support/emptyPlan.ts'
import { engineMeans } from '../support/engineMeans.ts'
import { openProgram } from '../support/programEngine.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

// Engines that use one program: each has its own plans, and the program works on one plan at a time.

const ODD = fileURLToPath(new URL('../support/oddEngine.mjs', import.meta.url))
const HANGS = 'hangs at batch 1, and notes its start'

const never = new AbortController().signal

interface Users {
  readonly engines: readonly [ProgramEngine, ProgramEngine, ProgramEngine]
  readonly program: KeptProgram
  readonly folder: string
  /** The processes that have been started, the first one first. */
  starts(): number[]
  /** The plan of a batch; the first is the one at which an odd program is odd. */
  planOf(batch: number): StagePlan
}

/** Three engines that use one program, each with a log of its own. */
async function users(way: string): Promise<Users> {
  const folder = temporaryFolder()
  const database = await Database.open({ threads: 1, memoryLimit: '200MB', tempFolder: join(folder, '.temp') })
  const means = engineMeans(database, folder)
  const notes = join(folder, 'notes')
  const program = new KeptProgram('odd')
  const open = (number: number): Promise<ProgramEngine> =>
    openProgram({ ...means, logFile: join(folder, `${number}.log`) }, [process.execPath, ODD, way, notes], { program })
  const engines = [await open(0), await open(1), await open(2)] as const
  onTestFinished(async () => {
    for (const engine of engines) await engine.close()
    database.close()
  })
  const plan = emptyPlan(folder)
  return {
    engines,
    program,
    folder,
    starts: () => (existsSync(notes) ? readFileSync(notes, 'utf8').trim().split('\n').map(Number) : []),
    planOf: (batch) => ({ ...plan, batch }),
  }
}

/** Stages a batch at which the program hangs, once it is known that it does. */
async function hanging(engine: ProgramEngine, plan: StagePlan): Promise<{ ended: Promise<unknown>; stop: () => void }> {
  const abort = new AbortController()
  let ended: Promise<unknown> = Promise.resolve()
  await new Promise<void>((resolve) => {
    ended = engine.stage(plan, abort.signal, () => resolve()).catch((error: unknown) => error)
  })
  return { ended, stop: () => abort.abort() }
}

test('several engines have one process, which stays until the last of them has closed', async () => {
  const { engines, program, starts, planOf } = await users(HANGS)
  await Promise.all(engines.map((engine, index) => engine.stage(planOf(index + 2), never)))
  expect(starts()).toHaveLength(1)
  expect(engines.map(({ group }) => group)).toEqual([program.group, program.group, program.group])
  const group = program.group ?? 0
  await engines[0].close()
  await engines[0].close() // of no use to the others twice
  await engines[1].close()
  expect(isGroupAlive(group)).toBe(true)
  await expect(engines[2].stage(planOf(5), never)).resolves.toMatchObject({ engine: 'odd 5' })
  await engines[2].close()
  expect(isGroupAlive(group)).toBe(false)
  expect(starts()).toHaveLength(1)
})

test('an engine that comes after the last has closed gets a process of its own', async () => {
  const { engines, program, starts, planOf, folder } = await users(HANGS)
  await engines[0].stage(planOf(2), never)
  for (const engine of engines) await engine.close()
  expect(program.group).toBeUndefined()
  const database = await Database.open({ threads: 1, memoryLimit: '200MB', tempFolder: join(folder, '.more') })
  const command = [process.execPath, ODD, HANGS, join(folder, 'notes')]
  const late = await openProgram(engineMeans(database, folder), command, { program })
  onTestFinished(async () => {
    await late.close()
    database.close()
  })
  await late.stage(planOf(3), never)
  expect(starts()).toHaveLength(2)
})

test('a plan that comes while another is worked on waits and says so, and is answered in its turn', async () => {
  const { engines, planOf } = await users(HANGS)
  const first = await hanging(engines[0], planOf(1))
  const told: string[] = []
  const answered: number[] = []
  const waiting = [engines[1], engines[2]].map((engine, index) =>
    engine.stage(planOf(index + 2), never, (text) => told.push(text)).then(() => answered.push(index + 2)),
  )
  expect(told).toEqual(['waits until odd is free', 'waits until odd is free'])
  first.stop()
  await Promise.all(waiting)
  expect(answered).toEqual([2, 3])
})

test('a check waits as a stage does', async () => {
  const { engines, planOf } = await users(HANGS)
  const first = await hanging(engines[0], planOf(1))
  const told: string[] = []
  const { version, shape } = planOf(1)
  const check = { version, shape, inputKind: 'table', variables: {} } as const
  const checked = engines[1].check(check, never, (text) => told.push(text))
  expect(told).toEqual(['waits until odd is free'])
  first.stop()
  await expect(checked).resolves.toBeUndefined()
})

test('a plan that is given up while it waits disturbs neither the one that is worked on nor those behind it', async () => {
  const { engines, program, planOf, starts } = await users(HANGS)
  const first = await hanging(engines[0], planOf(1))
  const { group } = program
  const abort = new AbortController()
  const given = engines[1].stage(planOf(2), abort.signal)
  const behind = engines[2].stage(planOf(3), never)
  abort.abort()
  await expect(given).rejects.toMatchObject({
    code: 'LAKE_ENGINE_FAILED',
    message: 'odd works on something else, and the wait for it was stopped.',
    state: 'Nothing was published.',
    canRetry: true,
  })
  expect(program.group).toBe(group)
  expect(isGroupAlive(group ?? 0)).toBe(true)
  first.stop()
  await expect(behind).resolves.toMatchObject({ engine: 'odd 3' })
  expect(starts()).toHaveLength(2)
})

test('a plan that is given up while it is worked on ends the process, and those that wait go to another', async () => {
  const { engines, program, planOf, starts } = await users(HANGS)
  const first = await hanging(engines[0], planOf(1))
  const group = program.group ?? 0
  const second = engines[1].stage(planOf(2), never)
  first.stop()
  expect(await first.ended).toMatchObject({ message: 'odd was told to stop, and has ended without an answer.' })
  expect(isGroupAlive(group)).toBe(false)
  await expect(second).resolves.toMatchObject({ engine: 'odd 2' })
  expect(starts()).toHaveLength(2)
})

test('a process that is killed fails the plan that it works on alone, and both can be asked again', async () => {
  const { engines, planOf, starts } = await users('is killed at batch 1, and notes its start')
  const outcomes = await Promise.allSettled([
    engines[0].stage(planOf(1), never),
    engines[1].stage(planOf(2), never),
    engines[2].stage(planOf(1), never),
  ])
  const killed = { status: 'rejected', reason: { code: 'LAKE_ENGINE_FAILED', canRetry: true } }
  expect(outcomes).toMatchObject([killed, { status: 'fulfilled' }, killed])
  await expect(engines[0].stage(planOf(3), never)).resolves.toMatchObject({ files: [] })
  expect(starts()).toHaveLength(3)
})

test('the log is that of the engine whose plan started the process', async () => {
  const { engines, planOf, folder } = await users('lost its workers')
  for (const [index, engine] of engines.entries()) {
    await expect(engine.stage(planOf(1), never)).rejects.toThrow(`its log, ${folder}/${index}.log`)
  }
})

test('an engine that is closed while its process starts leaves none', async () => {
  const { engines, program, planOf, starts } = await users(HANGS)
  const staged = engines[0].stage(planOf(2), never).catch((error: unknown) => error)
  for (const engine of engines) await engine.close()
  expect(await staged).toMatchObject({ code: 'LAKE_ENGINE_FAILED' })
  expect(program.group).toBeUndefined()
  expect(starts().filter(isAlive)).toEqual([])
})
