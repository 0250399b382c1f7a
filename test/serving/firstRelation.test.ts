import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { readFirstRelation } from '../../src/serving/models/firstRelation.ts'
import { inDuckdb } from '../support/duckdb.ts'

test('the view of the messages lake says its keys and its order', async () => {
  const text = readFileSync(new URL('../../sql/views/first_messages.sql', import.meta.url), 'utf8')
  const columns = Object.fromEntries(
    ['timestamp', 'value', 'event_type', 'message_id', 'channel', 'country_id', 'user_id'].map((name) => [
      name,
      'VARCHAR',
    ]),
  )
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
