import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { LakeError } from '../../src/errors.ts'
import type { FirstRelation } from '../../src/serving/model.ts'
import { readFirstRelation } from '../../src/serving/models/firstRelation.ts'
import { inDuckdb } from '../support/duckdb.ts'
import { rawSql } from '../support/sql.ts'

const COLUMNS = {
  id: 'VARCHAR',
  zone: 'INTEGER',
  seen_at: 'TIMESTAMPTZ',
  heat: 'DOUBLE',
  'two words': 'VARCHAR',
} as const
const TABLES = [{ name: 'given', columns: COLUMNS }]
const FORM =
  'A model reads a view only of the form SELECT * FROM table QUALIFY row_number() OVER (PARTITION BY … ORDER BY …) = 1.'

async function read(text: string): Promise<FirstRelation> {
  const view = { view: 'firsts', name: 'sql/views/firsts.sql', text }
  return await inDuckdb((session) => readFirstRelation(session, view, TABLES))
}

async function refusal(text: string): Promise<string> {
  try {
    await read(text)
    return 'taken'
  } catch (error) {
    return error instanceof LakeError ? error.describe() : String(error)
  }
}

test('the view of the messages lake says its keys and its order', async () => {
  const text = readFileSync(new URL('../../sql/views/first_messages.sql', import.meta.url), 'utf8')
  const names = ['timestamp', 'value', 'event_type', 'message_id', 'channel', 'country_id', 'user_id']
  const columns = Object.fromEntries(names.map((name) => [name, 'VARCHAR']))
  const view = { view: 'first_messages', name: 'sql/views/first_messages.sql', text }
  const relation = await inDuckdb((session) => readFirstRelation(session, view, [{ name: 'messages', columns }]))
  const ascending = { isDescending: false, areNullsFirst: false }
  expect(relation).toEqual({
    kind: 'first',
    name: 'first_messages',
    table: 'messages',
    columns,
    keys: ['message_id', 'event_type', 'channel'],
    order: ['timestamp', 'value', 'user_id', 'country_id'].map((column) => ({ column, ...ascending })),
  })
})

describe('a view of first rows says which row is first', () => {
  test.each([
    ['PARTITION BY id ORDER BY seen_at', 'id; seen_at'],
    ['PARTITION BY ID, given.zone ORDER BY Seen_At DESC', 'id, zone; seen_at DESC'],
    ['PARTITION BY id, id ORDER BY seen_at ASC NULLS FIRST, heat', 'id; seen_at NULLS FIRST, heat'],
    [
      'PARTITION BY "two words" ORDER BY heat DESC NULLS LAST, zone NULLS FIRST',
      'two words; heat DESC, zone NULLS FIRST',
    ],
    ['PARTITION BY zone ORDER BY id DESC NULLS FIRST, "two words"', 'zone; id DESC NULLS FIRST, two words'],
  ])('%s', async (window, says) => {
    const text = `SELECT * FROM given QUALIFY row_number() OVER (${window}) = 1`
    const { keys, order } = await read(text)
    const ordered = order.map(
      ({ column, isDescending, areNullsFirst }) =>
        `${column}${isDescending ? ' DESC' : ''}${areNullsFirst ? ' NULLS FIRST' : ''}`,
    )
    expect(`${keys.join(', ')}; ${ordered.join(', ')}`).toBe(says)
    // What it says, spelt out in full, chooses the same rows.
    const spelt = `SELECT * FROM given QUALIFY row_number() OVER (PARTITION BY ${keys.map((key) => `"${key}"`).join()} ORDER BY ${order
      .map(
        ({ column, isDescending, areNullsFirst }) =>
          `"${column}" ${isDescending ? 'DESC' : 'ASC'} NULLS ${areNullsFirst ? 'FIRST' : 'LAST'}`,
      )
      .join()}, seen_at, heat, id, zone, "two words") = 1`
    const settled = text.replace(') = 1', ', seen_at, heat, id, zone, "two words") = 1')
    await inDuckdb(async (session) => {
      await session.run(rawSql`CREATE TEMP TABLE given AS SELECT
        ['a', 'b', NULL][1 + CAST(hash(i) % 3 AS INTEGER)] AS id, [1, 2, NULL][1 + CAST(hash(i + 1000) % 3 AS INTEGER)] AS zone,
        [TIMESTAMPTZ '2026-11-22', TIMESTAMPTZ '2026-11-23', NULL][1 + CAST(hash(i + 2000) % 3 AS INTEGER)] AS seen_at,
        ['NaN', '1', '-0', '0', NULL][1 + CAST(hash(i + 3000) % 5 AS INTEGER)]::DOUBLE AS heat, ['x', NULL][1 + CAST(hash(i + 4000) % 2 AS INTEGER)] AS "two words"
        FROM range(200) AS r(i)`)
      const rows = await session.rows(
        rawSql`(${settled} EXCEPT ALL ${spelt}) UNION ALL (${spelt} EXCEPT ALL ${settled})`,
      )
      expect(rows).toEqual([])
    })
  })

  test.each([
    'FROM given SELECT * QUALIFY 1 = row_number() OVER (PARTITION BY id ORDER BY zone)',
    'SELECT * FROM given AS g QUALIFY row_number() OVER (PARTITION BY g.id ORDER BY g.zone) = 1;',
    'SELECT * FROM given WINDOW w AS (PARTITION BY id ORDER BY zone) QUALIFY row_number() OVER w = 1',
  ])('written like this: %s', async (text) => {
    const { keys, order } = await read(text)
    expect([keys, order.map(({ column }) => column)]).toEqual([['id'], ['zone']])
  })
})

const FIRST = 'QUALIFY row_number() OVER (PARTITION BY id ORDER BY zone) = 1'

describe('a view of another form is refused where a model reads it', () => {
  test.each([
    ['SELECT * FROM given', 'it has no QUALIFY', ''],
    ['SELECT zone, count(*) AS rows FROM given GROUP BY ALL', 'it returns other columns than those of its table', ''],
    [`SELECT id, zone FROM given ${FIRST}`, 'it returns other columns than those of its table', ''],
    [`SELECT given.* FROM given ${FIRST}`, '"relation_name" of a STAR is not known to be kept', 'Leave it out.'],
    [
      `SELECT * EXCLUDE (heat) FROM given ${FIRST}`,
      '"exclude_list" of a STAR is not known to be kept',
      'Leave it out.',
    ],
    [
      `SELECT * REPLACE (1 AS heat) FROM given ${FIRST}`,
      '"replace_list" of a STAR is not known to be kept',
      'Leave it out.',
    ],
    [
      `SELECT * FROM given WHERE zone > 1 ${FIRST}`,
      'it drops rows before it looks for the first',
      'Let the stream send such rows to a table of their own.',
    ],
    [`SELECT * FROM given JOIN other USING (id) ${FIRST}`, 'it reads other than one table', ''],
    [`SELECT * FROM (FROM given) ${FIRST}`, 'it reads other than one table', ''],
    [
      `SELECT * FROM gven ${FIRST}`,
      'it reads gven, which is no table of the stream that live follows',
      'Did you mean "given"?',
    ],
    [`SELECT * FROM main.given ${FIRST}`, '"schema_name" of a BASE_TABLE is not known to be kept', 'Leave it out.'],
    [`SELECT * FROM given ${FIRST} LIMIT 3`, '"modifiers" of a SELECT_NODE is not known to be kept', 'Leave it out.'],
    [`SELECT DISTINCT * FROM given ${FIRST}`, '"modifiers" of a SELECT_NODE is not known to be kept', 'Leave it out.'],
    [
      `WITH w AS (SELECT 1) SELECT * FROM given ${FIRST}`,
      '"cte_map" of a SELECT_NODE is not known to be kept',
      'Leave it out.',
    ],
    [`SELECT * FROM given ${FIRST} UNION ALL SELECT * FROM given`, 'it is not one SELECT', ''],
    [
      'SELECT * FROM given QUALIFY rank() OVER (PARTITION BY id ORDER BY zone) = 1',
      'its QUALIFY is not row_number() OVER (…) = 1',
      '',
    ],
    [
      'SELECT * FROM given QUALIFY row_number() OVER (PARTITION BY id ORDER BY zone) <= 1',
      'its QUALIFY is not row_number() OVER (…) = 1',
      '',
    ],
    [
      'SELECT * FROM given QUALIFY row_number() OVER (PARTITION BY id ORDER BY zone) = 2',
      'its QUALIFY is not row_number() OVER (…) = 1',
      '',
    ],
    [
      'SELECT * FROM given QUALIFY row_number() OVER (PARTITION BY id ORDER BY zone) = 1 AND zone > 1',
      'its QUALIFY is not row_number() OVER (…) = 1',
      '',
    ],
    [
      'SELECT * FROM given QUALIFY row_number() OVER (PARTITION BY id ORDER BY zone ROWS 1 PRECEDING) = 1',
      'its window has a frame',
      'Leave it out.',
    ],
    [
      'SELECT * FROM given QUALIFY row_number() OVER (ORDER BY zone) = 1',
      'it has no PARTITION BY',
      'Say which rows are the same.',
    ],
    [
      'SELECT * FROM given QUALIFY row_number() OVER (PARTITION BY id) = 1',
      'it has no ORDER BY',
      'Say which of the same rows is the first.',
    ],
    [
      'SELECT * FROM given QUALIFY row_number() OVER (PARTITION BY lower(id) ORDER BY zone) = 1',
      'its PARTITION BY names more than a column',
      'Name columns alone.',
    ],
    [
      'SELECT * FROM given QUALIFY row_number() OVER (PARTITION BY id COLLATE nocase ORDER BY zone) = 1',
      'its PARTITION BY names more than a column',
      'Name columns alone.',
    ],
    [
      'SELECT * FROM given QUALIFY row_number() OVER (PARTITION BY id ORDER BY -zone) = 1',
      'its ORDER BY names more than a column',
      'Name columns alone.',
    ],
    [
      'SELECT * FROM given QUALIFY row_number() OVER (PARTITION BY id ORDER BY random()) = 1',
      'its ORDER BY names more than a column',
      'Name columns alone.',
    ],
    [
      'SELECT * FROM given QUALIFY row_number() OVER (PARTITION BY id ORDER BY rowid) = 1',
      'its ORDER BY names more than a column',
      'Name columns alone.',
    ],
    [
      'SELECT * FROM given QUALIFY row_number() OVER (PARTITION BY heat ORDER BY zone) = 1',
      'heat is a DOUBLE, whose values are seldom equal',
      'Take other columns for the keys.',
    ],
    ['SELEC 1', 'it is not one SELECT', ''],
  ])('%s', async (text, what, remedy) => {
    const said = await refusal(text)
    expect(said).toMatch(/^LAKE_SQL_INVALID: sql\/views\/firsts.sql( line 1, column \d+)?: /)
    expect(said).toContain(`: ${what}.\n`)
    expect(said).toContain(remedy)
    if (remedy === '' || what.startsWith('its ') || what.startsWith('it has')) expect(said).toContain(FORM)
  })
})
