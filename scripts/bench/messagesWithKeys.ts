import { join } from 'node:path'
import type { RawDuckdb } from './raw.ts'

const FIRST = "TIMESTAMPTZ '2026-11-01 00:00:00+00'"
/** From one message to the next. */
const STEP_MS = 30
/** A duplicate is at most an hour away from the first message of its key. */
const APART_MS = 3_600_000

/** How the rows of a batch are mixed: so many in a thousand have new keys, so many come before the first of theirs. */
export interface Mix {
  readonly fresh: number
  readonly earlier: number
}

export const MIXES = { typical: { fresh: 985, earlier: 5 }, half: { fresh: 500, earlier: 250 } } as const

/** The columns of a valid message. @param key  of its own, or of an earlier message that it repeats */
function message(key: string, time: string, value: string): string {
  const one = (of: string, values: readonly string[]) =>
    `[${values.map((name) => `'${name}'`).join(', ')}][1 + CAST(hash(${of}) % ${values.length} AS INTEGER)]`
  return `SELECT ${time} AS timestamp, CAST(${value} AS BIGINT) AS value,
    ${one(`${key}, 'e'`, ['OPEN', 'RECEIVED', 'SENT', 'CREATED', 'CLICKED'])} AS event_type,
    CAST(CAST(md5('m' || ${key}) AS UUID) AS VARCHAR) AS message_id,
    ${one(`${key}, 'c'`, ['CHAT', 'EMAIL', 'SMS', 'PUSH', 'OTHER'])} AS channel,
    CAST(2000 + hash(${value}, 'n') % 16 AS INTEGER) AS country_id,
    CAST(1000 + hash(${value}, 'u') % 50 AS INTEGER) AS user_id,
    'Country ' || (hash(${value}, 'n') % 16) AS country, CAST(${time} AS DATE) AS date`
}

/** Writes messages with so many keys, and so many of each. @returns the file */
export async function writeKeys(raw: RawDuckdb, folder: string, keys: number, each = 1): Promise<string> {
  const file = join(folder, `keys-${keys}-${each}.parquet`)
  const time = `${FIRST} + to_milliseconds(i * ${STEP_MS})`
  await raw.timedCopy(`${message(`i // ${each}`, time, 'i')} FROM range(${keys * each}) AS r(i)`, file)
  return file
}

/** Writes a batch of 1,000 messages, after so many keys and so many batches. @returns the file */
export async function writeBatch(
  raw: RawDuckdb,
  folder: string,
  name: string,
  { fresh, earlier }: Mix,
  keys: number,
  batch: number,
): Promise<string> {
  const file = join(folder, `${name}-${keys}-${batch}.parquet`)
  const value = `(${keys + batch * 1_000} + i)`
  const apart = `CAST(1 + hash(i, ${batch}, 'd') % ${APART_MS} AS BIGINT)`
  const key = `CASE WHEN i < ${fresh} THEN ${value} ELSE CAST(hash(i, ${batch}, '${name}') % ${keys} AS BIGINT) END`
  const time = `${FIRST} + to_milliseconds(CASE WHEN i < ${fresh} THEN ${value} * ${STEP_MS}
    WHEN i < ${fresh + earlier} THEN k * ${STEP_MS} - ${apart} ELSE k * ${STEP_MS} + ${apart} END)`
  await raw.timedCopy(
    `${message('k', time, 'v')} FROM (SELECT i, ${key} AS k, ${value} AS v FROM range(1000) AS r(i))`,
    file,
  )
  return file
}
