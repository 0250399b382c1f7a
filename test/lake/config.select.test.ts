import { expect, test } from 'vitest'
import { CONTRACT, expectFilesRefused, type FilesCase, refusalOf, SPLIT } from '../support/lakeFiles.ts'

const selects: readonly FilesCase[] = [
  {
    name: 'it is missing',
    files: { 'sql/split.sql': undefined },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/split.sql: there is no such file.
Looked for FOLDER/sql/split.sql: paths are relative to the config.`,
  },
  {
    name: 'it has no header',
    files: { 'sql/split.sql': 'SELECT 1' },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/split.sql does not begin with its contract.\n${CONTRACT}`,
  },
  {
    name: 'its header has no inputs',
    files: { 'sql/split.sql': '-- split.sql: every event.\n--\n-- out  everything\nSELECT 1' },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/split.sql: its header names nothing under "in".\n${CONTRACT}`,
  },
  {
    name: 'its header names an input that there is not',
    files: { 'sql/split.sql': SPLIT.replace('in   events', 'in   event') },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/split.sql: its header names an input "event" that does not exist.
Did you mean "events"?`,
  },
  {
    name: 'it does not parse',
    files: { 'sql/split.sql': SPLIT.replace('FROM', 'FORM') },
    when: 'run',
    says: `LAKE_SQL_INVALID: sql/split.sql: Parser Error: syntax error at or near "FORM"\n\nLINE 7: FORM events\n        ^`,
  },
  {
    name: 'it names a column that there is not',
    files: { 'sql/split.sql': SPLIT.replace('SELECT seen_at', 'SELECT seenat') },
    when: 'run',
    says: `LAKE_SQL_INVALID: sql/split.sql: Binder Error: Referenced column "seenat" not found in FROM clause!
Candidate bindings: "seen_at", "amount"

LINE 5: SELECT seenat, amount, CAST(seen_at AS DATE) AS date,
               ^`,
  },
  {
    name: 'it gives too little',
    files: { 'sql/split.sql': SPLIT.replace('amount, ', '') },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: returns no column amount; it returns seen_at, date, destination',
  },
  {
    name: 'it gives too much',
    files: { 'sql/split.sql': SPLIT.replace('amount, ', 'amount, kind, ') },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: returns a column kind that no table has',
  },
  {
    name: 'it does not say where rows go',
    files: { 'sql/split.sql': SPLIT.replace(",\n  'good' AS destination", '') },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: returns no column destination; it returns seen_at, amount, date',
  },
  {
    name: 'it gives another type',
    files: { 'sql/split.sql': SPLIT.replace('amount, ', 'amount + 1.5 AS amount, ') },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: returns amount as DECIMAL(12,1), but its table needs INTEGER: use CAST',
  },
  {
    name: 'it is a folder',
    files: { 'sql/split.sql': undefined, 'sql/split.sql/x': '' },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/split.sql: it is a folder.
Looked for FOLDER/sql/split.sql: paths are relative to the config.`,
  },
  {
    name: 'it is empty',
    files: { 'sql/split.sql': '' },
    when: 'open',
    says: `LAKE_SQL_INVALID: sql/split.sql does not begin with its contract.\n${CONTRACT}`,
  },
  {
    name: 'it has a header and nothing below',
    files: { 'sql/split.sql': SPLIT.slice(0, SPLIT.indexOf('SELECT')) },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: has no statement; write one SELECT below its header.',
  },
  {
    name: 'it joins a reference that its header does not name',
    files: { 'sql/split.sql': SPLIT.replace('FROM events', 'FROM events JOIN kinds USING (kind)') },
    when: 'run',
    says: `LAKE_SQL_INVALID: sql/split.sql: Catalog Error: Table with name kinds does not exist!

LINE 7: FROM events JOIN kinds USING (kind)
                         ^
It can read events: a reference must be listed under "in" in its header.`,
  },
  {
    name: 'it gives one column twice',
    files: { 'sql/split.sql': SPLIT.replace('amount, ', 'amount, amount + 1 AS amount, ') },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: returns two columns named amount: rename one, or leave it out',
  },
  {
    name: 'it gives NULL for a column and no type',
    files: { 'sql/split.sql': SPLIT.replace('CAST(seen_at AS DATE) AS date', 'NULL AS date') },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: returns date as INTEGER, but its table needs DATE: use CAST',
  },
  {
    name: 'it gives a destination of another type',
    files: { 'sql/split.sql': SPLIT.replace("'good' AS destination", 'true AS destination') },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: returns destination as BOOLEAN, but its table needs VARCHAR: use CAST',
  },
  {
    name: 'it waits for a parameter',
    files: { 'sql/split.sql': `${SPLIT.trimEnd()} WHERE amount > $least` },
    when: 'run',
    says: "LAKE_SQL_INVALID: sql/split.sql: has a parameter; read a value by getvariable('name') instead",
  },
  {
    name: 'it changes something',
    files: { 'sql/split.sql': `${SPLIT.slice(0, SPLIT.indexOf('SELECT'))}DROP VIEW events` },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: contains a statement other than SELECT',
  },
  {
    name: 'it holds two statements',
    files: { 'sql/split.sql': `${SPLIT.trimEnd()};\nSELECT 2` },
    when: 'run',
    says: 'LAKE_SQL_INVALID: sql/split.sql: has several statements, not one SELECT; a PIVOT counts as one only if it names its columns: IN (…).',
  },
]

test.each(selects)('of the SELECT of a stream, the message names file and line: $name', expectFilesRefused)

test.each([
  { name: 'lines that end as on Windows', text: SPLIT.replaceAll('\n', '\r\n') },
  { name: 'a byte order mark', text: `\ufeff${SPLIT}` },
  { name: 'a semicolon and a comment at its end', text: `${SPLIT.trimEnd()}; -- and no more` },
])('a SELECT may have $name', async ({ text }) => {
  expect(await refusalOf({ 'sql/split.sql': text })).toBe('taken')
})
