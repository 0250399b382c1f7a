import { Database, type Session } from '../../src/duckdb/session.ts'
import { LakeError } from '../../src/errors.ts'
import type { LiveModel } from '../../src/serving/model.ts'
import { ModelReader, type ModelSources } from '../../src/serving/models/modelReader.ts'
import { rawSql } from './sql.ts'
import { makeTemporaryFolder, removeFolder } from './temporaryFolder.ts'

/** The columns that models of the tests read; some are called as what is stored. */
const GIVEN = {
  seen_at: 'TIMESTAMPTZ',
  day: 'DATE',
  kind: 'VARCHAR',
  zone: 'INTEGER',
  small: 'SMALLINT',
  number: 'INTEGER',
  wide: 'BIGINT',
  price: 'DECIMAL(12, 2)',
  exact: 'DECIMAL(38, 4)',
  heat: 'DOUBLE',
  cold: 'FLOAT',
  ok: 'BOOLEAN',
  raw: 'BLOB',
  g0: 'INTEGER',
  n: 'INTEGER',
  batch: 'VARCHAR',
} as const

const FIRSTS = `SELECT * FROM given QUALIFY row_number() OVER (PARTITION BY kind, zone ORDER BY seen_at, wide DESC) = 1`

export const SOURCES: ModelSources = {
  tables: [
    { name: 'given', columns: GIVEN },
    { name: 'others', columns: { kind: 'VARCHAR', n: 'INTEGER' } },
  ],
  views: [
    { view: 'firsts', name: 'sql/views/firsts.sql', text: FIRSTS },
    { view: 'daily', name: 'sql/views/daily.sql', text: 'SELECT day, count(*) AS rows FROM given GROUP BY ALL' },
  ],
  references: [
    { name: 'zones', file: 'zones.csv', columns: { zone: 'INTEGER', label: 'VARCHAR', a0: 'INTEGER' }, key: 'zone' },
    { name: 'kinds', file: 'kinds.csv', columns: { code: 'VARCHAR', title: 'VARCHAR' }, key: 'code' },
  ],
}

const INPUTS = ['given', 'others', 'firsts', 'zones', 'kinds']

/** Rows with many NULLs, equal values, and the largest and smallest of their types. */
const ROWS = `SELECT
  ['2026-11-22 10:00:00+00', '2026-11-22 10:00:59.9+00', '2026-11-22 23:59:59+00', NULL][1 + p(i, 1, 4)]::TIMESTAMPTZ AS seen_at,
  ['2026-11-22', '2026-11-23', '0001-01-01', NULL][1 + p(i, 2, 4)]::DATE AS day,
  ['a', 'A', 'é', '', 'b', NULL][1 + p(i, 3, 6)] AS kind, [1, 2, 3, 9, NULL][1 + p(i, 4, 5)] AS zone,
  [0, -7, 32767, NULL][1 + p(i, 5, 4)]::SMALLINT AS small, [1, 2, -2147483648, 2147483647, NULL][1 + p(i, 6, 5)] AS number,
  [9223372036854775807, -9223372036854775808, 3, NULL][1 + p(i, 7, 4)]::BIGINT AS wide,
  [0.01, 9999999999.99, -0.1, NULL][1 + p(i, 8, 4)]::DECIMAL(12, 2) AS price, NULL::DECIMAL(38, 4) AS exact,
  ['0.5', 'NaN', '-Infinity', '-0.0', NULL][1 + p(i, 9, 5)]::DOUBLE AS heat, NULL::FLOAT AS cold,
  [true, false, NULL][1 + p(i, 10, 3)] AS ok, ['\\x00'::BLOB, ''::BLOB, NULL][1 + p(i, 11, 3)] AS raw,
  p(i, 12, 3) AS g0, p(i, 13, 2) AS n, ['x', 'y'][1 + p(i, 14, 2)] AS batch`

/** A DuckDB in which models are read, and kept in the simplest way there is: the results of parts are merged. */
export class ReadModels {
  readonly session: Session
  readonly #database: Database
  readonly #folder: string
  readonly #reader: ModelReader
  readonly #reading: Session

  private constructor(
    session: Session,
    reading: Session,
    reader: ModelReader,
    place: { readonly database: Database; readonly folder: string },
  ) {
    this.session = session
    this.#reading = reading
    this.#reader = reader
    this.#database = place.database
    this.#folder = place.folder
  }

  static async open(): Promise<ReadModels> {
    const folder = makeTemporaryFolder()
    const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder: folder })
    const reading = await database.connect()
    const session = await database.connect()
    await session.run(rawSql`CREATE TEMP TABLE zones (zone INTEGER, label VARCHAR, a0 INTEGER);
      INSERT INTO zones VALUES (1, 'north', 5), (2, 'south', NULL), (4, 'west', 7);
      CREATE TEMP TABLE kinds (code VARCHAR, title VARCHAR);
      INSERT INTO kinds VALUES ('a', 'first'), ('b', 'second');
      CREATE TEMP MACRO p(i, salt, size) AS CAST(hash(i * 1000 + salt) % size AS INTEGER)`)
    return new ReadModels(session, reading, await ModelReader.open(reading, SOURCES), { database, folder })
  }

  close(): void {
    this.session.close()
    this.#reading.close()
    this.#database.close()
    removeFolder(this.#folder)
  }

  async read(text: string, inputs: readonly string[] = INPUTS): Promise<LiveModel> {
    return await this.#reader.read({ called: 'counted', name: 'sql/live/counted.sql', text, inputs })
  }

  /** @returns the refusal; undefined where the model is taken */
  async refusal(text: string, inputs?: readonly string[]): Promise<LakeError | undefined> {
    try {
      await this.read(text, inputs)
      return undefined
    } catch (error) {
      if (error instanceof LakeError) return error
      throw error
    }
  }

  /** Makes the rows that models read, each with the part in which it comes. */
  async fill(rows: number, parts: number, seed: number): Promise<void> {
    await this.session.run(rawSql`CREATE OR REPLACE TEMP TABLE every AS
      SELECT i AS id, p(i, 99, ${parts}) AS part, rows.* FROM range(${seed * 10_000}, ${seed * 10_000 + rows}) AS r(i), (${ROWS}) AS rows`)
    for (const table of ['given', 'firsts']) {
      await this.session.run(rawSql`CREATE OR REPLACE TEMP VIEW ${table} AS SELECT * EXCLUDE (id, part) FROM every`)
    }
  }

  /**
   * Compares a model with its SELECT: the results of every part are merged; then a part is taken back again, and groups
   * that may have lost their extremes are computed anew.
   * @returns the rows that are on one side only; none where the model is exact
   */
  async difference(model: LiveModel, parts: number, isTakenBack: boolean): Promise<unknown[]> {
    const { session } = this
    const groups = model.groups.map(({ name }) => `"${name}"`).join(', ')
    // No more than what it says that it reads.
    const reads = model.reads.map((name) => `"${name}"`).join(', ')
    const sign = (part: number): string => (isTakenBack && part === parts ? '-1' : '1')
    // The first part comes twice, and is taken back once.
    const rowsOf = (part: number): string => `part = ${part % parts}`
    const stored: string[] = []
    for (let part = 0; part < parts + (isTakenBack ? 2 : 0); part++) {
      const rows = part > parts ? 'part = 0' : rowsOf(part)
      await session.run(rawSql`CREATE OR REPLACE TEMP VIEW part_rows AS SELECT ${reads} FROM every WHERE ${rows}`)
      await session.run(rawSql`CREATE OR REPLACE TEMP TABLE part_${part} AS ${model.partialsOf('part_rows')}`)
      stored.push(`SELECT ${sign(part)} AS sign, * FROM part_${part}`)
    }
    const merged = model.partials.map(({ name, type, merge }) =>
      merge === 'sum' ? `CAST(sum(sign * "${name}") AS ${type}) AS "${name}"` : `${merge}("${name}") AS "${name}"`,
    )
    await session.run(rawSql`CREATE OR REPLACE TEMP TABLE kept AS SELECT * FROM
      (SELECT ${groups}, ${merged.join(', ')} FROM (${stored.join(' UNION ALL ')}) GROUP BY ALL) WHERE n > 0`)
    if (isTakenBack) {
      await session.run(rawSql`CREATE OR REPLACE TEMP TABLE touched AS SELECT ${groups} FROM part_0;
        CREATE OR REPLACE TEMP VIEW every_read AS SELECT ${reads} FROM ${model.relation.name};
        CREATE OR REPLACE TEMP TABLE anew AS ${model.partialsOf('every_read', 'touched')};
        DELETE FROM kept USING touched WHERE ${model.groups.map(({ name }) => `kept."${name}" IS NOT DISTINCT FROM touched."${name}"`).join(' AND ')};
        INSERT INTO kept BY NAME FROM anew`)
    }
    const types = [rawSql`${model.text}`, model.resultOf('kept')].map((select) => session.describe(select))
    const [wantedTypes, shownTypes] = (await Promise.all(types)).map((columns) => JSON.stringify(columns))
    if (wantedTypes !== shownTypes || wantedTypes !== JSON.stringify(model.columns)) {
      return [{ wantedTypes, shownTypes, columns: model.columns }]
    }
    await session.run(rawSql`CREATE OR REPLACE TEMP TABLE wanted AS ${model.text};
      CREATE OR REPLACE TEMP TABLE shown AS ${model.resultOf('kept')}`)
    return await session.rows(rawSql`SELECT 'wanted' AS side, to_json(w) AS row FROM (FROM wanted EXCEPT ALL FROM shown) AS w
      UNION ALL SELECT 'shown', to_json(s) FROM (FROM shown EXCEPT ALL FROM wanted) AS s`)
  }
}
