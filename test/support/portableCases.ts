import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Columns } from '../../src/columns.ts'
import { Database, type Session } from '../../src/duckdb/session.ts'
import { rawSql } from './sql.ts'
import { temporaryFolder } from './temporaryFolder.ts'

// Expressions and queries that DuckDB and Spark read alike, and others, over tables of values on which engines differ.

const FIXTURES = fileURLToPath(new URL('../fixtures/portability/', import.meta.url))

export const TABLES = ['hostile', 'mild', 'texts'] as const

/** A relation that an expression is computed for, or `query`; the SQL; and what is said of it, if it is refused. */
export type Case = readonly [relation: string, sql: string, says?: string]

export const SAME = casesIn('same.tsv')
export const DIFFERENT = casesIn('different.tsv')

function casesIn(name: string): readonly Case[] {
  const lines = readFileSync(join(FIXTURES, name), 'utf8').split('\n')
  return lines.filter((line) => line !== '').map((line) => line.split('\t') as unknown as Case)
}

export async function openTables(): Promise<{ session: Session; relations: ReadonlyMap<string, Columns> }> {
  const tempFolder = join(temporaryFolder(), 'temp')
  const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder })
  const session = await database.connect()
  onTestFinished(() => {
    session.close()
    database.close()
  })
  await session.script(rawSql`${readFileSync(join(FIXTURES, 'rows.sql'), 'utf8')}`)
  await session.setVariable('batch_time', '2026-11-22T10:00:00.000Z')
  const relations = new Map<string, Columns>()
  for (const name of TABLES) relations.set(name, await session.describe(rawSql`FROM ${name}`))
  return { session, relations }
}

export function textOf([relation, sql]: Case): string {
  return relation === 'query' ? sql : `SELECT n, ${sql} AS x FROM ${relation}`
}
