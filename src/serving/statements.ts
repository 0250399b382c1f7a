import type { Session } from '../duckdb/session.ts'
import type { Sql } from '../duckdb/sql/sql.ts'
import { script } from '../duckdb/sql/statements.ts'
import type { Row } from '../duckdb/values.ts'
import type { NumberVectors } from '../duckdb/vectors.ts'

/**
 * Statements for a session, in their order. Those that only change something wait until something is read: a call of
 * DuckDB costs as much as a short statement.
 */
export class Statements {
  readonly #session: Session
  #waiting: readonly Sql[]

  /** @param first  what is run before everything else, such as BEGIN */
  constructor(session: Session, first: readonly Sql[] = []) {
    this.#session = session
    this.#waiting = first
  }

  add(...statements: readonly Sql[]): void {
    this.#waiting = [...this.#waiting, ...statements]
  }

  /** Runs those that wait. */
  async run(): Promise<void> {
    if (this.#waiting.length > 0) await this.#session.run(this.#after())
  }

  /** Runs those that wait, then this one, and returns its rows. */
  async rows(sql: Sql): Promise<Row[]> {
    return this.#session.rows(this.#after(sql))
  }

  /** Runs those that wait, then this one, and returns its numbers, none of which may be NULL. */
  async vectors(sql: Sql): Promise<NumberVectors[]> {
    return this.#session.vectors(this.#after(sql))
  }

  #after(...last: readonly Sql[]): Sql {
    const all = [...this.#waiting, ...last]
    this.#waiting = []
    return script(all)
  }
}
