import { Database, type Session } from '../../src/duckdb/session.ts'
import { createTempTable, createTempView } from '../../src/duckdb/sql/statements.ts'
import { assertRowsKept } from '../../src/engines/duckdb/rowsKept.ts'
import { LakeError } from '../../src/errors.ts'
import type { Reference } from '../../src/tables/engine.ts'
import { rawSql } from './sql.ts'
import { makeTemporaryFolder, removeFolder } from './temporaryFolder.ts'

/** How many rows `given` has; their `id` counts up from 0. */
export const GIVEN_ROWS = 12

const GIVEN = `SELECT range::INTEGER AS id, ['a', 'b', 'A', NULL][1 + range % 4] AS k, range % 3 AS n,
  ['x', 'y'] AS l, {'k': 'a', 'x': 1} AS box, TIMESTAMPTZ '2026-11-22 10:00:00+00' AS seen_at FROM range(${GIVEN_ROWS})`

const REFERENCES: readonly Reference[] = [
  { name: 'ref', file: 'ref.csv', columns: { k: 'VARCHAR', x: 'INTEGER', z: 'VARCHAR' }, key: 'k' },
  { name: 'zones', file: 'zones.csv', columns: { z: 'VARCHAR', label: 'VARCHAR' }, key: 'z' },
]

/** A session with the source `given` and the references `ref` and `zones`, for SELECTs to be proved and run. */
export class ProvedSelects {
  readonly session: Session
  readonly #database: Database
  readonly #folder: string

  private constructor(session: Session, database: Database, folder: string) {
    this.session = session
    this.#database = database
    this.#folder = folder
  }

  static async open(): Promise<ProvedSelects> {
    const folder = makeTemporaryFolder()
    const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder: folder })
    const session = await database.connect()
    await session.run(createTempView('given', rawSql`${GIVEN}`))
    await session.run(
      createTempTable('ref', rawSql`FROM (VALUES ('a', 1, 'n'), ('A', 2, 's'), ('c', 3, 'n')) AS v(k, x, z)`),
    )
    await session.run(createTempTable('zones', rawSql`FROM (VALUES ('n', 'north'), ('s', 'south')) AS v(z, label)`))
    // What a query of somebody else may have left in the same database.
    await session.run(rawSql`CREATE TABLE main.given AS FROM range(2) AS r(id); CREATE TABLE other AS FROM main.given`)
    return new ProvedSelects(session, database, folder)
  }

  close(): void {
    this.session.close()
    this.#database.close()
    removeFolder(this.#folder)
  }

  /** @returns the refusal; undefined where the SELECT is taken */
  async prove(text: string): Promise<LakeError | undefined> {
    await this.session.describe(rawSql`${text}`) // only what binds is proved
    try {
      await assertRowsKept(this.session, { name: 'split.sql', text }, 'given', REFERENCES)
      return undefined
    } catch (error) {
      if (error instanceof LakeError) return error
      throw error
    }
  }

  /** Whether a SELECT returns every row of `given` once. */
  async returnsEachOnce(text: string): Promise<boolean> {
    const rows = await this.session.rows(rawSql`SELECT to_json(g)->>'$.id' AS id FROM (${text}\n) AS g`)
    const ids = new Set(rows.map(({ id }) => id))
    return rows.length === GIVEN_ROWS && ids.size === GIVEN_ROWS && !ids.has(null)
  }
}
