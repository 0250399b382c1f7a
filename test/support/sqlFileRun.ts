import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import type { Columns } from '../../src/columns.ts'
import { Database, type Result, recordsOf, type Session } from '../../src/duckdb/session.ts'
import { readReference } from '../../src/duckdb/sql/references.ts'
import { createTempTableOf, createTempView } from '../../src/duckdb/sql/statements.ts'
import type { Row } from '../../src/duckdb/values.ts'
import { rawSql } from './sql.ts'
import { temporaryFolder } from './temporaryFolder.ts'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

type Cell = string | number | null

/** The .sql files of the messages lake, run as they stand over rows that a test gives. */
export class SqlFileRun {
  readonly #session: Session

  private constructor(session: Session) {
    this.#session = session
  }

  static async open(): Promise<SqlFileRun> {
    const folder = join(temporaryFolder(), 'temp')
    const database = await Database.open({ threads: 2, memoryLimit: '1GB', tempFolder: folder })
    const session = await database.connect()
    onTestFinished(() => {
      session.close()
      database.close()
    })
    return new SqlFileRun(session)
  }

  /** A relation with these rows; a column that a row leaves out is NULL. */
  async give(name: string, columns: Columns, rows: readonly Readonly<Record<string, Cell>>[]): Promise<void> {
    const names = Object.keys(columns)
    const cells = rows.map((row) => names.map((column) => row[column] ?? null))
    await this.#session.run(createTempTableOf(name, columns, cells))
  }

  async giveReference(name: string, file: string, columns: Columns): Promise<void> {
    await this.#session.run(createTempView(name, readReference({ name, file: join(REPOSITORY, file), columns })))
  }

  /** Makes a view of a .sql file that is one SELECT. */
  async giveView(name: string, file: string): Promise<void> {
    await this.#session.run(createTempView(name, rawSql`\n${textOf(file)}`))
  }

  run(file: string): Promise<Result> {
    return this.#session.script(rawSql`${textOf(file)}`)
  }

  async rows(file: string): Promise<Row[]> {
    return recordsOf(await this.run(file))
  }
}

function textOf(file: string): string {
  return readFileSync(join(REPOSITORY, file), 'utf8')
}

export const MESSAGE: Columns = {
  timestamp: 'TIMESTAMPTZ',
  value: 'BIGINT',
  event_type: 'VARCHAR',
  message_id: 'VARCHAR',
  channel: 'VARCHAR',
  country_id: 'INTEGER',
  user_id: 'INTEGER',
}

export const ENRICHED: Columns = { ...MESSAGE, country: 'VARCHAR', date: 'DATE' }
