import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { emptyRelation } from '../../src/duckdb/sql/literals.ts'
import { createTempView } from '../../src/duckdb/sql/statements.ts'
import { assertPortable, unportable } from '../../src/engines/spark/portability/portability.ts'
import { loadLake } from '../../src/lake/config/load.ts'
import { sqlFor } from '../../src/lake/config/sqlFile.ts'
import { DIFFERENT, openTables, SAME, textOf } from '../support/portableCases.ts'
import { rawSql } from '../support/sql.ts'

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

test('the lake of this repository has for Spark what Spark may read in another way', async () => {
  const { session } = await openTables()
  const config = fileURLToPath(new URL('../../lakeweir.config.ts', import.meta.url))
  const { tables, references, views, reports, streams } = await loadLake({ config })
  const relations = new Map([...tables, ...references].map(({ name, columns }) => [name, columns] as const))
  for (const [name, columns] of relations) await session.run(createTempView(name, emptyRelation(columns)))
  for (const { view, text } of views) {
    await session.run(createTempView(view, rawSql`\n${text}`))
    relations.set(view, await session.describe(rawSql`FROM ${view}`))
  }
  const selects = streams.flatMap(({ source, select }) =>
    select === undefined || source.follows === undefined ? [] : select,
  )
  const shared = [...selects, ...views, ...reports.values()].filter((file) => sqlFor(file, 'spark') === file)
  expect(shared.map(({ name }) => name)).toEqual(['sql/silver/route_messages.sql', 'sql/views/first_messages.sql'])
  for (const file of shared) expect(await unportable(session, file, relations)).toEqual([])
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
