import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'

const REPOSITORY = join(import.meta.dirname, '../..')

/** DuckDB without Lakeweir, set as Lakeweir sets it: what a batch is compared with. */
export class RawDuckdb {
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance
    this.#connection = connection
  }

  static async open(): Promise<RawDuckdb> {
    const instance = await DuckDBInstance.create(':memory:', {
      threads: '2',
      memory_limit: '4GB',
      enable_external_file_cache: 'false',
    })
    const connection = await instance.connect()
    await connection.run("SET TimeZone = 'UTC'")
    await connection.run('SET preserve_insertion_order = false')
    await connection.run('SET partitioned_write_max_open_files = 1000')
    const countries = join(REPOSITORY, 'sql/reference/countries.csv')
    await connection.run(`CREATE TABLE countries AS FROM read_csv('${countries}', types = {'country_id': 'INTEGER'})`)
    return new RawDuckdb(instance, connection)
  }

  /** The silver SELECT over some bronze files, written with the same keys and codec, and no more. */
  async splitCopy(bronzeFiles: readonly string[], target: string): Promise<void> {
    const files = bronzeFiles.map((file) => `'${file}'`).join(', ')
    await this.#connection.run(`CREATE OR REPLACE VIEW bronze_messages AS FROM read_parquet([${files}])`)
    const select = readFileSync(join(REPOSITORY, 'sql/silver/route_messages.sql'), 'utf8')
    await this.#connection.run(
      `COPY (${select}) TO '${target}' (FORMAT parquet, COMPRESSION zstd, PARTITION_BY (destination, date))`,
    )
  }

  /** Some rows of bronze, as a file that a foreign program could have written. */
  async copyRows(query: string, target: string): Promise<void> {
    await this.#connection.run(`COPY (${query}) TO '${target}' (FORMAT parquet, COMPRESSION zstd)`)
  }

  close(): void {
    this.#connection.closeSync()
    this.#instance.closeSync()
  }
}
