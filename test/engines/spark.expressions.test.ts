import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Session } from '../../src/duckdb/session.ts'
import { describeWith } from '../support/optionalTool.ts'
import { type Case, DIFFERENT, openTables, SAME, TABLES, textOf } from '../support/portableCases.ts'
import { pythonIn } from '../support/python.ts'
import { hasSpark, SPARK_NEED, SPARK_PYTHON } from '../support/spark.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const RUNNER = fileURLToPath(new URL('../../src/engines/spark/runner', import.meta.url))
const PROGRAM = readFileSync(new URL('../support/sparkExpressions.py', import.meta.url), 'utf8')

interface OnSpark {
  readonly type?: string
  readonly file?: string
  readonly column?: string
  readonly error?: string
}

const TYPES: Readonly<Record<string, string>> = {
  'TIMESTAMP WITH TIME ZONE': 'timestamp',
  TIMESTAMP: 'timestamp_ntz',
  VARCHAR: 'string',
  INTEGER: 'int',
  BLOB: 'binary',
}

/** The types of a case as Spark would call them; undefined if DuckDB refuses it. */
async function typesOf(session: Session, one: Case): Promise<readonly string[] | undefined> {
  try {
    const types = Object.values(await session.describe(rawSql`${textOf(one)}`)).slice(one[0] === 'query' ? 0 : 1)
    return types.map((type) => TYPES[type] ?? type.toLowerCase())
  } catch {
    return undefined
  }
}

/** How both engines differ about a case; undefined if they do not. */
async function differenceOf(
  session: Session,
  one: Case,
  types: readonly string[] | undefined,
  spark: OnSpark,
): Promise<string | undefined> {
  if (types === undefined) return 'DuckDB refuses it'
  if (spark.error !== undefined) return `Spark: ${spark.error}`
  if (types.join(', ') !== spark.type || spark.file === undefined) {
    return `${types.join(', ')} in DuckDB, ${spark.type} on Spark`
  }
  const columns = one[0] === 'query' ? types.map((_, index) => `c${index}`) : ['c0', spark.column]
  const made = `SELECT ${columns.join(', ')} FROM read_parquet('${spark.file}/*.parquet')`
  const own = `FROM (${textOf(one)})`
  const [row] = await session.rows(
    rawSql`SELECT count(*) AS rows FROM ((${own} EXCEPT ALL ${made}) UNION ALL (${made} EXCEPT ALL ${own}))`,
  )
  return row?.rows === 0 ? undefined : `${row?.rows} rows are not the same`
}

describeWith(hasSpark, SPARK_NEED, 'Spark and DuckDB', () => {
  test('return the same of what is taken, in value and type, and not the same of what is refused', {
    timeout: 900_000,
  }, async () => {
    const { session } = await openTables()
    const out = temporaryFolder()
    const tables: Record<string, string> = {}
    for (const name of TABLES) {
      tables[name] = join(out, `${name}.parquet`)
      await session.run(rawSql`COPY ${name} TO '${tables[name]}' (FORMAT parquet)`)
    }
    const all = [...SAME, ...DIFFERENT]
    const types = await Promise.all(all.map((one) => typesOf(session, one)))
    // What has another type is not run: that is difference enough.
    const cases = all.map(([relation, sql], index) => [relation, sql, types[index]?.join(', ') ?? null])
    const spark = await pythonIn<OnSpark[]>(SPARK_PYTHON, PROGRAM, { runner: RUNNER, tables, out, cases })
    const wrong: unknown[] = []
    for (const [index, one] of all.entries()) {
      const difference = await differenceOf(session, one, types[index], spark[index] ?? {})
      if (index < SAME.length && difference !== undefined) wrong.push([one[1], difference])
      if (index >= SAME.length && difference === undefined) wrong.push([one[1], 'is the same, but refused'])
    }
    expect(wrong).toEqual([])
  })
})
