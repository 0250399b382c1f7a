import { mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { exhaustedResource, isResourceError } from '../../src/duckdb/resourceErrors.ts'
import { Database } from '../../src/duckdb/session.ts'
import { LakeError } from '../../src/errors.ts'
import { isDiskError } from '../../src/stream/failures.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

/** What fails in DuckDB itself. */
async function failureOf(sql: string, interrupted = false): Promise<unknown> {
  const database = await Database.open({ threads: 2, memoryLimit: '20MB', tempFolder: temporaryFolder() })
  const session = await database.connect()
  await session.run(rawSql`SET max_temp_directory_size = '1MB'`)
  // Again and again: DuckDB forgets an interruption that comes before a query.
  const timer = interrupted ? setInterval(() => session.interrupt(), 10) : undefined
  try {
    await session.run(rawSql`${sql}`)
    return undefined
  } catch (error) {
    return error
  } finally {
    clearInterval(timer)
    session.close()
    database.close()
  }
}

const ROWS = "SELECT range AS id, repeat('x', 100) || range AS name FROM range(1000000)"

describe('what this process is short of', () => {
  test.each([
    ['memory, and then the folder for what does not fit', `CREATE TABLE t AS ${ROWS} ORDER BY name`, false, 'memory'],
    ['time, because it was interrupted', 'SELECT count(*) FROM range(1000000000) a, range(1000) b', true, 'time'],
  ])('is known from what DuckDB says: %s', async (_, sql, interrupted, resource) => {
    expect(exhaustedResource(await failureOf(sql, interrupted))).toBe(resource)
  })

  test.each([
    [
      'Out of Memory Error: failed to pin block of size 256.0 KiB (4.6 MiB/4.7 MiB used)\n\nPossible solutions:',
      'memory',
    ],
    ['IO Error: Could not read from file "/lake/a.parquet": Cannot allocate memory', 'memory'],
    ['Invalid Error: std::bad_alloc', 'memory'],
    ['std::bad_alloc', 'memory'],
    ['Array buffer allocation failed', 'memory'],
    ['IO Error: Cannot open file "/lake/a.parquet": Too many open files', 'file descriptors'],
    ['IO Error: Cannot open file "/lake/a.parquet": Too many open files in system', 'file descriptors'],
    ['Invalid Error: Resource temporarily unavailable', 'threads'],
    ['Invalid Error: thread constructor failed: Resource temporarily unavailable', 'threads'],
    ['INTERRUPT Error: Interrupted!', 'time'],
  ])('is known from the text %j', (message, resource) => {
    expect(exhaustedResource(new Error(message))).toBe(resource)
    expect(isResourceError(new LakeError('LAKE_BATCH_FAILED', 'failed', { cause: new Error(message) }))).toBe(true)
    expect(isDiskError(new Error(message))).toBe(false)
  })

  test.each(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN'])('is known from the code %s of the system', (code) => {
    const error = Object.assign(new Error(`${code}: …, scandir '/lake'`), { code })
    expect(isResourceError(error)).toBe(true)
    expect(isDiskError(error)).toBe(false)
  })
})

describe('what is wrong with a file or a disk', () => {
  test.each([
    'Conversion Error: Could not convert string "Out of Memory Error: x" to INT64',
    'Conversion Error: Could not convert string ": Too many open files" to INT64 when casting from source column a',
    'Invalid Input Error: Failed to cast value: "std::bad_alloc"',
    'Conversion Error: Could not convert string "No space left on device" to INT64',
    'Invalid Input Error: No magic bytes found at end of file "/lake/INTERRUPT Error: .parquet"',
  ])('is no lack of the process, and none of the disk, whatever values the message quotes: %s', (message) => {
    expect(isResourceError(new Error(message))).toBe(false)
    expect(isDiskError(new Error(message))).toBe(false)
  })

  test('is a disk’s where DuckDB names the file and ends with what the system says', async () => {
    const folder = temporaryFolder()
    openSync(join(folder, 'file'), 'w')
    mkdirSync(join(folder, 'folder'))
    const inFile = await failureOf(`COPY (SELECT 1) TO '${join(folder, 'file', 'x.parquet')}' (FORMAT parquet)`)
    expect(isDiskError(inFile)).toBe(true)
    expect(isResourceError(inFile)).toBe(false)
  })
})
