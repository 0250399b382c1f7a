import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Database } from '../../src/duckdb/session.ts'
import { text } from '../../src/duckdb/sql/literals.ts'
import { LakeError } from '../../src/errors.ts'
import type { Engine, QueryPlan, StagedFile, StagePlan, StageResult } from '../../src/tables/engine.ts'
import { assertAnswered, checkedQueryAnswer } from '../../src/tables/engineAnswer.ts'
import { engineMeans } from '../support/engineMeans.ts'
import { duckdbThroughJson } from '../support/jsonEngine.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const PAGE = readFileSync(new URL('../../docs/engine.md', import.meta.url), 'utf8')

/** The plan, the result and the failure that the page shows, and a query with its answer. */
const [PLAN = '', RESULT = '', FAILURE = '', QUERY = '', ANSWER = ''] = [...PAGE.matchAll(/```json\n(.*?)```/gs)].map(
  ([, json = '']) => json,
)

const COUNTRIES = 'country_id,country\n1,Brazil\n2,Spain\n'

const ORDERS = rawSql`SELECT id, ordered_at, country_id, amount FROM (VALUES
  (1::BIGINT, TIMESTAMPTZ '2026-11-22 09:59:59.123456Z', 1::INTEGER, 700::DECIMAL(9,2)),
  (2, TIMESTAMPTZ '2026-11-22 08:00:00Z', 3, -0.05),
  (3, TIMESTAMPTZ '2026-11-21 23:00:00Z', 2, 1.5)) AS v(id, ordered_at, country_id, amount)`

async function openEngine(): Promise<{ readonly engine: Engine; readonly plan: StagePlan }> {
  const folder = temporaryFolder()
  const plan: StagePlan = JSON.parse(PLAN.replaceAll(/"\/(lake|etl)\//g, `"${folder}/$1/`))
  const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder: join(folder, '.temp') })
  const session = await database.connect()
  const engine = await duckdbThroughJson.open(engineMeans(database, folder))
  onTestFinished(async () => {
    session.close()
    await engine.close()
    database.close()
  })
  if (plan.input.kind !== 'table') throw new Error(`an input of kind ${plan.input.kind}`)
  const [orders = ''] = plan.input.files
  const [countries] = plan.shape.references
  for (const file of [orders, countries?.file ?? '']) mkdirSync(dirname(file), { recursive: true })
  await session.run(rawSql`COPY (${ORDERS}) TO ${text(orders)} (FORMAT parquet)`)
  writeFileSync(countries?.file ?? '', COUNTRIES)
  mkdirSync(plan.stagingFolder, { recursive: true })
  return { engine, plan }
}

/** Without what is drawn anew for each file and what other versions of DuckDB write in more or fewer bytes. */
function comparable({ files, ...result }: StageResult): object {
  const withoutChance = files.map(({ path, bytes, ...file }: StagedFile) => ({
    ...file,
    path: path.replace(/[0-9a-f-]{36}(?=\.parquet$)/, 'uuid'),
    bytes: typeof bytes,
  }))
  return { ...result, files: withoutChance.sort((one, other) => (one.path < other.path ? -1 : 1)) }
}

test('the plan of docs/engine.md makes the result that stands below it', async () => {
  const { engine, plan } = await openEngine()
  await engine.check({ version: plan.version, shape: plan.shape, inputKind: plan.input.kind, variables: {} })
  const result = await engine.stage(plan, new AbortController().signal)
  expect(comparable(result)).toEqual(comparable(JSON.parse(RESULT)))
})

test('the failure of docs/engine.md is read as what it says', () => {
  const { error } = JSON.parse(FAILURE)
  expect(() => assertAnswered('toy 1', JSON.parse(FAILURE))).toThrow(
    expect.objectContaining({ code: error.code, message: error.message, remedy: error.remedy }),
  )
  expect(() => assertAnswered('toy 1', JSON.parse(FAILURE))).toThrow(LakeError)
})

test('the query of docs/engine.md is a plan, and its answer is read as what it says', () => {
  const { query, ...plan }: QueryPlan = JSON.parse(QUERY)
  expect(Object.keys(plan).sort()).toEqual(['limits', 'outputFolder', 'version'])
  expect(Object.keys(query).sort()).toEqual(['name', 'references', 'tables', 'text', 'views'])
  expect(checkedQueryAnswer('toy 1', JSON.parse(ANSWER))).toEqual(JSON.parse(ANSWER))
})

test('docs/engine.md tells of every key that its examples have', () => {
  const keys = [PLAN, RESULT, FAILURE, QUERY, ANSWER].flatMap((json) => keysOf(JSON.parse(json)))
  const untold = [...new Set(keys)].filter((key) => !new RegExp(`\`(?:[\\w.[\\]*]+\\.)?${key}\``).test(PAGE))
  expect(untold).toEqual([])
})

/** The keys that the contract names, and not those that are names of columns and the like. */
function keysOf(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return []
  if (Array.isArray(value)) return value.flatMap(keysOf)
  return Object.entries(value).flatMap(([key, below]) => {
    const isMap = ['columns', 'partitionValues', 'references', 'footer'].includes(key) && !Array.isArray(below)
    return [key, ...(isMap ? Object.values(below).flatMap(keysOf) : keysOf(below))]
  })
}
