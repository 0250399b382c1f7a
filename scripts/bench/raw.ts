import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import { thisMachine } from '../../src/duckdb/machine.ts'
import { shareOf } from '../../src/duckdb/share.ts'
import { generatedRows } from '../../src/duckdb/sql/batch.ts'
import { setVariable } from '../../src/duckdb/sql/statements.ts'
import { loadLake } from '../../src/lake/config/load.ts'
import { CONFIG, REPOSITORY, SEED } from './lakes.ts'
import { timed } from './measure.ts'

/** DuckDB without Lakeweir, with the same settings, to compare Lakeweir with. */
export class RawDuckdb {
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance
    this.#connection = connection
  }

  static async open(): Promise<RawDuckdb> {
    const { threads, memoryBytes } = shareOf(thisMachine())
    const instance = await DuckDBInstance.create(':memory:', {
      threads: String(threads),
      memory_limit: `${memoryBytes}B`,
      enable_external_file_cache: 'false',
    })
    const raw = new RawDuckdb(instance, await instance.connect())
    await raw.run("SET TimeZone = 'UTC'")
    await raw.run('SET preserve_insertion_order = false')
    await raw.run('SET partitioned_write_max_open_files = 1000')
    const countries = join(REPOSITORY, 'sql/reference/countries.csv')
    await raw.run(`CREATE TABLE countries AS FROM read_csv('${countries}', types = {'country_id': 'INTEGER'})`)
    return raw
  }

  async run(sql: string): Promise<void> {
    await this.#connection.run(sql)
  }

  /** Runs every statement of a script. @returns the rows of the last */
  async script(sql: string): Promise<readonly (readonly unknown[])[]> {
    const statements = await this.#connection.extractStatements(sql)
    let rows: readonly (readonly unknown[])[] = []
    for (let index = 0; index < statements.count; index++) {
      const statement = await statements.prepare(index)
      rows = (await statement.runAndReadAll()).getRowsJson()
      statement.destroySync()
    }
    return rows
  }

  /** Writes the rows of a SELECT with the codec of a lake's tables. @returns how many milliseconds it took */
  async timedCopy(select: string, target: string, options = ''): Promise<number> {
    return timed(() =>
      this.run(`COPY (${select}) TO '${target}' (FORMAT parquet, COMPRESSION zstd, PARQUET_VERSION v1${options})`),
    )
  }

  /** The silver SELECT over the files that `readBronze` has named, split as Lakeweir splits it. */
  async timedSplit(target: string): Promise<number> {
    return this.timedCopy(sqlFile('silver/route_messages.sql'), target, ', PARTITION_BY (destination, date)')
  }

  /** Names the files that `timedSplit` reads. */
  async readBronze(files: readonly string[]): Promise<void> {
    await this.run(`CREATE OR REPLACE VIEW bronze_messages AS FROM read_parquet(${fileList(files)})`)
  }

  /** Sets the variables that the SELECT of the stream `produce` reads, as that stream does. @returns that SELECT */
  async generateMessages(rows: number, firstMicros: number, stepMicros: number): Promise<string> {
    const { streams } = await loadLake({ config: CONFIG })
    const source = streams.find(({ name }) => name === 'produce')?.source
    if (source === undefined) throw new TypeError('the config has no stream produce')
    for (const [name, value] of Object.entries({ ...(await source.sampleVariables()), seed: SEED })) {
      await this.run(setVariable(name, value))
    }
    await this.run(`CREATE OR REPLACE TEMP VIEW generated AS ${generatedRows(0, rows, firstMicros, stepMicros)}`)
    return sqlFile('bronze/generate_messages.sql')
  }

  close(): void {
    this.#connection.closeSync()
    this.#instance.closeSync()
  }
}

/** The text of one of the messages lake's SQL files. */
export function sqlFile(path: string): string {
  return readFileSync(join(REPOSITORY, 'sql', path), 'utf8')
}

/** A list of files as `read_parquet` takes it. */
export function fileList(files: readonly string[]): string {
  return `[${files.map((file) => `'${file}'`).join(', ')}]`
}
