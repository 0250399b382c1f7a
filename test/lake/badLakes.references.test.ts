import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { Database, recordsOf } from '../../src/duckdb/session.ts'
import { withSession } from '../../src/lake/sessions.ts'
import { loadReference } from '../../src/tables/loadReference.ts'
import { readRecord } from '../../src/tables/record.ts'
import { CaseLake, type CaseStream } from '../support/caseLake.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const COLUMNS = { id: 'INTEGER', label: 'VARCHAR' }

interface ReferenceCase extends CaseStream {
  readonly name: string
  /** After the name of the reference; FILE for where it stands. */
  readonly what: string
  readonly remedy: string
}

interface ReferenceText {
  readonly csv?: string | Buffer
  readonly type?: string
}

/** A stream that joins a reference of its own; `type` is that of a third column, `extra`. */
function joining(stream: string, { csv, type }: ReferenceText): CaseStream {
  const columns = type === undefined ? COLUMNS : { ...COLUMNS, extra: type }
  return {
    stream,
    select: `SELECT g.id, r.label FROM given AS g LEFT JOIN ${stream}_ref AS r ON r.id = g.id`,
    tables: { '': { columns: COLUMNS } },
    reference: { name: `${stream}_ref`, columns, key: 'id', ...(csv === undefined ? {} : { csv }) },
  }
}

function refusal(name: string, text: ReferenceText, what: string, remedy: string): ReferenceCase {
  const stream = name.replaceAll(/[^a-z0-9]+/gi, '_').toLowerCase()
  return { name, what, remedy, ...joining(stream, text) }
}

const NAMES = 'Its first line must name the columns, with commas in between, like this: id,label'
const DOUBLED = 'A key that occurs twice would double rows; a NULL key matches none. Fix the file.'
const TYPE = "Fix the value, or change the column's type in the config."
const QUOTES = 'Put a value with a double quote in it in double quotes, and write the one in it twice.'
const COMMAS = 'Put a value with a comma in it in double quotes.'
const COUNT = 'has more or fewer values than the first line has names'

function badValue(name: string, type: string, value: string): ReferenceCase {
  const what = `column extra has '${value}', which is not a valid ${type}, in FILE.`
  return refusal(name, { csv: `id,label,extra\n1,a,\n2,b,"${value}"\n`, type }, what, TYPE)
}

const refused: readonly ReferenceCase[] = [
  refusal(
    'a missing file',
    {},
    'there is no file FILE.',
    'Put it there, or change reference.a_missing_file_ref.file in the config.',
  ),
  refusal('an empty file', { csv: '' }, 'FILE is empty.', NAMES),
  refusal('a missing column', { csv: 'id\n1\n' }, 'FILE has no column label; its first line names "id".', NAMES),
  refusal(
    'no first line',
    { csv: '1,Brazil\n2,Spain\n' },
    'FILE has no column id; its first line names "1", "Brazil".',
    NAMES,
  ),
  refusal(
    'semicolons',
    { csv: 'id;label\n1;Brazil\n' },
    'FILE has no column id; its first line names "id;label".',
    NAMES,
  ),
  refusal('tabs', { csv: 'id\tlabel\n1\tBrazil\n' }, 'FILE has no column id; its first line names "id\tlabel".', NAMES),
  refusal(
    'one column twice',
    { csv: 'id,label,label\n1,a,b\n' },
    'FILE has the column label 2 times.',
    'Rename all but one of them in its first line.',
  ),
  refusal(
    'one column twice in other case',
    { csv: 'ID,label,id\n1,a,2\n' },
    'FILE has the column id 2 times.',
    'Rename all but one of them in its first line.',
  ),
  refusal(
    'a doubled key',
    { csv: 'id,label\n1,a\n2,b\n1,c\n' },
    'every id must occur once in FILE, but: 1 (2×).',
    DOUBLED,
  ),
  refusal(
    'a key that is doubled once it is a number',
    { csv: 'id,label\n1,a\n 01 ,b\n' },
    'every id must occur once in FILE, but: 1 (2×).',
    DOUBLED,
  ),
  refusal('a NULL key', { csv: 'id,label\n1,a\n,b\n' }, 'every id must occur once in FILE, but: NULL (1×).', DOUBLED),
  refusal(
    'a key of no text',
    { csv: 'id,label\n"",a\n,b\n' },
    'every id must occur once in FILE, but: NULL (2×).',
    DOUBLED,
  ),
  refusal(
    'a key that is no number',
    { csv: 'id,label\n1,a\ntwo,b\n' },
    "column id has 'two', which is not a valid INTEGER, in FILE.",
    TYPE,
  ),
  refusal(
    'a key that would be rounded',
    { csv: 'id,label\n1.5,a\n' },
    "column id has '1.5', which is not a valid INTEGER, in FILE.",
    TYPE,
  ),
  refusal(
    'a key that is too large',
    { csv: 'id,label\n3000000000,a\n' },
    "column id has '3000000000', which is not a valid INTEGER, in FILE.",
    TYPE,
  ),
  refusal('a line with a value too few', { csv: 'id,label\n1,a\n2\n' }, `line 3 of FILE ${COUNT}.`, COMMAS),
  refusal(
    'a line with a value too many',
    { csv: 'id,label\n1,Brazil, the largest\n' },
    `line 2 of FILE ${COUNT}.`,
    COMMAS,
  ),
  refusal(
    'a quote that does not end',
    { csv: 'id,label\n1,"a\n2,b\n' },
    'line 2 of FILE has a quote that does not end where its value does.',
    QUOTES,
  ),
  refusal(
    'a quote within a value',
    { csv: 'id,label\n1,a\n2,"b"c\n' },
    'line 3 of FILE has a quote that does not end where its value does.',
    QUOTES,
  ),
  refusal(
    'another encoding',
    { csv: Buffer.from('id,label\n1,S\xe3o Paulo\n', 'latin1') },
    'line 2 of FILE is not UTF-8.',
    'Save the file in that encoding.',
  ),
  refusal(
    'a line of three megabytes',
    { csv: `id,label\n1,${'x'.repeat(3_000_000)}\n` },
    'line 2 of FILE is longer than 2,000,000 bytes.',
    'Shorten it.',
  ),
  badValue('a decimal that would be rounded', 'DECIMAL(5, 1)', '1.25'),
  badValue('a decimal of too many digits', 'DECIMAL(5, 1)', '12345'),
  badValue('a fraction of a small integer', 'TINYINT', '-0.1'),
  badValue('a large integer with a fraction', 'BIGINT', '9007199254740993.5'),
  badValue('a day that there is not', 'DATE', '2026-02-30'),
  badValue('a day with a time', 'DATE', '2026-11-22 10:00:00'),
  badValue('a day without end', 'DATE', 'infinity'),
  badValue('a day in another order', 'DATE', '22.11.2026'),
  badValue('a time after the year 9999', 'TIMESTAMPTZ', '10000-01-01'),
  badValue('a word that is no truth', 'BOOLEAN', 'maybe'),
  badValue('a number in words', 'DOUBLE', '1,5'),
]

/** Values that need no rounding, however they are written. */
const sound: readonly { readonly type: string; readonly given: string; readonly read: string | null }[] = [
  { type: 'INTEGER', given: '1.0', read: '1' },
  { type: 'INTEGER', given: ' 7 ', read: '7' },
  { type: 'INTEGER', given: '+1e3', read: '1000' },
  { type: 'BIGINT', given: '-9223372036854775808', read: '-9223372036854775808' },
  { type: 'DECIMAL(5, 1)', given: '1.20', read: '1.2' },
  { type: 'DECIMAL(38, 0)', given: '9'.repeat(38), read: '9'.repeat(38) },
  { type: 'DATE', given: '2026-11-22 00:00:00', read: '2026-11-22' },
  { type: 'DATE', given: '9999-12-31', read: '9999-12-31' },
  { type: 'TIMESTAMPTZ', given: '2026-11-22T12:00:00+02:00', read: '2026-11-22 10:00:00+00' },
  { type: 'BOOLEAN', given: 'yes', read: 'true' },
  { type: 'FLOAT', given: '0.1', read: '0.1' },
  { type: 'VARCHAR', given: ' a ', read: ' a ' },
  { type: 'VARCHAR', given: 'NULL', read: 'NULL' },
  { type: 'INTEGER', given: '', read: null },
]

const running = ['changed', 'gone', 'spoilt'] as const
const FIRST = 'id,label\n1,first\n'
const SECOND = 'id,label\n1,second\n'

let lake: CaseLake

beforeAll(async () => {
  const cases = [...refused, ...running.map((stream) => joining(stream, { csv: FIRST }))]
  lake = await CaseLake.open({ id: 'INTEGER' }, 'SELECT 1::INTEGER AS id', cases)
  await lake.land('more', 'SELECT 1::INTEGER AS id')
}, 60_000)

afterAll(() => lake.close())

test.each(refused)('a stream does not start with $name in its reference, which is named', async (given) => {
  const { stream, what, remedy } = given
  const says = await lake.refusal(stream)
  expect(says.replaceAll(`FOLDER/ref/${stream}_ref.csv`, 'FILE')).toBe(
    `LAKE_REFERENCE_INVALID: reference ${stream}_ref: ${what}\n${remedy}`,
  )
})

describe('a reference file that changes while its stream runs', () => {
  const oneFileEach = { maxFiles: 1, maxRows: 100, maxBytes: 1_000_000_000 }

  async function labelsOf(stream: string): Promise<unknown[]> {
    // From the files themselves: the lake's views want every reference of the lake to be there.
    const data = join(lake.folder, 'lake/cases', stream, 'data')
    const rows = await withSession(lake.open, (session) =>
      session.rows(rawSql`SELECT label FROM read_parquet('${data}/*.parquet') ORDER BY filename`),
    )
    return rows.map(({ label }) => label)
  }

  async function hashesOf(stream: string): Promise<unknown[]> {
    const { commits } = lake.checkpoint(stream)
    const records = await Promise.all([1, 2].map((batch) => readRecord(commits, batch)))
    return records.map((record) => record?.references[`${stream}_ref`])
  }

  const hashOf = (csv: string): string => createHash('sha256').update(csv).digest('hex')

  test('is used as it stands when a batch begins, and the record of each has the hash of what it used', async () => {
    await lake.run('changed', {
      limits: oneFileEach,
      onBatch: () => lake.writeReference('changed_ref', SECOND),
    })
    expect(await labelsOf('changed')).toEqual(['first', 'second'])
    expect(await hashesOf('changed')).toEqual([hashOf(FIRST), hashOf(SECOND)])
  })

  test('stops the stream before the next batch where it is gone, and that goes on once it is back', async () => {
    const says = await lake.refusal('gone', {
      limits: oneFileEach,
      onBatch: () => rmSync(lake.referenceFile('gone_ref')),
    })
    expect(
      says,
    ).toBe(`LAKE_REFERENCE_INVALID: gone batch 2 failed: reference gone_ref: there is no file FOLDER/ref/gone_ref.csv.
Nothing was published; batch 2 runs again on the next start.
Put it there, or change reference.gone_ref.file in the config. Then: lakeweir run gone`)
    expect(await labelsOf('gone')).toEqual(['first'])
    lake.writeReference('gone_ref', SECOND)
    await lake.run('gone')
    expect(await labelsOf('gone')).toEqual(['first', 'second'])
    expect(await hashesOf('gone')).toEqual([hashOf(FIRST), hashOf(SECOND)])
  })

  test('stops the stream before the next batch where it went bad', async () => {
    const says = await lake.refusal('spoilt', {
      limits: oneFileEach,
      onBatch: () => lake.writeReference('spoilt_ref', `${FIRST}1,again\n`),
    })
    expect(
      says,
    ).toBe(`LAKE_REFERENCE_INVALID: spoilt batch 2 failed: reference spoilt_ref: every id must occur once in FOLDER/ref/spoilt_ref.csv, but: 1 (2×).
Nothing was published; batch 2 runs again on the next start.
${DOUBLED} Then: lakeweir run spoilt`)
    expect(await labelsOf('spoilt')).toEqual(['first'])
  })
})

describe('a reference file', () => {
  async function openSession() {
    const folder = temporaryFolder()
    const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder: join(folder, 'temp') })
    onTestFinished(() => database.close())
    return { folder, session: await database.connect() }
  }

  test('gives values as they are, however they are written', async () => {
    const { folder, session } = await openSession()
    const columns = Object.fromEntries(sound.map(({ type }, index) => [`c${index}`, type]))
    const file = join(folder, 'sound.csv')
    const quoted = sound.map(({ given }) => `"${given}"`)
    writeFileSync(file, `${['k', ...Object.keys(columns)].join(',')}\n1,${quoted.join(',')}\n`)
    await loadReference(session, { name: 'sound', file, columns: { k: 'INTEGER', ...columns }, key: 'k' }, undefined)
    const [row] = await session.rows(rawSql`SELECT COLUMNS(* EXCLUDE k)::VARCHAR FROM sound`)
    expect(Object.values(row ?? {})).toEqual(sound.map(({ read }) => read))
  })

  test('may have columns that nobody declares, also where their values change their kind far below', async () => {
    const { folder, session } = await openSession()
    const file = join(folder, 'long.csv')
    const lines = Array.from({ length: 30_000 }, (_, id) => `${id},${id < 25_000 ? id : 'a word'}`)
    writeFileSync(file, `id,note\n${lines.join('\n')}\n`)
    await loadReference(session, { name: 'long', file, columns: { id: 'INTEGER' }, key: 'id' }, undefined)
    expect(await session.rows(rawSql`SELECT count(*) AS rows FROM long`)).toEqual([{ rows: 30_000 }])
  })

  /** Changes the file each time that DuckDB has read it, so many times. */
  async function changing(changes: number) {
    const { folder, session } = await openSession()
    const file = join(folder, 'busy.csv')
    writeFileSync(file, 'id\n0\n')
    const run = session.run.bind(session)
    let left = changes
    session.run = async (sql) => {
      await run(sql)
      if (left > 0) writeFileSync(file, `id\n${left}\n`)
      left -= 1
    }
    const hash = loadReference(session, { name: 'busy', file, columns: { id: 'INTEGER' }, key: 'id' }, undefined)
    return { hash, file, session }
  }

  test('that is replaced between its hash and its reading is read again, and the hash is of what was read', async () => {
    const { hash, file, session } = await changing(3)
    expect(await hash).toBe(createHash('sha256').update(readFileSync(file)).digest('hex'))
    expect(recordsOf(await session.script(rawSql`FROM busy`))).toEqual([{ id: 1 }])
  })

  test('that never stands still is refused', async () => {
    const { hash, file } = await changing(100)
    await expect(hash).rejects.toMatchObject({
      code: 'LAKE_REFERENCE_INVALID',
      message: `reference busy: ${file} changes while it is read.`,
      remedy: 'Write a new one beside it, then rename it into place.',
    })
  })

  test('that is a folder is refused', async () => {
    const { folder, session } = await openSession()
    const file = join(folder, 'folder.csv')
    mkdirSync(file)
    await expect(
      loadReference(session, { name: 'r', file, columns: COLUMNS, key: 'id' }, undefined),
    ).rejects.toMatchObject({
      code: 'LAKE_REFERENCE_INVALID',
      message: `reference r: ${file} cannot be read: EISDIR.`,
      remedy: 'Make it a file that can be read, or change reference.r.file in the config.',
    })
  })
})
