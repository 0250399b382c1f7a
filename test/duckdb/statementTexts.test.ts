import { expect, test } from 'vitest'
import { Database } from '../../src/duckdb/session.ts'
import { hasStatement, statementTexts } from '../../src/duckdb/sql/statementTexts.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

// biome-ignore format: a table
const SCRIPTS: readonly (readonly [script: string, statements: readonly string[]])[] = [
  ['', []],
  [' ;; -- nothing ; here\n;/* nor ; here */', []],
  ['SELECT 1', ['SELECT 1']],
  ['SELECT 1;', ['SELECT 1']],
  ['SELECT 1; SELECT 2 -- ; 3\n;', ['SELECT 1', 'SELECT 2 -- ; 3']],
  ["SELECT ';''; ' AS a; SELECT 2", ["SELECT ';''; ' AS a", 'SELECT 2']],
  ['SELECT 1 AS "a;""b"; SELECT 2', ['SELECT 1 AS "a;""b"', 'SELECT 2']],
  ["SELECT E'\\';'; SELECT 2", ["SELECT E'\\';'", 'SELECT 2']],
  ['SELECT $$ ; \' $$; SELECT 2', ["SELECT $$ ; ' $$", 'SELECT 2']],
  ['SELECT $tag$ ; $$ ; $tag$; SELECT 2', ['SELECT $tag$ ; $$ ; $tag$', 'SELECT 2']],
  ['/* a; b */ SELECT 1 /* c; */; SELECT 2', ['/* a; b */ SELECT 1 /* c; */', 'SELECT 2']],
  ["SELECT '--' ; SELECT '/*' ; SELECT 3 -- it's; \"", ["SELECT '--'", "SELECT '/*'", 'SELECT 3 -- it\'s; "']],
  ['SELECT \'日本;\'; SELECT "é;" FROM (SELECT 1 AS "é;")', ["SELECT '日本;'", 'SELECT "é;" FROM (SELECT 1 AS "é;")']],
]

test.each(SCRIPTS)('%j is split as DuckDB splits it', async (script, statements) => {
  expect(statementTexts(rawSql`${script}`)).toEqual(statements)
  expect(hasStatement(script)).toBe(statements.length > 0)
  const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder: temporaryFolder() })
  const session = await database.connect()
  const together: unknown[] = []
  for await (const result of session.results(rawSql`${script}`)) together.push(await result.next())
  const apart: unknown[] = []
  for (const statement of statements) apart.push((await session.script(rawSql`${statement}`)).rows)
  expect(together).toEqual(apart)
  session.close()
  database.close()
})

test('a script may hold megabytes, also in quotes that do not end', () => {
  for (const filling of ['x', ' ', '\n', '-- ']) {
    const script = `SELECT '${filling.repeat(5_000_000)}'; SELECT 2`
    expect(statementTexts(rawSql`${script}`)).toHaveLength(2)
    expect(statementTexts(rawSql`${script.slice(0, 5_000_000)}`).length).toBeGreaterThan(0)
  }
})
