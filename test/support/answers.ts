import { recordsOf } from '../../src/duckdb/session.ts'
import type { Row } from '../../src/duckdb/values.ts'
import type { Lake } from '../../src/index.ts'
import type { SparkAnswers } from './sparkBronze.ts'

/** What a messages lake answers today, in the form of the answers that another engine gave. */
export async function answersOf(lake: Lake): Promise<SparkAnswers> {
  const { ok, pending, rejectedFiles, problems, rows } = await lake.validate({ deep: true })
  if (!ok || pending > 0 || rejectedFiles > 0) {
    throw new Error(`not valid: ${pending} pending, ${rejectedFiles} rejected; ${problems.join(' ')}`)
  }
  return {
    bronze: rows.bronze_messages ?? 0,
    messages: rows.messages ?? 0,
    messages_corrupted: rows.messages_corrupted ?? 0,
    first_messages: await countOf(lake, 'first_messages'),
    event_types: await reportOf(lake, 'event-types'),
    user_activity: await reportOf(lake, 'user-activity'),
  }
}

export async function reportOf(lake: Lake, name: string): Promise<Row[]> {
  return recordsOf(await lake.report(name))
}

async function countOf(lake: Lake, view: string): Promise<number> {
  const { rows } = await lake.query(`SELECT CAST(count(*) AS INTEGER) FROM ${view}`)
  return Number(rows[0]?.[0])
}
