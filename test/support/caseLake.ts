import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type BatchProgress, Lake, LakeError, type Rows, type RunOptions } from '../../src/index.ts'
import { namedStream } from '../../src/lake/byName.ts'
import { closeLake, type OpenLake, openLake } from '../../src/lake/openLake.ts'
import { withSession } from '../../src/lake/sessions.ts'
import type { Checkpoint } from '../../src/tables/checkpoint.ts'
import { rawSql } from './sql.ts'
import { makeTemporaryFolder, removeFolder } from './temporaryFolder.ts'

type Columns = Readonly<Record<string, string>>

/** One stream over the rows of the lake, with tables of its own: what goes wrong there touches no other. */
export interface CaseStream {
  /** The stream's; its tables are named after it. */
  readonly stream: string
  /** What follows the header of its .sql file. */
  readonly select: string
  /** `kept` where left out. */
  readonly rows?: Rows
  /** Tables by the end of their name; one alone may have none. */
  readonly tables: Readonly<Record<string, { readonly columns: Columns; readonly partitionBy?: readonly string[] }>>
  /** A CSV file that the SELECT joins by this name. */
  readonly reference?: {
    readonly name: string
    readonly columns: Columns
    readonly key: string
    readonly csv?: string | Buffer
  }
}

/** A lake whose cases are its streams: they share one landing table and one DuckDB. */
export class CaseLake {
  readonly folder: string
  readonly open: OpenLake
  /** The calls of the library on it. */
  readonly lake: Lake

  private constructor(folder: string, open: OpenLake) {
    this.folder = folder
    this.open = open
    this.lake = Lake.of(open)
  }

  /** Makes the lake and lands the rows of a SELECT, whose columns are given, in its table `given`. */
  static async open(columns: Columns, rows: string, cases: readonly CaseStream[]): Promise<CaseLake> {
    const folder = makeTemporaryFolder()
    for (const { stream, select, reference } of cases) {
      write(join(folder, 'sql', `${stream}.sql`), `${headerOf(stream, reference?.name)}\n${select}\n`)
      if (reference?.csv !== undefined) write(join(folder, 'ref', `${reference.name}.csv`), reference.csv)
    }
    write(join(folder, 'lakeweir.config.mjs'), `export default ${JSON.stringify(configOf(columns, cases))}`)
    const open = await openLake({ config: join(folder, 'lakeweir.config.mjs'), database: { threads: 1 } })
    const opened = new CaseLake(folder, open)
    await opened.land('given', rows)
    return opened
  }

  close(): void {
    closeLake(this.open)
    removeFolder(this.folder)
  }

  /** Lands one more file, as a batch. */
  async land(name: string, rows: string): Promise<void> {
    mkdirSync(join(this.folder, 'lake/landing'), { recursive: true })
    await withSession(this.open, (session) =>
      session.run(rawSql`COPY (${rows}) TO '${this.folder}/lake/landing/${name}.parquet' (FORMAT parquet)`),
    )
    await this.lake.run({ streams: ['land'], availableNow: true })
  }

  checkpoint(stream: string): Checkpoint {
    return this.open.layout.checkpoint(namedStream(this.open.config, stream))
  }

  writeReference(name: string, csv: string): void {
    write(this.referenceFile(name), csv)
  }

  referenceFile(name: string): string {
    return join(this.folder, 'ref', `${name}.csv`)
  }

  async run(stream: string, options: Partial<RunOptions> = {}): Promise<BatchProgress[]> {
    const batches: BatchProgress[] = []
    await this.lake.run({ streams: [stream], availableNow: true, onBatch: (batch) => batches.push(batch), ...options })
    return batches
  }

  /** The whole description of the error that a stream stops with, FOLDER for where the config stands. */
  async refusal(stream: string, options: Partial<RunOptions> = {}): Promise<string> {
    try {
      await this.run(stream, options)
      return 'taken'
    } catch (error) {
      if (error instanceof LakeError) return error.describe().replaceAll(this.folder, 'FOLDER')
      throw error
    }
  }
}

function write(path: string, content: string | Buffer): void {
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, content)
}

function headerOf(stream: string, reference: string | undefined): string {
  const joined = reference === undefined ? '' : `\n--      ${reference}   one row per key`
  return `-- ${stream}.sql: a case; one row per row that is given.\n--\n-- in   given   the batch${joined}\n-- out  what its tables have`
}

function configOf(columns: Columns, cases: readonly CaseStream[]): object {
  const tables: Record<string, object> = { given: { path: 'given', columns } }
  const reference: Record<string, object> = {}
  const streams: Record<string, object> = {
    land: { from: { kind: 'parquetFolder', path: 'landing', afterCommit: 'delete' }, into: ['given'] },
  }
  for (const given of cases) {
    const names = Object.keys(given.tables).map((end) => `${given.stream}${end}`)
    Object.entries(given.tables).forEach(([end, table]) => {
      tables[`${given.stream}${end}`] = { path: `cases/${given.stream}${end}`, ...table }
    })
    if (given.reference !== undefined) {
      const { name, columns: referenceColumns, key } = given.reference
      reference[name] = { file: `ref/${name}.csv`, columns: referenceColumns, key }
    }
    streams[given.stream] = {
      from: { kind: 'deltaTable', table: 'given', skipChangeCommits: false },
      select: `sql/${given.stream}.sql`,
      ...(given.rows === undefined ? {} : { rows: given.rows }),
      into: names,
    }
  }
  return { root: 'lake', tables, reference, streams }
}
