import { rmSync, truncateSync, writeFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { attachToRead } from '../../../src/serving/store/attached.ts'
import { LiveStore } from '../../../src/serving/store/liveStore.ts'
import { inDuckdb } from '../../support/duckdb.ts'
import { type KeptLake, MODELS } from '../../support/keptLake.ts'
import { errorOf, openKeptLake, row } from '../../support/openKeptLake.ts'
import { rawSql } from '../../support/sql.ts'

describe('a portion', () => {
  test('is taken once: the same one again changes nothing', async () => {
    const lake = await openKeptLake()
    const before = await lake.store.reader.position()
    const outcome = await lake.write(lake.portion(1, 2))
    expect(outcome).toMatchObject({ kind: 'written', written: { inputRows: 0, inputFiles: 0, rows: {} } })
    expect(await lake.store.reader.position()).toEqual(before)
    expect(await lake.differences()).toEqual([])
  })

  test.each([
    { name: 'leaves a batch out', portion: (lake: KeptLake) => lake.portion(3, 4) },
    {
      name: 'is of another stream',
      portion: (lake: KeptLake) => {
        lake.streamId = 'silver@other'
        return lake.portion(2, 3)
      },
    },
  ])('is refused if it $name', async ({ portion }) => {
    const lake = await openKeptLake()
    for (const id of ['c', 'd']) await lake.add([row(9, id)])
    const outcome = await lake.write(portion(lake))
    expect(outcome).toMatchObject({ kind: 'failed', cause: 'data' })
    expect(outcome.kind === 'failed' && String(outcome.error)).toContain('does not follow what the store has')
    expect(await lake.differences(2)).toEqual([])
  })

  test('of all rows makes everything anew, and readers see that by the generation', async () => {
    const lake = await openKeptLake()
    const before = await lake.store.reader.position()
    lake.streamId = 'silver@other'
    lake.files.pop()
    expect(await lake.write(lake.portion(0, 1, 'all'))).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
    const after = await lake.store.reader.position()
    expect(after?.batch).toBe(1)
    expect(after?.generation).not.toBe(before?.generation)
  })

  test('of all rows of another lake does not replace a store that was copied into that lake', async () => {
    const lake = await openKeptLake()
    await lake.close()
    await inDuckdb(async (other) => {
      await other.run(
        rawSql`ATTACH '${lake.parts.file}' AS live; UPDATE live.kept.store SET lake_folder = '/elsewhere'`,
      )
      await other.run(rawSql`DETACH live`)
    })
    await lake.open()
    lake.streamId = 'silver@other'
    for (const start of ['the first', 'another'] as const) {
      const error = await errorOf(() => lake.write(lake.portion(0, 2, 'all')))
      expect(error.code, start).toBe('LAKE_STORE_INVALID')
      expect(error.message).toContain('belongs to the lake in /elsewhere')
      await lake.reopen()
    }
    lake.streamId = 'silver@00000000-0000-4000-8000-000000000001'
    expect(await lake.write(lake.portion(0, 2, 'all'))).toMatchObject({ kind: 'written' })
  })

  test('that failed leaves nothing in memory, so that it may come again with other rows', async () => {
    const lake = await openKeptLake()
    await lake.add([row(1, 'c')])
    const portion = lake.nextPortion()
    const failed = await lake.write({ ...portion, secure: () => Promise.reject(new Error('not secured')) })
    expect(failed).toMatchObject({ kind: 'failed' })
    lake.files.pop()
    await lake.add([row(9, 'c')])
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
  })

  test('that is interrupted leaves nothing', async () => {
    const lake = await openKeptLake()
    await lake.add([row(9, 'c')])
    lake.writer.interrupt()
    expect(await lake.take()).toMatchObject({ kind: 'failed', cause: 'resources' })
    await lake.reopen()
    expect(await lake.differences(2)).toEqual([])
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
  })

  test('whose file is damaged fails for its data, and leaves nothing', async () => {
    const lake = await openKeptLake()
    await lake.add([row(9, 'c')])
    const file = lake.files[2] ?? ''
    rmSync(file)
    await lake.session.run(rawSql`COPY (SELECT 'no time' AS seen_at) TO '${file}' (FORMAT parquet)`)
    expect(await lake.take()).toMatchObject({ kind: 'failed', cause: 'data' })
    expect(await lake.differences(2)).toEqual([])
  })
})

describe('the store', () => {
  test('that is deleted while it is in use is noticed, and the next attempt makes it anew', async () => {
    const lake = await openKeptLake()
    rmSync(lake.parts.file)
    await lake.add([row(9, 'c')])
    const error = await errorOf(() => lake.take())
    expect(error.code).toBe('LAKE_STORE_INVALID')
    expect(error.message).toContain('was deleted while it was in use')
    await lake.recoverAgain()
    expect(lake.writer.last).toBeUndefined()
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
  })

  test.each([
    ['cut off', (file: string) => truncateSync(file, 5_000)],
    ['overwritten', (file: string) => writeFileSync(file, 'garbage'.repeat(1_000))],
  ])('that is %s just after it was opened is named as damaged, with what to do', async (_, damage) => {
    const lake = await openKeptLake()
    await lake.close()
    const store = await LiveStore.open(lake.parts, 'continue')
    damage(lake.parts.file)
    const error = await errorOf(() => store.sink.recover())
    await store.close()
    expect(error.code).toBe('LAKE_STORE_INVALID')
    expect(error.message).toMatch(/the store .*live\.duckdb is damaged: /)
    expect(error.remedy).toContain('lakeweir run live --rebuild')
  })

  test('ends the queries that run when it has to be opened again; they may be asked again', async () => {
    const lake = await openKeptLake()
    const query = {
      name: 'long.sql',
      sql: 'SELECT count(*) FROM range(100000) AS a(n), range(100000) AS b(n) WHERE a.n * b.n % 7 = 3',
      parameters: {},
    }
    const asked = errorOf(() => lake.store.reader.query(query, {}, { maxRows: 10, timeoutMs: 60_000 }))
    rmSync(lake.parts.file)
    await lake.recoverAgain()
    expect(await asked).toMatchObject({
      code: 'LAKE_QUERY_FAILED',
      message: expect.stringMatching(/the store .*(?:opened again|not open at the moment)\.$/),
      canRetry: true,
    })
  })

  test('is recovered again after an attempt that failed, while its reader goes on', async () => {
    const lake = await openKeptLake()
    const { reader } = lake.store
    await lake.recoverAgain()
    expect(lake.writer.last?.batch).toBe(2)
    await lake.add([row(9, 'c')])
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(reader).toBe(lake.store.reader)
    expect(await lake.differences()).toEqual([])
  })

  test('can be deleted: it is made anew', async () => {
    const lake = await openKeptLake()
    await lake.close()
    rmSync(lake.parts.file)
    await lake.open()
    expect(await lake.take()).toMatchObject({ kind: 'written' })
    expect(await lake.differences()).toEqual([])
  })

  test('tells how much it has', async () => {
    const lake = await openKeptLake()
    await lake.writer.idle()
    const { position, models } = await lake.store.status()
    expect(position?.batch).toBe(2)
    expect(models.map(({ name }) => name)).toEqual(Object.keys(MODELS).toSorted())
    expect(models.every(({ isBuilt, addedRows, bytes }) => isBuilt && addedRows === 0 && bytes > 0)).toBe(true)
    expect(models.find(({ name }) => name === 'persons')).toMatchObject({ groups: 3 })
    expect(lake.store.relations).toContainEqual(expect.objectContaining({ name: 'first_events', keys: 3 }))
  })

  test('is read by others only while nobody runs it', async () => {
    const lake = await openKeptLake()
    await inDuckdb(async (session) => {
      expect((await errorOf(() => attachToRead(session, lake.parts))).code).toBe('LAKE_STREAM_HELD')
      await lake.close()
      const detach = await attachToRead(session, lake.parts)
      expect(await session.rows(rawSql`SELECT events FROM live.persons WHERE person = 1001`)).toEqual([{ events: 1 }])
      expect((await errorOf(() => lake.open())).code).toBe('LAKE_STREAM_HELD')
      await detach?.()
      await lake.open()
      await lake.close()
      rmSync(lake.parts.file)
      expect(await attachToRead(session, lake.parts)).toBeUndefined()
    })
  })
})
