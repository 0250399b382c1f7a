import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { asyncBufferFromFile, parquetMetadataAsync, parquetSchema } from 'hyparquet'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { messageRows } from '../support/messageRows.ts'
import { liveFiles, MessagesLake } from '../support/messagesLake.ts'

const TABLES = {
  bronze: 'bronze/messages/data',
  messages: 'silver/messages/data',
  corrupted: 'silver/messages_corrupted/data',
}
const ROWS = 250

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** Every number anywhere in a JSON value. */
function numbersIn(value: Json): number[] {
  if (typeof value === 'number') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.values(value).flatMap(numbersIn)
}

/** So that other programs leave the log to us: what the lake's `upkeep` says. */
const RETENTION = {
  'delta.deletedFileRetentionDuration': 'interval 7 days',
  'delta.enableExpiredLogCleanup': 'false',
  'delta.logRetentionDuration': 'interval 30 days',
}

describe('what a lake leaves for other readers', () => {
  let messages: MessagesLake

  beforeAll(async () => {
    messages = await MessagesLake.open()
    await messages.drop('a.parquet', messageRows(0, 200))
    await messages.run(['land', 'silver'])
    await messages.drop('b.parquet', messageRows(200, ROWS - 200))
    await messages.run(['land', 'silver'])
  }, 30_000)

  afterAll(() => messages.close())

  /** The lines of a table's commits, in order. */
  function actionsOf(folder: string): Record<string, Json>[] {
    const log = messages.path(folder, '_delta_log')
    const commits = readdirSync(log).sort()
    return commits.flatMap((name) =>
      readFileSync(join(log, name), 'utf8')
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as Record<string, Json>),
    )
  }

  for (const [table, folder] of Object.entries(TABLES)) {
    test(`every number in the log of ${table} is an integer, which Spark insists on`, () => {
      const numbers = numbersIn(actionsOf(folder))
      expect(numbers.length).toBeGreaterThan(10)
      expect(numbers.filter((number) => !Number.isSafeInteger(number))).toEqual([])
    })

    test(`the log of ${table} has the fields that readers need, in every action`, () => {
      const actions = actionsOf(folder)
      const [protocol] = actions.flatMap(({ protocol }) => (protocol === undefined ? [] : [protocol]))
      expect(protocol).toEqual({ minReaderVersion: 1, minWriterVersion: 2 })
      const metaData = actions.flatMap((action) => (action.metaData === undefined ? [] : [action.metaData]))
      expect(metaData).toEqual([
        expect.objectContaining({
          configuration: RETENTION,
          format: { provider: 'parquet', options: {} },
          schemaString: expect.any(String),
        }),
      ])
      const adds = actions.flatMap((action) => (action.add === undefined ? [] : [action.add]))
      expect(adds.length).toBeGreaterThan(1)
      for (const add of adds) {
        expect(add).toMatchObject({ dataChange: true, partitionValues: expect.any(Object), stats: expect.any(String) })
      }
    })

    test(`another Parquet reader finds the rows, columns and marks of ${table} in its files`, async () => {
      const columns = ['timestamp', 'value', 'event_type', 'message_id', 'channel', 'country_id', 'user_id']
      const wanted = table === 'bronze' ? columns : [...columns, 'country'] // the partition is in the folder's name
      const sizes = new Map(
        actionsOf(folder).flatMap(({ add }) => {
          const { path, size, stats } = (add ?? {}) as { path?: string; size?: number; stats?: string }
          return path === undefined
            ? []
            : ([[messages.path(folder, decodeURIComponent(path)), { size, stats }]] as const)
        }),
      )
      let rows = 0
      for (const file of liveFiles(messages.path(folder))) {
        const metadata = await parquetMetadataAsync(await asyncBufferFromFile(file))
        expect(parquetSchema(metadata).children.map(({ element }) => element.name)).toEqual(wanted)
        const codecs = metadata.row_groups.flatMap((group) => group.columns.map((column) => column.meta_data?.codec))
        expect(new Set(codecs)).toEqual(new Set(['ZSTD']))
        const marks = new Map(metadata.key_value_metadata?.map(({ key, value }) => [key, value]))
        expect([...marks.keys()]).toEqual(
          expect.arrayContaining(['lakeweir.stream', 'lakeweir.batch', 'lakeweir.attempt']),
        )
        expect(sizes.get(file)?.size).toBe(statSync(file).size)
        expect((JSON.parse(sizes.get(file)?.stats ?? '{}') as { numRecords?: number }).numRecords).toBe(
          Number(metadata.num_rows),
        )
        rows += Number(metadata.num_rows)
      }
      const counts = (await messages.lake.validate()).rows
      const name = { bronze: 'bronze_messages', messages: 'messages', corrupted: 'messages_corrupted' }[table] ?? ''
      expect(rows).toBe(counts[name])
    })
  }

  test('its timestamps are microseconds adjusted to UTC, as Spark and Delta want them', async () => {
    const [file = ''] = liveFiles(messages.path(TABLES.bronze))
    const { schema } = await parquetMetadataAsync(await asyncBufferFromFile(file))
    expect(schema.find(({ name }) => name === 'timestamp')).toMatchObject({
      type: 'INT64',
      logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MICROS' },
    })
  })

  test('bronze and silver have all rows', async () => {
    const { rows } = await messages.lake.validate()
    expect(rows.bronze_messages).toBe(ROWS)
  })
})
