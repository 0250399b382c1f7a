import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { Database } from '../../src/duckdb/session.ts'
import type { ProgramEngine } from '../../src/engines/program/engine.ts'
import { isGroupAlive } from '../../src/files/processGroup.ts'
import { type Clock, systemClock } from '../../src/stream/clock.ts'
import { CONTRACT_VERSION, type StagePlan } from '../../src/tables/engine.ts'
import { emptyPlan, ID_SHAPE } from '../support/emptyPlan.ts'
import { engineMeans } from '../support/engineMeans.ts'
import { openProgram } from '../support/programEngine.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

// How a program that is an engine is started, asked, watched, stopped and ended. What it does is up to its first word.

const JITI = fileURLToPath(new URL('../../node_modules/jiti/lib/jiti-cli.mjs', import.meta.url))
const HOLDER = fileURLToPath(new URL('../support/engineHolder.ts', import.meta.url))
const ODD = fileURLToPath(new URL('../support/oddEngine.mjs', import.meta.url))

interface Odd {
  readonly engine: ProgramEngine
  readonly folder: string
  readonly logFile: string
  /** The file in which it leaves the id of a process that it has started. */
  readonly notes: string
  readonly plan: StagePlan
}

async function odd(way: string, command?: readonly string[], clock: Clock = systemClock): Promise<Odd> {
  const folder = temporaryFolder()
  const database = await Database.open({ threads: 1, memoryLimit: '200MB', tempFolder: join(folder, '.temp') })
  const means = engineMeans(database, folder)
  const notes = join(folder, 'notes')
  const engine = await openProgram(means, command ?? [process.execPath, ODD, way, notes], { name: 'odd', clock })
  onTestFinished(async () => {
    await engine.close()
    database.close()
  })
  return { engine, folder, logFile: means.logFile, notes, plan: emptyPlan(folder) }
}

const never = new AbortController().signal

describe('a program that', () => {
  test.each([
    {
      way: 'says no JSON',
      code: 'LAKE_VALUE_UNEXPECTED',
      says: 'odd said "Reading 3 files", which is not a JSON object.',
      remedy: 'A program may write only its answers and its progress to stdout, a line each: all else goes to stderr.',
    },
    { way: 'says a list', code: 'LAKE_VALUE_UNEXPECTED', says: 'odd said "[]", which is not a JSON object.' },
    {
      way: 'says nothing and ends',
      code: 'LAKE_ENGINE_FAILED',
      says: 'odd ended with exit code 0 without an answer. It wrote nothing to its log, ',
      canRetry: true,
    },
    {
      way: 'ends with an error',
      code: 'LAKE_ENGINE_FAILED',
      says: 'engine.log, ends with:\n  Traceback:\n  ValueError: no such thing',
      canRetry: true,
    },
    {
      way: 'is killed',
      code: 'LAKE_ENGINE_FAILED',
      says: 'odd ended by SIGKILL without an answer.',
      remedy: 'Somebody killed it: often the system, because memory ran out. It is started again for the next batch.',
      canRetry: true,
    },
    {
      way: 'is cut off',
      code: 'LAKE_ENGINE_FAILED',
      says: 'odd ended with exit code 0 in the middle of a line.',
      canRetry: true,
    },
    {
      way: 'answers another version',
      code: 'LAKE_VALUE_UNEXPECTED',
      says: 'the answer of odd is of version 2, not 1.',
    },
    {
      way: 'answers without a version',
      code: 'LAKE_VALUE_UNEXPECTED',
      says: 'the answer of odd is of version undefined, not 1.',
    },
    {
      way: 'answers without files',
      code: 'LAKE_VALUE_UNEXPECTED',
      says: 'the answer of odd: files is missing',
    },
    {
      way: 'tells of progress in numbers',
      code: 'LAKE_VALUE_UNEXPECTED',
      says: 'odd told of progress that is no text.',
    },
    {
      way: 'lost its workers',
      code: 'LAKE_ENGINE_FAILED',
      says: 'all workers are gone. It wrote nothing to its log, ',
      canRetry: true,
    },
  ])('$way fails with $code, and a new one is asked next', async ({ way, code, says, remedy, canRetry = false }) => {
    const { engine, plan } = await odd(way)
    await engine.check({ version: CONTRACT_VERSION, shape: ID_SHAPE, inputKind: 'table', variables: {} })
    const before = engine.group
    const failed = engine.stage(plan, never)
    await expect(failed).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(says), canRetry }),
    )
    await expect(failed).rejects.toMatchObject({ state: 'Nothing was published.' })
    if (remedy !== undefined) await expect(failed).rejects.toMatchObject({ remedy })
    expect(isGroupAlive(before ?? 0)).toBe(way.startsWith('answers '))
    await engine.check({ version: CONTRACT_VERSION, shape: ID_SHAPE, inputKind: 'table', variables: {} })
    expect(engine.group).toBeGreaterThan(0)
  })

  test('answers twice is not believed any more', async () => {
    const { engine, plan } = await odd('answers twice')
    const outcomes = await Promise.allSettled([engine.stage(plan, never)])
    // Whether the second answer comes before the next question is a matter of chance; then the first one counts.
    await vi.waitFor(() => expect(engine.group).toBeUndefined())
    expect(outcomes[0]?.status).toBe('fulfilled')
    await expect(engine.stage(plan, never)).resolves.toMatchObject({ files: [] })
  })

  test('fails with a code of the system passes it on, and says where its log is', async () => {
    const { engine, plan, logFile } = await odd('has no room')
    const before = await engine.stage(plan, never).catch((error: unknown) => error)
    expect(before).toMatchObject({ code: 'ENOSPC', message: `No space left on device\nIts log: ${logFile}` })
    expect(engine.group).toBeGreaterThan(0)
  })

  test('ran out of memory is started again: it may be ending by itself', async () => {
    const { engine, plan } = await odd('has no memory and ends')
    for (let batch = 1; batch <= 3; batch++) {
      await expect(engine.stage(plan, never)).rejects.toMatchObject({ code: 'ENOMEM', remedy: 'Give it more.' })
    }
  })

  test('floods its log has a new one for the next batch, and the end of the one before beside it', async () => {
    const { engine, plan, logFile } = await odd('floods its log')
    for (let batch = 1; batch <= 3; batch++) {
      await engine.stage(plan, never)
      expect(statSync(logFile).size).toBe(2_000_012)
    }
    expect(statSync(`${logFile}.old`).size).toBe(1_000_000)
    expect(readFileSync(`${logFile}.old`, 'utf8').slice(-11)).toBe('last words\n')
  })

  test('tells of progress and of its name is heard while it works', async () => {
    const { engine, plan } = await odd('tells of progress')
    const told: string[] = []
    await engine.stage(plan, never, (text) => told.push(text))
    expect(told).toEqual(['1 of 2 tasks', '2 of 2 tasks', 'ünïcödé'])
    const named = await odd('says its name')
    expect(named.engine.name).toBe('odd')
    await expect(named.engine.stage(named.plan, never)).resolves.toMatchObject({ engine: 'odd 7' })
    expect(named.engine.name).toBe('odd 7')
    const greeting = await odd('speaks before its answer')
    await greeting.engine.check({ version: CONTRACT_VERSION, shape: ID_SHAPE, inputKind: 'table', variables: {} })
    expect(greeting.engine.name).toBe('odd 8')
  })

  test('answers a byte at a time is understood', async () => {
    const { engine, plan } = await odd('answers in pieces')
    await expect(engine.stage(plan, never)).resolves.toMatchObject({ engine: 'odd é✓' })
  })

  test('ends between batches is started again, each time', async () => {
    const { engine, plan } = await odd('ends after each answer')
    for (let batch = 1; batch <= 3; batch++) {
      await expect(engine.stage(plan, never)).resolves.toMatchObject({ engine: 'odd 1' })
      await vi.waitFor(() => expect(engine.group).toBeUndefined())
    }
  })

  test.each(['odd-engine-that-is-not-there', './not-here.py'])('%s is not there is named', async (command) => {
    const { engine, plan } = await odd('', [command])
    await expect(engine.stage(plan, never)).rejects.toThrow(
      expect.objectContaining({
        code: 'LAKE_PACKAGE_MISSING',
        message: expect.stringContaining(`odd needs the program ${command}, which was not found.`),
        remedy: 'Install it, or write where it is into the config.',
      }),
    )
  })

  test('may not be run is named, and a relative path begins where the config is', async () => {
    const { engine, plan, folder } = await odd('', ['./engine.py'])
    writeFileSync(join(folder, 'engine.py'), '', { mode: 0o644 })
    await expect(engine.stage(plan, never)).rejects.toThrow('odd needs the program ./engine.py, which may not be run.')
  })
})

/** Whether a process is there and is not only waited for. */
function isAlive(id: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${id}/status`, 'utf8'))
  } catch {
    return false
  }
}

function noted(file: string): number {
  return existsSync(file) ? Number(readFileSync(file, 'utf8')) : 0
}

describe('a process that a program has started', () => {
  test('is gone once a stage that was abandoned has failed', async () => {
    const { engine, plan, notes } = await odd('hangs with a child')
    const abort = new AbortController()
    const staged = engine.stage(plan, abort.signal, () => abort.abort())
    await expect(staged).rejects.toThrow('odd was told to stop, and has ended without an answer.')
    expect(noted(notes)).toBeGreaterThan(0)
    expect(isAlive(noted(notes))).toBe(false)
    expect(engine.group).toBeUndefined()
  })

  test('is gone once the program has ended', async () => {
    const { engine, plan, notes } = await odd('leaves a child')
    await expect(engine.stage(plan, never)).rejects.toThrow('odd ended with exit code 1 without an answer.')
    expect(isAlive(noted(notes))).toBe(false)
  })

  test('and that has left its group does not keep us waiting', async () => {
    const { engine, plan, notes } = await odd('leaves a child that has its own group')
    await expect(engine.stage(plan, never)).rejects.toThrow('odd ended with exit code 1 without an answer.')
    process.kill(noted(notes))
  })
})

test('a program that stays when its stdin has ended is killed', async () => {
  const hasty: Clock = { ...systemClock, after: (_, action) => systemClock.after(50, action) }
  const { engine, plan } = await odd('stays when its stdin ends', undefined, hasty)
  await engine.stage(plan, never)
  const group = engine.group ?? 0
  await engine.close()
  expect(isGroupAlive(group)).toBe(false)
})

test('a program ends with us when we are killed, with all that it has started, whatever it is doing', async () => {
  const folder = temporaryFolder()
  const notes = join(folder, 'notes')
  const holder = spawn(process.execPath, [JITI, HOLDER, folder, process.execPath, ODD, 'hangs with a child', notes], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = await once(holder.stdout, 'data')
  const group = Number(String(line))
  expect(isGroupAlive(group)).toBe(true)
  expect(isAlive(noted(notes))).toBe(true)
  holder.kill('SIGKILL')
  await vi.waitFor(() => expect([isGroupAlive(group), isAlive(noted(notes))]).toEqual([false, false]), 10_000)
}, 60_000)
