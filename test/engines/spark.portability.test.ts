import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Columns } from '../../src/columns.ts'
import { Database, type Session } from '../../src/duckdb/session.ts'
import { assertPortable, unportable } from '../../src/engines/spark/portability/portability.ts'
import { describeWith } from '../support/optionalTool.ts'
import { pythonIn } from '../support/python.ts'
import { hasSpark, SPARK_NEED, SPARK_PYTHON } from '../support/spark.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const FIXTURES = fileURLToPath(new URL('../fixtures/portability/', import.meta.url))
const RUNNER = fileURLToPath(new URL('../../src/engines/spark/runner', import.meta.url))
const PROGRAM = readFileSync(new URL('../support/sparkExpressions.py', import.meta.url), 'utf8')

const TABLES = ['hostile', 'mild', 'texts'] as const

/** A relation that an expression is computed for, or `query`; the SQL; and what is said of it, if it is refused. */
type Case = readonly [relation: string, sql: string, says?: string]

const SAME = casesIn('same.tsv')
const DIFFERENT = casesIn('different.tsv')

function casesIn(name: string): readonly Case[] {
  const lines = readFileSync(join(FIXTURES, name), 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => line.split('\t') as unknown as Case)
}

async function openTables(): Promise<{ session: Session; relations: ReadonlyMap<string, Columns> }> {
  const tempFolder = join(temporaryFolder(), 'temp')
  const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder })
  const session = await database.connect()
  onTestFinished(() => {
    session.close()
    database.close()
  })
  await session.script(rawSql`${readFileSync(join(FIXTURES, 'rows.sql'), 'utf8')}`)
  await session.setVariable('batch_time', '2026-11-22T10:00:00.000Z')
  const relations = new Map<string, Columns>()
  for (const name of TABLES) relations.set(name, await session.describe(rawSql`FROM ${name}`))
  return { session, relations }
}

function textOf([relation, sql]: Case): string {
  return relation === 'query' ? sql : `SELECT n, ${sql} AS x FROM ${relation}`
}

const fileOf = (text: string) => ({ name: 'sql/a.sql', text })

test('what both engines read alike is taken', async () => {
  const { session, relations } = await openTables()
  const refused: unknown[] = []
  for (const one of SAME) {
    const found = await unportable(session, fileOf(textOf(one)), relations)
    if (found.length > 0) refused.push([one, found])
  }
  expect(refused).toEqual([])
})

test('what they do not read alike is refused, and said', async () => {
  const { session, relations } = await openTables()
  const others: unknown[] = []
  for (const one of DIFFERENT) {
    const found = await unportable(session, fileOf(textOf(one)), relations)
    if (found[0]?.what !== one[2]) others.push([one[1], one[2], found[0]?.what])
  }
  expect(others).toEqual([])
})

describe('a refusal', () => {
  test.each([
    {
      name: 'an order without NULLS',
      text: 'SELECT i\nFROM mild\nORDER BY i',
      message:
        'sql/a.sql line 3, column 10: Spark may read this in another way: NULL comes last here in DuckDB, and on Spark first.',
      remedy: 'Say NULLS LAST or NULLS FIRST.\nOr write sql/a.spark.sql beside it, which Spark reads instead.',
    },
    {
      name: 'several places',
      text: "SELECT upper(v) AS a,\n  i / j AS b, 'é\\n' AS c\nFROM mild",
      message:
        'sql/a.sql line 1, column 8: Spark may read this in another way: upper and lower case of letters such as ß and İ are not the same on Spark.',
      remedy: `Use translate.
line 2, column 5: / by 0 is NULL in DuckDB and an error on Spark. Write … / nullif(…, 0).
line 2, column 15: in Spark, a backslash in a text is the beginning of another character. Write chr(92) for it, joined with ||.
Or write sql/a.spark.sql beside it, which Spark reads instead.`,
    },
    {
      name: 'a comment that Spark reads to the end of the next line',
      text: 'SELECT i, -- C:\\data\\\n  j\nFROM mild',
      message:
        'sql/a.sql line 1, column 11: Spark may read this in another way: in Spark, the comment goes on in the next line.',
      remedy: 'Do not end it with a backslash.\nOr write sql/a.spark.sql beside it, which Spark reads instead.',
    },
    {
      name: 'a PIVOT over the data',
      text: 'PIVOT mild ON v USING count(*)',
      message:
        'sql/a.sql line 1, column 1: Spark may read this in another way: PIVOT takes a list of columns on Spark, not the data.',
      remedy: 'Write one SELECT without PIVOT.\nOr write sql/a.spark.sql beside it, which Spark reads instead.',
    },
    {
      name: 'a relation of DuckDB alone',
      text: 'SELECT table_name FROM duckdb_views',
      message: 'sql/a.sql line 1, column 24: Spark may read this in another way: duckdb_views is not there on Spark.',
      remedy: `Read what the header names under "in", by its plain name.
Or write sql/a.spark.sql beside it, which Spark reads instead.`,
    },
  ])('names the place and what to write: $name', async ({ text, message, remedy }) => {
    const { session, relations } = await openTables()
    const refused = assertPortable(session, fileOf(text), relations)
    await expect(refused).rejects.toMatchObject({ code: 'LAKE_SQL_INVALID', message, remedy })
  })
})

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
    timeout: 600_000,
  }, async () => {
    const { session } = await openTables()
    const out = temporaryFolder()
    const tables: Record<string, string> = {}
    for (const name of TABLES) {
      tables[name] = join(out, `${name}.parquet`)
      await session.run(rawSql`COPY ${name} TO '${tables[name]}' (FORMAT parquet)`)
    }
    const cases = [...SAME, ...DIFFERENT].map(([relation, sql]) => [relation, sql])
    const spark = await pythonIn<OnSpark[]>(SPARK_PYTHON, PROGRAM, { runner: RUNNER, tables, out, cases })
    const wrong: unknown[] = []
    for (const [index, one] of [...SAME, ...DIFFERENT].entries()) {
      const difference = await differenceOf(session, one, spark[index] ?? {})
      if (index < SAME.length && difference !== undefined) wrong.push([one[1], difference])
      if (index >= SAME.length && difference === undefined) wrong.push([one[1], 'is the same, but refused'])
    }
    expect(wrong).toEqual([])
  })
})
