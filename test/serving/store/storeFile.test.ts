import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { LakeError } from '../../../src/errors.ts'
import type { StoreParts } from '../../../src/serving/store/parts.ts'
import { removeStore, StoreFile } from '../../../src/serving/store/storeFile.ts'
import { LockHolder } from '../../support/lockHolder.ts'
import { damageBytes } from '../../support/parquetFiles.ts'
import { rawSql } from '../../support/sql.ts'
import { storeParts } from '../../support/storeParts.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'
import { TestClock } from '../../support/testClock.ts'

/** A store with one row in `kept.models`, closed again. */
async function madeStore(parts: StoreParts): Promise<void> {
  const file = await StoreFile.open(parts, 'continue')
  await mark(file, 'first')
  file.close()
}

async function mark(file: StoreFile, name: string): Promise<void> {
  const session = await file.database.connect()
  await session.run(rawSql`INSERT INTO live.kept.models (name) VALUES ('${name}')`)
  session.close()
}

async function marks(file: StoreFile): Promise<unknown[]> {
  const session = await file.database.connect()
  const rows = await session.rows(rawSql`SELECT name FROM live.kept.models ORDER BY ALL`)
  session.close()
  return rows.map(({ name }) => name)
}

/** What is in the store of these parts when it is opened, and what is said about it. */
async function opened(parts: StoreParts, start: 'continue' | 'rebuild' = 'continue'): Promise<unknown> {
  const file = await StoreFile.open(parts, start)
  try {
    return { marks: await marks(file), notes: file.notes }
  } finally {
    file.close()
  }
}

async function refusal(parts: StoreParts, start: 'continue' | 'rebuild' = 'continue'): Promise<LakeError> {
  return StoreFile.open(parts, start).then(
    (file) => {
      file.close()
      throw new Error('it was opened')
    },
    (error: LakeError) => error,
  )
}

/** Leaves a store as a process that dies would: with what it committed in the log, not in the file. */
async function killedStore(parts: StoreParts): Promise<void> {
  await madeStore(parts)
  const file = await StoreFile.open(parts, 'continue')
  await mark(file, 'second')
  const copies = [parts.file, `${parts.file}.wal`].map((path) => ({ path, copy: `${path}.copy` }))
  for (const { path, copy } of copies) copyFileSync(path, copy)
  file.close()
  for (const { path, copy } of copies) copyFileSync(copy, path)
}

describe('the file of a store', () => {
  test('is made where there is none, and keeps what is committed to it', async () => {
    const parts = storeParts(temporaryFolder())
    await madeStore(parts)
    expect(await opened(parts)).toEqual({ marks: ['first'], notes: [] })
  })

  test('is open in one process only, and the error names that process', async () => {
    const parts = storeParts(temporaryFolder(), { clock: new TestClock() })
    await madeStore(parts)
    const holder = await LockHolder.take(parts.file)
    expect(holder.says).toBe('held')
    const clock = parts.clock as TestClock
    const error = await clock.passing(() => refusal(parts))
    expect(error.code).toBe('LAKE_STREAM_HELD')
    expect(error.message).toContain(`process ${holder.processId}`)
    expect(error.exitCode).toBe(4)
    await holder.release()
    expect(await opened(parts)).toEqual({ marks: ['first'], notes: [] })
  })

  test('is opened once by a process, which another process notices', async () => {
    const parts = storeParts(temporaryFolder())
    const file = await StoreFile.open(parts, 'continue')
    expect((await refusal(parts)).code).toBe('LAKE_STREAM_HELD')
    const other = await LockHolder.take(parts.file)
    expect(other.says).toContain(`PID ${process.pid}`)
    file.close()
    expect(await opened(parts)).toEqual({ marks: [], notes: [] })
  })

  test('was left by a kill: what was committed is there', async () => {
    const parts = storeParts(temporaryFolder())
    await killedStore(parts)
    expect(await opened(parts)).toEqual({ marks: ['first', 'second'], notes: [] })
  })

  test.each([
    { name: 'torn', end: (log: Buffer) => log.subarray(0, -7), marks: ['first'], notes: [] },
    {
      name: 'damaged',
      end: (log: Buffer) => damageBytes(log, log.length - 60, log.length - 40),
      marks: ['first'],
      notes: ["the store's log was damaged, so it goes on from its last checkpoint"],
    },
  ])('has a $name log, as after a power cut: it goes back to an earlier batch', async ({ end, marks, notes }) => {
    const parts = storeParts(temporaryFolder())
    await killedStore(parts)
    const log = `${parts.file}.wal`
    writeFileSync(log, end(readFileSync(log)))
    expect(await opened(parts)).toEqual({ marks, notes })
    expect(await opened(parts)).toEqual({ marks, notes: [] })
  })

  test.each([
    { name: 'empty', content: () => Buffer.alloc(0) },
    { name: 'cut off before it had any data', content: (whole: Buffer) => whole.subarray(0, 5000) },
  ])('is $name, as a kill leaves it: it is made anew', async ({ content }) => {
    const parts = storeParts(temporaryFolder())
    await madeStore(parts)
    writeFileSync(parts.file, content(readFileSync(parts.file)))
    expect(await opened(parts)).toEqual({ marks: [], notes: [] })
  })

  test('is damaged: it stays as it is, until it is made anew on demand', async () => {
    const parts = storeParts(temporaryFolder())
    await madeStore(parts)
    writeFileSync(parts.file, damageBytes(readFileSync(parts.file), 4096, 12_288))
    const damaged = readFileSync(parts.file)
    const error = await refusal(parts)
    expect(error.code).toBe('LAKE_STORE_INVALID')
    expect(error.message).toContain('is damaged')
    expect(error.remedy).toContain('lakeweir run live --rebuild')
    expect(readFileSync(parts.file).equals(damaged)).toBe(true)
    expect(await opened(parts, 'rebuild')).toEqual({ marks: [], notes: [] })
  })

  test.each([
    { name: 'text', make: (path: string) => writeFileSync(path, 'a note\n'), says: 'is not a DuckDB database' },
    { name: 'a folder', make: (path: string) => mkdirSync(path), says: 'is a folder or a device' },
  ])('is $name: it is never replaced', async ({ make, says }) => {
    const parts = storeParts(temporaryFolder())
    mkdirSync(dirname(parts.file))
    make(parts.file)
    for (const start of ['continue', 'rebuild'] as const) {
      const error = await refusal(parts, start)
      expect(error.code).toBe('LAKE_STORE_INVALID')
      expect(error.message).toContain(says)
    }
    if (statSync(parts.file).isFile()) {
      await expect(removeStore(parts)).rejects.toThrow(says)
      expect(readFileSync(parts.file, 'utf8')).toBe('a note\n')
    }
  })

  test("is somebody's database: it is never replaced", async () => {
    const parts = storeParts(temporaryFolder())
    const file = await StoreFile.open(parts, 'continue')
    const session = await file.database.connect()
    await session.run(rawSql`DROP TABLE live.kept.store`)
    session.close()
    file.close()
    for (const start of ['continue', 'rebuild'] as const) {
      expect((await refusal(parts, start)).message).toContain('is a DuckDB database, not a store')
    }
    await expect(removeStore(parts)).rejects.toThrow('is a DuckDB database')
    expect(existsSync(parts.file)).toBe(true)
  })

  test('is of a newer format: the newer version is needed, or it is made anew on demand', async () => {
    const parts = storeParts(temporaryFolder())
    await alter(parts, rawSql`UPDATE live.kept.store SET format = 99`)
    const error = await refusal(parts)
    expect(error.code).toBe('LAKE_NEWER')
    expect(await opened(parts, 'rebuild')).toEqual({ marks: [], notes: [] })
  })

  test.each([
    {
      name: 'of an older format',
      change: rawSql`UPDATE live.kept.store SET format = 0`,
      note: 'the store is of an older version and is made again',
    },
    {
      name: 'of another stream of the same lake',
      change: rawSql`UPDATE live.kept.store SET follows = 'bronze'`,
      note: 'the store followed bronze until now and is made again from silver',
    },
  ])('is $name: it is made anew, and that is said', async ({ change, note }) => {
    const parts = storeParts(temporaryFolder())
    await alter(parts, change)
    expect(await opened(parts)).toEqual({ marks: [], notes: [note] })
  })

  test('moves with the lake that it lies in', async () => {
    const parts = storeParts(temporaryFolder())
    await alter(parts, rawSql`UPDATE live.kept.store SET lake_folder = '/elsewhere'`)
    expect(await opened(parts)).toEqual({ marks: ['first'], notes: [] })
    expect(await opened(parts)).toEqual({ marks: ['first'], notes: [] })
  })

  test('lies elsewhere and is of another lake: only a person may have it replaced', async () => {
    const shared = join(temporaryFolder(), 'live.duckdb')
    const one = storeParts(temporaryFolder(), { file: shared })
    await madeStore(one)
    const other = storeParts(temporaryFolder(), { file: shared })
    const error = await refusal(other)
    expect(error.code).toBe('LAKE_STORE_INVALID')
    expect(error.message).toContain(`belongs to the lake in ${one.lakeFolder}`)
    expect(await opened(one)).toEqual({ marks: ['first'], notes: [] })
    expect(await opened(other, 'rebuild')).toEqual({ marks: [], notes: [] })
  })

  test.each([
    { name: 'deleted', change: (path: string) => rmSync(path), says: 'was deleted while it was in use' },
    {
      name: 'replaced',
      change: (path: string) => {
        rmSync(path)
        writeFileSync(path, '')
      },
      says: 'was replaced by another file while it was in use',
    },
  ])('is $name while it is open: that is noticed', async ({ change, says }) => {
    const parts = storeParts(temporaryFolder())
    const file = await StoreFile.open(parts, 'continue')
    await file.assertThere()
    change(parts.file)
    await expect(file.assertThere()).rejects.toThrow(says)
    file.close()
    expect(await opened(parts)).toEqual({ marks: [], notes: [] })
  })

  test('is removed, and not while it is in use', async () => {
    const parts = storeParts(temporaryFolder())
    await removeStore(parts)
    const file = await StoreFile.open(parts, 'continue')
    await expect(removeStore(parts)).rejects.toThrow(`is run by process ${process.pid}`)
    file.close()
    await removeStore(parts)
    expect(existsSync(parts.file)).toBe(false)
  })

  test('can be cut off anywhere in its data: that is told as damage', async () => {
    const parts = storeParts(temporaryFolder())
    await madeStore(parts)
    truncateSync(parts.file, statSync(parts.file).size - 4096)
    const outcome = await opened(parts).catch((error: LakeError) => error.code)
    expect(outcome).toBe('LAKE_STORE_INVALID')
  })
})

async function alter(parts: StoreParts, change: ReturnType<typeof rawSql>): Promise<void> {
  await madeStore(parts)
  const file = await StoreFile.open(parts, 'continue')
  const session = await file.database.connect()
  await session.run(change)
  session.close()
  file.close()
}
