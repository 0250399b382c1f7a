import { expect, test } from 'vitest'
import { numberParameters } from '../../../src/serving/copies/postgres/parameters.ts'

const TYPES = { from: 'TIMESTAMPTZ', channel: 'VARCHAR[]' }

test.each([
  ['SELECT $from', 'SELECT ($1::timestamptz)', ['from']],
  ['SELECT $channel, $from, $channel', 'SELECT ($1::text[]), ($2::timestamptz), ($1::text[])', ['channel', 'from']],
  ["SELECT '$from', $from", "SELECT '$from', ($1::timestamptz)", ['from']],
  ["SELECT 'it''s $from', $from", "SELECT 'it''s $from', ($1::timestamptz)", ['from']],
  ["SELECT E'\\'$from', $from", "SELECT E'\\'$from', ($1::timestamptz)", ['from']],
  ["SELECT '\\', $from --'", "SELECT '\\', ($1::timestamptz) --'", ['from']],
  [
    'SELECT "a$from", "b""$from" -- $from\n, $from',
    'SELECT "a$from", "b""$from" -- $from\n, ($1::timestamptz)',
    ['from'],
  ],
  ['SELECT /* $from /* $from */ $from */ $from', 'SELECT /* $from /* $from */ $from */ ($1::timestamptz)', ['from']],
  ['SELECT $$ $from $$, $a$ $from $$ $a$, $from', 'SELECT $$ $from $$, $a$ $from $$ $a$, ($1::timestamptz)', ['from']],
  ['SELECT a$from FROM t$from$b', 'SELECT a$from FROM t$from$b', []],
  ['SELECT $fro, $1, $from_1', 'SELECT $fro, $1, $from_1', []],
  [
    'SELECT ($channel IS NULL OR c = ANY($channel))',
    'SELECT (($1::text[]) IS NULL OR c = ANY(($1::text[])))',
    ['channel'],
  ],
  ["SELECT 'never closed $from", "SELECT 'never closed $from", []],
  ['SELECT $$ never closed $from', 'SELECT $$ never closed $from', []],
  ['SELECT /* never closed $from', 'SELECT /* never closed $from', []],
  ['', '', []],
])('numbers the parameters of %j', (sql, text, names) => {
  expect(numberParameters(sql, TYPES)).toEqual({ text, names })
})
