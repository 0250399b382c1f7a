import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Action, encodePath, type MetaData, renderCommit } from '../../src/delta/actions.ts'
import type { Result } from '../../src/duckdb/session.ts'
import { Lake, LakeError } from '../../src/index.ts'
import { inDuckdb } from './duckdb.ts'
import { rawSql } from './sql.ts'
import { temporaryFolder } from './temporaryFolder.ts'

/** A field of a Delta schema. */
export interface Field {
  readonly name: string
  readonly type: unknown
}

interface TableConfig {
  readonly path: string
  readonly columns: Readonly<Record<string, string>>
  readonly partitionBy?: readonly string[]
}

export interface LoggedConfig {
  readonly tables: Readonly<Record<string, TableConfig>>
  /** What the view `seen` selects. */
  readonly view: string
  /** What the stream into `days` selects, where it is not DAYS. */
  readonly days?: string
  /** How its files are tended, where it is not as usual. */
  readonly upkeep?: Readonly<Record<string, unknown>>
}

export const DECLARED: LoggedConfig = {
  tables: {
    events: { path: 'raw/events', columns: { id: 'BIGINT', kind: 'VARCHAR' } },
    days: { path: 'by/day', columns: { id: 'BIGINT', kind: 'VARCHAR', day: 'DATE' }, partitionBy: ['day'] },
  },
  view: 'SELECT * FROM events',
}

export const DAYS = `SELECT *, DATE '2026-01-01' + CAST(id AS INTEGER) AS day FROM events`

/** A lake of two tables whose config changes, and whose logs other writers append to. */
export class LoggedLake {
  readonly folder = temporaryFolder()
  readonly root = join(this.folder, 'lake')
  /** The config that it was opened under last. */
  config = ''

  /** The lake with rows 1 and 2 in both tables, and its `lake.sql`. */
  static async make(): Promise<LoggedLake> {
    const made = new LoggedLake()
    const lake = await made.open()
    await made.land(lake, '1', `SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS v(id, kind)`)
    return made
  }

  /** Opens it under a config. Closed when the test ends. */
  async open({ tables, view, days = DAYS, upkeep = {} }: LoggedConfig = DECLARED): Promise<Lake> {
    const header = (name: string, out: string): string => `-- ${name}: a case; one row per event.\n--\n-- ${out}\n`
    const inAndOut = 'in   events   the rows\n-- out  what is given'
    this.#write('sql/days.sql', `${header('days.sql', inAndOut)}${days}\n`)
    this.#write('sql/views/seen.sql', `${header('views/seen.sql', inAndOut)}${view}\n`)
    const streams = {
      land: { from: { kind: 'parquetFolder', path: 'landing', afterCommit: 'delete' }, into: ['events'] },
      days: {
        from: { kind: 'deltaTable', table: 'events', skipChangeCommits: false },
        select: 'sql/days.sql',
        into: ['days'],
      },
    }
    const known = Object.fromEntries(
      Object.entries(streams).filter(([, { into }]) => into.every((name) => tables[name])),
    )
    const config = { root: 'lake', tables, streams: known, views: 'sql/views', upkeep }
    // Another name each time: a module is loaded once.
    const name = `lake-${readdirSync(this.folder).length}-${Object.keys(tables).length}.config.mjs`
    this.#write(name, `export default ${JSON.stringify(config)}\n`)
    this.config = join(this.folder, name)
    const lake = await Lake.open({ config: this.config, database: { threads: 1 } })
    onTestFinished(() => lake.close())
    return lake
  }

  async land(lake: Lake, name: string, rows: string): Promise<void> {
    mkdirSync(join(this.root, 'landing'), { recursive: true })
    await inDuckdb((session) => session.run(rawSql`COPY (${rows}) TO '${this.root}/landing/${name}.parquet'`))
    await lake.run({ streams: ['land', 'days'], availableNow: true })
  }

  /** What another writer commits to a table: new columns, a file of these rows, or both. */
  async commit(table: string, change: { fields?: readonly Field[]; rows?: string; folder?: string }): Promise<void> {
    const data = join(this.root, table, 'data')
    const actions: Action[] = []
    if (change.fields !== undefined) actions.push({ metaData: withFields(metaDataOf(data), change.fields) })
    const version = commitsOf(data).length
    const { rows } = change
    if (rows !== undefined) {
      const path = join(change.folder ?? '', `foreign-${version}.parquet`)
      mkdirSync(dirname(join(data, path)), { recursive: true })
      await inDuckdb((session) => session.run(rawSql`COPY (${rows}) TO '${join(data, path)}' (FORMAT parquet)`))
      const size = statSync(join(data, path)).size
      actions.push({
        add: { path: encodePath(path), partitionValues: {}, size, modificationTime: 0, dataChange: true },
      })
    }
    writeFileSync(join(data, '_delta_log', `${String(version).padStart(20, '0')}.json`), renderCommit(actions))
  }

  get lakeSql(): string {
    return join(this.root, 'lake.sql')
  }

  /** What a DuckDB that knows nothing of Lakeweir finds by `lake.sql`. */
  byLakeSql(query: string, before = ''): Promise<Result> {
    return inDuckdb((session) => session.script(rawSql`${before}${readFileSync(this.lakeSql, 'utf8')}\n${query}`))
  }

  #write(path: string, content: string): void {
    mkdirSync(dirname(join(this.folder, path)), { recursive: true })
    writeFileSync(join(this.folder, path), content)
  }
}

function commitsOf(data: string): string[] {
  return readdirSync(join(data, '_delta_log'))
    .filter((name) => name.endsWith('.json'))
    .sort()
}

/** The newest metadata in a table's log. */
function metaDataOf(data: string): MetaData {
  const lines = commitsOf(data).flatMap((name) => readFileSync(join(data, '_delta_log', name), 'utf8').split('\n'))
  const actions = lines.filter((line) => line !== '').map((line) => JSON.parse(line) as { metaData?: MetaData })
  const found = actions.flatMap(({ metaData }) => metaData ?? [])
  const last = found.at(-1)
  if (last === undefined) throw new Error(`${data} has no metadata`)
  return last
}

function withFields(metaData: MetaData, fields: readonly Field[]): MetaData {
  const whole = fields.map((field) => ({ ...field, nullable: true, metadata: {} }))
  return { ...metaData, schemaString: JSON.stringify({ type: 'struct', fields: whole }) }
}

/** The error that work is refused with, in its own words. */
export async function refusal(work: () => Promise<unknown>): Promise<string> {
  try {
    await work()
    return 'taken'
  } catch (error) {
    if (error instanceof LakeError) return `${error.code}: ${error.message}`
    throw error
  }
}
