import { cpSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Row } from '../../src/duckdb/values.ts'

// Files of the PySpark producer that this tool replaces, and the answers that another engine computed from them.
const folder = fileURLToPath(new URL('../../../shared/data/spark-bronze', import.meta.url))

export const SPARK_BRONZE = '../shared/data/spark-bronze'

export const hasSparkBronze = existsSync(folder)

export interface SparkAnswers {
  readonly bronze: number
  readonly messages: number
  readonly messages_corrupted: number
  readonly first_messages: number
  readonly event_types: readonly Row[]
  readonly user_activity: readonly Row[]
}

export function sparkAnswers(): SparkAnswers {
  const answers = JSON.parse(readFileSync(`${folder}.expected.json`, 'utf8')) as SparkAnswers
  const { bronze, messages, messages_corrupted, first_messages, event_types, user_activity } = answers
  return { bronze, messages, messages_corrupted, first_messages, event_types, user_activity }
}

/** The Parquet files, whole paths in name order. */
export function sparkFiles(): string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.parquet') && !name.startsWith('.'))
  return names.sort().map((name) => join(folder, name))
}

/** Copies the folder as it is, with Spark's marker and checksum files. */
export function copySparkBronze(into: string): void {
  cpSync(folder, into, { recursive: true })
}
