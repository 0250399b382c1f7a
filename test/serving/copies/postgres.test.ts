import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { PostgresReader } from '../../../src/serving/copies/postgres/reader.ts'
import { postgresTarget } from '../../../src/serving/copies/postgres/target.ts'
import { systemClock } from '../../../src/stream/clock.ts'
import { describeWith } from '../../support/optionalTool.ts'
import { hasPostgres, POSTGRES_NEED, PostgresServer } from '../../support/postgres.ts'
import { COLUMNS, changes, modelOf, rowOf, testsOfCopies } from './kit.ts'

let server: PostgresServer

describeWith(hasPostgres, POSTGRES_NEED, 'live models in PostgreSQL', () => {
  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 120_000)
  afterAll(() => server.stop())
  beforeEach(async () => {
    await server.query('website', 'DROP SCHEMA IF EXISTS live, live_kept CASCADE')
  })

  const read = async (model: string): Promise<unknown[][] | undefined> => {
    const [view] = await server.query('website', `SELECT to_regclass('live."${model}"')::text AS name`)
    if (view?.name === null) return undefined
    return (await server.query('website', `SELECT * FROM live."${model}"`)).map((row) =>
      Object.values(row).map((value) => (value instanceof Date ? value.toLocaleDateString('sv') : value)),
    )
  }

  testsOfCopies('PostgreSQL', async () => ({ target: postgresTarget(server.url), read }))

  test('says who writes a copy, and where it is without its password', async () => {
    const target = postgresTarget(server.url)
    expect(target.name).toBe(`postgres://127.0.0.1:${server.port}/website`)
    const writer = await target.open()
    await expect(target.open()).rejects.toMatchObject({
      message: `the copy in ${target.name} is written by lakeweir live, process ${process.pid} at 127.0.0.1.`,
    })
    await writer.close()
  })

  test('a server that is killed while it is written to has the copy as it was, and takes it again', async () => {
    const target = postgresTarget(server.url)
    const writer = await target.open()
    await writer.write(changes(1, modelOf(true, [rowOf(1, 'SMS', 4)])))
    const killing = {
      ...modelOf(false, []),
      rows: async function* () {
        yield [rowOf(2, 'SMS', 5)]
        await server.kill()
      },
    }
    await expect(writer.write(changes(2, killing))).rejects.toMatchObject({ code: 'LAKE_COPY_FAILED', canRetry: true })
    await writer.close()
    await expect(target.open()).rejects.toMatchObject({ code: 'LAKE_COPY_FAILED', canRetry: true })
    await server.run()
    const again = await target.open()
    expect((await again.position())?.batch).toBe(1)
    await again.write(changes(2, modelOf(false, [rowOf(2, 'SMS', 5)])))
    expect(await read('per_channel')).toEqual([['SMS', '5']])
    await again.close()
  }, 60_000)

  test('keeps the privileges and the views of others when a model is made anew with the same columns', async () => {
    const writer = await postgresTarget(server.url).open()
    await writer.write(changes(1, modelOf(true, [rowOf(1, 'SMS', 4)])))
    await server.query('website', 'CREATE VIEW public.own AS SELECT messages FROM live.per_channel')
    await server.query('website', 'GRANT SELECT ON live.per_channel TO public')
    await writer.write({ ...changes(2), building: ['per_channel'] })
    const reader = await PostgresReader.open(server.url, systemClock)
    expect(reader.models).toEqual([{ name: 'per_channel', columns: COLUMNS, isBuilt: false }])
    const query = { name: 'q', sql: 'SELECT messages FROM Live.per_channel', parameters: {} }
    const limits = { maxRows: 10, timeoutMs: 10_000 }
    await expect(reader.query(query, {}, limits)).rejects.toMatchObject({
      message: 'q reads live.per_channel, which is being built.',
      canRetry: true,
    })
    await writer.write(changes(3, modelOf(true, [rowOf(3, 'SMS', 6)], { build: 'two' })))
    expect((await reader.query(query, {}, limits)).rows).toHaveLength(1)
    await reader.close()
    expect(await server.query('website', 'SELECT * FROM public.own')).toEqual([{ messages: '6' }])
    const [granted] = await server.query(
      'website',
      "SELECT count(*) > 0 AS is_granted FROM information_schema.table_privileges WHERE table_name = 'per_channel' AND grantee = 'PUBLIC'",
    )
    expect(granted).toEqual({ is_granted: true })
    await writer.close()
    await server.query('website', 'DROP VIEW public.own')
  })

  test.each(['live_kept."per_channel.1"', 'live_kept.cursor', 'live_kept.models'])(
    'what was emptied does not get later rows alone: %s',
    async (table) => {
      const writer = await postgresTarget(server.url).open()
      await writer.write(changes(1, modelOf(true, [rowOf(1, 'SMS', 4)])))
      await server.query('website', `TRUNCATE ${table}`)
      await expect(writer.write(changes(2, modelOf(false, [rowOf(2, 'CHAT', 5)])))).rejects.toMatchObject({
        code: 'LAKE_COPY_FAILED',
        message: expect.stringContaining('was emptied by another program: per_channel is not whole'),
        canRetry: true,
      })
      expect(await read('per_channel')).not.toContainEqual(['CHAT', '5'])
      await writer.close()
    },
  )

  test('a model of 100,000 groups is copied whole in pieces', async () => {
    const writer = await postgresTarget(server.url).open()
    const pieces = async function* () {
      for (let piece = 0; piece < 100; piece++) {
        yield Array.from({ length: 1_000 }, (_, row) => ({
          key: (piece * 1_000 + row).toString(16).padStart(32, '0'),
          batch: 1,
          isGone: false,
          values: [`channel ${row}`, '1'],
        }))
      }
    }
    await writer.write(changes(1, { ...modelOf(true, []), rows: pieces }))
    expect(await server.query('website', 'SELECT count(*)::int AS groups FROM live.per_channel')).toEqual([
      { groups: 100_000 },
    ])
    await writer.close()
  }, 60_000)

  test.each([
    { name: 'x'.repeat(53), columns: { n: 'BIGINT' }, says: 'its name has more than 52 bytes' },
    { name: 'm', columns: { ['ü'.repeat(32)]: 'BIGINT' }, says: 'has over 63 bytes' },
    { name: 'm', columns: { _key: 'BIGINT' }, says: 'its column _key has a name that the copy itself uses' },
    {
      name: 'm',
      columns: { s: 'STRUCT(a INTEGER)' },
      says: 'its column s is STRUCT(a INTEGER), which the copy cannot hold',
    },
  ])('refuses a model because $says', ({ name, columns, says }) => {
    expect(() => postgresTarget(server.url).assertFits({ name, columns })).toThrow(says)
  })
})
