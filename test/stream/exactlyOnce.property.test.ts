import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { nodeDisk } from '../../src/files/disk.ts'
import { withSession } from '../../src/lake/sessions.ts'
import { TWO_HOURS_MS } from '../support/crashStates.ts'
import { StoppedError, stoppingDisk } from '../support/hookedDisk.ts'
import { MESSAGE_COLUMNS, MessagesLake } from '../support/messagesLake.ts'
import { rawSql } from '../support/sql.ts'

/** A soak takes more: `LAKEWEIR_TEST_RUNS=500`. */
const RUNS = Number(process.env.LAKEWEIR_TEST_RUNS ?? 12)

let lake: MessagesLake
let originals: string[] = []

beforeAll(async () => {
  lake = await MessagesLake.open()
})

afterAll(() => lake.close())

interface Message {
  /** Microseconds since 1970 as text, in the years 1 to 9999. */
  readonly timestamp: string | null
  readonly value: string | null
  readonly event_type: string | null
  readonly message_id: string | null
  readonly channel: string | null
  readonly country_id: number | null
  readonly user_id: number | null
}

/** What the process does next; the one that it is in may be stopped at a disk call. */
type Step =
  | { readonly kind: 'drop'; readonly rows: readonly Message[] }
  | { readonly kind: 'produce'; readonly rows: number; readonly stop: Stop }
  | { readonly kind: 'run'; readonly streams: readonly string[]; readonly limits: Limits; readonly stop: Stop }

type Stop = { readonly call: number; readonly when: 'before' | 'after' } | null
type Limits = { readonly maxFiles: number; readonly maxRows: number }

/** DuckDB's JSON reader takes no NUL in a text. */
const text = fc.string({ unit: 'grapheme', maxLength: 8 }).map((value) => value.replaceAll('\0', ''))
const events = fc.oneof(
  fc.constantFrom(null, '', 'NONE', 'none', 'None', ' NONE', 'NONE ', ' ', '\u00a0', 'NULL', 'OPEN', 'NONE\n'),
  text,
)
const INT32 = { min: -(2 ** 31), max: 2 ** 31 - 1 }
const messages: fc.Arbitrary<Message> = fc.record({
  timestamp: fc.option(
    fc
      .oneof(
        fc.bigInt({ min: 1_795_305_595_000_000n, max: 1_795_305_605_000_000n }),
        fc.bigInt({ min: -62_135_596_800_000_000n, max: 253_402_300_799_999_999n }),
      )
      .map(String),
  ),
  value: fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }).map(String)),
  event_type: events,
  message_id: fc.option(text),
  channel: fc.option(text),
  country_id: fc.option(fc.oneof(fc.integer({ min: 1998, max: 2017 }), fc.integer(INT32))),
  user_id: fc.option(fc.integer(INT32)),
})

const stops: fc.Arbitrary<Stop> = fc.option(
  fc.record({ call: fc.integer({ min: 1, max: 160 }), when: fc.constantFrom('before', 'after') }),
)
const limits: fc.Arbitrary<Limits> = fc.record({
  maxFiles: fc.integer({ min: 1, max: 3 }),
  maxRows: fc.integer({ min: 1, max: 20 }),
})
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('drop'), rows: fc.array(messages, { maxLength: 12 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant('produce'), rows: fc.integer({ min: 1, max: 9 }), stop: stops }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('run'),
      streams: fc.constantFrom(['land'], ['silver'], ['land', 'silver']),
      limits,
      stop: stops,
    }),
  },
)

test(
  'any rows, any limits, any stops: silver and corrupted together are the multiset of bronze',
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 2, maxLength: 7 }), async (sequence) => {
        lake.clear()
        originals = []
        for (const step of sequence) await take(step)
        await lake.produce(1)
        await lake.run(['land', 'silver'])
        // What stopped attempts left is dropped by the first start after their number was committed.
        lake.clock.advance(TWO_HOURS_MS)
        await lake.run(['produce', 'land', 'silver'], { generate: { rows: 0 } })
        expect([...(await lake.faults()), ...(await lake.viewFaults())]).toEqual([])
        expect(await strayRows()).toEqual([])
      }),
      { numRuns: RUNS },
    )
  },
  20_000 * RUNS,
)

async function take(step: Step): Promise<void> {
  if (step.kind === 'drop') {
    await drop(step.rows)
    return
  }
  const run = (): Promise<unknown> =>
    step.kind === 'produce' ? lake.produce(step.rows, 4) : lake.run(step.streams, { limits: step.limits })
  try {
    await lake.on(step.stop === null ? nodeDisk : stoppingDisk(nodeDisk, step.stop), run)
  } catch (error) {
    // Whatever a dead process says is its last word; a live one must not fail.
    if (step.stop === null || !isStopped(error)) throw error
  }
}

function isStopped(error: unknown): boolean {
  if (error instanceof StoppedError) return true
  return error instanceof Error && error.cause !== undefined && isStopped(error.cause)
}

/** Writes rows beside the lake, keeps that file as it is, and drops a copy into the landing folder. */
async function drop(rows: readonly Message[]): Promise<void> {
  const json = join(lake.folder, 'rows.ndjson')
  writeFileSync(json, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  const types =
    "{timestamp: 'BIGINT', value: 'BIGINT', event_type: 'VARCHAR', message_id: 'VARCHAR', channel: 'VARCHAR', " +
    "country_id: 'INTEGER', user_id: 'INTEGER'}"
  const select =
    'SELECT * REPLACE (make_timestamptz("timestamp") AS "timestamp") ' +
    `FROM read_json('${json}', format = 'newline_delimited', columns = ${types})`
  const original = join(lake.folder, `original-${originals.length}.parquet`)
  mkdirSync(lake.landing, { recursive: true })
  await withSession(lake.open, (session) => session.run(rawSql`COPY (${select}) TO '${original}' (FORMAT parquet)`))
  await lake.drop(`dropped ${originals.length}.parquet`, `FROM '${original}'`)
  originals.push(original)
}

/** Landed rows that were in no dropped file, and the other way round. */
async function strayRows(): Promise<unknown[]> {
  if (originals.length === 0) return []
  const columns = MESSAGE_COLUMNS.join(', ')
  const isLanded = (file: string): boolean => file.includes('/land-')
  const landed = `SELECT ${columns} FROM ${lake.filesOf('bronze_messages', isLanded)}`
  const dropped = `SELECT ${columns} FROM read_parquet([${originals.map((file) => `'${file}'`).join(', ')}])`
  return withSession(lake.open, (session) =>
    session.rows(
      rawSql`SELECT 'only in bronze' AS fault, * FROM (${landed} EXCEPT ALL ${dropped}) UNION ALL
        SELECT 'only dropped' AS fault, * FROM (${dropped} EXCEPT ALL ${landed})`,
    ),
  )
}
