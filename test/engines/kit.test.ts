import { appendFileSync, readdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, test } from 'vitest'
import { duckdbEngine } from '../../src/engines/duckdb/kind.ts'
import { kitCases } from '../../src/engines/kit/cases/index.ts'
import type { Engine, StagedFile, StagePlan, StageResult } from '../../src/tables/engine.ts'
import { changedEngine, openKit } from '../support/kitRun.ts'

test('DuckDB in this process passes every case, and nothing is left', async () => {
  const { folder, means, run } = await openKit()
  const report = await run(() => duckdbEngine.open(means))
  expect(report.cases.filter(({ outcome }) => outcome !== 'passed')).toEqual([])
  expect(report).toMatchObject({ ok: true, engine: expect.stringMatching(/^duckdb \d/), passed: kitCases.length })
  expect(readdirSync(folder)).toEqual([])
})

/** An engine whose every result is changed. */
function lying(change: (result: StageResult, plan: StagePlan) => StageResult): (engine: Engine) => Partial<Engine> {
  return (engine) => ({ stage: async (plan, signal) => change(await engine.stage(plan, signal), plan) })
}

/** The same, for what is said of each file. */
function saying(change: (file: StagedFile, path: string) => Partial<StagedFile>): (engine: Engine) => Partial<Engine> {
  return lying(({ files, ...result }, { stagingFolder }) => ({
    ...result,
    files: files.map((file) => ({ ...file, ...change(file, join(stagingFolder, file.path)) })),
  }))
}

const ONE = 'takes *, [, ?'

const FAULTS: readonly {
  readonly what: string
  readonly engine: (engine: Engine) => Partial<Engine>
  /** The case that finds it. */
  readonly only: string
  readonly says: string
}[] = [
  {
    what: 'counts rows wrongly',
    engine: saying(({ rows }) => ({ rows: rows + 1 })),
    only: ONE,
    says: 'has 6 rows, not 7.',
  },
  { what: 'knows a wrong size', engine: saying(({ bytes }) => ({ bytes: bytes - 1 })), only: ONE, says: 'bytes, not ' },
  {
    what: 'leaves a file out',
    engine: lying((result) => ({ ...result, files: [] })),
    only: ONE,
    says: 'the files of table t lack 6 rows, such as {',
  },
  {
    what: 'names a file outside of its folder',
    engine: saying(({ path }) => ({ path: `../${path}` })),
    only: ONE,
    says: 'files[0].path is "../',
  },
  {
    what: 'names a file that is not there',
    engine: saying((_, path) => {
      rmSync(path)
      return {}
    }),
    only: ONE,
    says: 'there is no file kit-0000000001-00000001-0.parquet in the staging folder.',
  },
  {
    what: 'stages a link',
    engine: saying((_, path) => {
      rmSync(path)
      symlinkSync('/dev/null', path)
      return {}
    }),
    only: ONE,
    says: 'is not a file but a link.',
  },
  {
    what: 'stages half a file',
    engine: saying((_, path) => {
      truncateSync(path, 100)
      return { bytes: 100 }
    }),
    only: ONE,
    says: 'cannot be read: it has no footer: it was cut off, or is not finished.',
  },
  {
    what: 'knows a wrong lowest value',
    engine: saying(({ columns }) => ({
      columns: { id: { nulls: 0, bounds: { min: '1', max: columns.id?.bounds?.max ?? '' } } },
    })),
    only: ONE,
    says: 'the bounds of id in kit-0000000001-00000001-0.parquet have "1" as min, but it is "0".',
  },
  {
    what: 'counts NULLs wrongly',
    engine: saying(() => ({ columns: { x: { nulls: 0, bounds: null } } })),
    only: 'every value of TINYINT',
    says: 'x is NULL in 1 rows of kit-',
  },
  {
    what: 'has bounds of NaN',
    engine: saying(() => ({ columns: { x: { nulls: 1, bounds: { min: '1', max: '2' } } } })),
    only: 'infinite values of DOUBLE',
    says: 'should be null: a value is NaN, infinite or beyond the years.',
  },
  {
    what: 'knows a wrong value of a folder',
    engine: saying(({ partitionValues }) => ({ partitionValues: { k: `${partitionValues.k} ` } })),
    only: 'after any text',
    says: ', but its value of k is "',
  },
  {
    what: 'writes beside its folder',
    engine: lying((result, { stagingFolder }) => {
      writeFileSync(join(dirname(stagingFolder), 'log.txt'), '')
      return result
    }),
    only: ONE,
    says: 'it wrote staging/log.txt, which is not in its staging folder.',
  },
  {
    what: 'clears the folder of an earlier attempt',
    engine: lying((result, { stagingFolder, batch }) => {
      rmSync(join(dirname(stagingFolder), String(batch - 1)), { recursive: true, force: true })
      return result
    }),
    only: 'stages without an earlier check',
    says: 'it removed staging/1, which is not in its staging folder.',
  },
  {
    what: 'changes its input',
    engine: lying((result, { input }) => {
      if (input.kind === 'table') appendFileSync(input.files[0] ?? '', 'more')
      return result
    }),
    only: ONE,
    says: 'it changed input/a[1].parquet, which is not in its staging folder.',
  },
  {
    what: 'takes plans of any version',
    engine: (engine) => ({ stage: (plan, signal) => engine.stage({ ...plan, version: 1 }, signal) }),
    only: 'of a version that it does not know',
    says: 'it answered with a result, not with a failure.',
  },
  {
    what: 'has another code for a stray row',
    engine: (engine) => ({
      stage: (plan, signal) => engine.stage(plan, signal).catch(() => Promise.reject(new Error('a stray row'))),
    }),
    only: "destination 'elsewhere', with tables alike",
    says: 'its failure has the code null, not LAKE_SPLIT_FAILED: a stray row.',
  },
  {
    what: 'keeps the references of its first batch',
    engine: (engine) => {
      let first: StageResult['references'] | undefined
      return {
        stage: async (plan, signal) => {
          const result = await engine.stage(plan, signal)
          first ??= result.references
          return { ...result, references: first }
        },
      }
    },
    only: 'once its bytes have changed',
    says: 'but the SHA-256 of the file is',
  },
  {
    what: 'writes on after it was killed',
    engine: (engine) => {
      const killed: string[] = []
      return {
        stage: async (plan, signal) => {
          const [only] = killed
          if (only !== undefined && killed.length === 1) writeFileSync(join(only, 'late.parquet'), '')
          try {
            return await engine.stage(plan, signal)
          } catch (error) {
            killed.push(plan.stagingFolder)
            throw error
          }
        },
      }
    },
    only: 'when it is killed',
    says: 'after it was killed, something went on writing into the staging folder.',
  },
]

test.each(FAULTS)('an engine that $what is found out, and told so in a sentence', async ({ engine, only, says }) => {
  const { means, run } = await openKit()
  const { ok, cases } = await run(() => changedEngine(means, engine), { only })
  expect(cases).toEqual([expect.objectContaining({ outcome: 'failed', reason: expect.stringContaining(says) })])
  expect(ok).toBe(false)
})

test('a kind of input that an engine refuses at its check is not supported, and not a failure', async () => {
  const { means, run } = await openKit()
  const refusing = (engine: Engine): Partial<Engine> => ({
    check: (plan) =>
      plan.inputKind === 'spooled' ? Promise.reject(new Error('spooled files are not read here')) : engine.check(plan),
  })
  const report = await run(() => changedEngine(means, refusing), { only: 'makes no file of' })
  expect(report).toMatchObject({ ok: true, passed: 2, failed: 0, notSupported: 1 })
  expect(report.cases.find(({ outcome }) => outcome === 'not supported')).toMatchObject({
    does: 'makes no file of no file',
    reason: 'spooled files are not read here',
  })
  const nothing = (): Partial<Engine> => ({ check: () => Promise.reject(new Error('no')) })
  expect(await run(() => changedEngine(means, nothing), { only: 'makes no file of' })).toMatchObject({
    ok: false,
    passed: 0,
  })
})

test('an engine that does not answer is given up, and started anew for the next case', async () => {
  const { means, run } = await openKit()
  let opened = 0
  let closed = 0
  const open = (): Promise<Engine> => {
    opened += 1
    const isFirst = opened === 1
    return changedEngine(means, (engine) => ({
      stage: (plan, signal) => (isFirst ? new Promise(() => undefined) : engine.stage(plan, signal)),
      close: () => {
        closed += 1
        return engine.close()
      },
    }))
  }
  const { cases } = await run(open, { only: 'input.storedAs', patienceMs: 300 })
  expect(cases).toMatchObject([{ outcome: 'failed', reason: 'it did not answer in 0.3 seconds.' }])
  expect(await run(open, { only: 'input.storedAs' })).toMatchObject({ ok: true, passed: 1 })
  expect({ opened, closed }).toEqual({ opened: 2, closed: 2 })
})

test('a text that no case has is refused', async () => {
  const { means, run } = await openKit()
  await expect(run(() => duckdbEngine.open(means), { only: 'nothing like it' })).rejects.toThrow(
    expect.objectContaining({ code: 'LAKE_ARGUMENT_INVALID' }),
  )
})
