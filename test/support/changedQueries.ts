import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { LakeError } from '../../src/errors.ts'
import type { SparkImport, SparkImportOptions } from '../../src/index.ts'
import { withSession } from '../../src/lake/sessions.ts'
import { MessagesLake } from './messagesLake.ts'
import { SparkQueries, type SparkQuery } from './sparkQueries.ts'
import { rawSql } from './sql.ts'
import { copyTree, treeFingerprint } from './tree.ts'

/** An import that is refused, for one thing that differs from two queries that committed four batches. */
export interface RefusedImport {
  readonly name: string
  /** Makes the difference. */
  readonly change?: () => unknown
  /** What is imported, where that is not both queries. */
  readonly checkpoints?: () => readonly string[]
  readonly sinks?: () => SparkImportOptions['sinks']
  /** A part of the error. */
  readonly says: string | RegExp
}

/** Two queries with four committed batches, put back as they were before each test, and ways to change them. */
export class ChangedQueries {
  readonly lake: MessagesLake
  readonly queries: SparkQueries
  readonly valid: SparkQuery
  readonly corrupted: SparkQuery

  private constructor(lake: MessagesLake) {
    this.lake = lake
    this.queries = new SparkQueries(lake)
    this.valid = this.queries.valid
    this.corrupted = this.queries.corrupted
  }

  static async open(): Promise<ChangedQueries> {
    const opened = new ChangedQueries(await MessagesLake.open())
    const { lake, queries } = opened
    const saved = join(lake.folder, 'saved')
    beforeAll(async () => {
      queries.clear()
      await queries.batches(4)
      copyTree(queries.folder, join(saved, 'etl'))
      copyTree(lake.root, join(saved, 'lake'))
    })
    beforeEach(() => {
      copyTree(join(saved, 'etl'), queries.folder)
      copyTree(join(saved, 'lake'), lake.root)
    })
    afterAll(() => lake.close())
    return opened
  }

  import(words: Pick<RefusedImport, 'checkpoints' | 'sinks'> = {}, more: Partial<SparkImportOptions> = {}) {
    const { lake, queries } = this
    const checkpoints = words.checkpoints?.() ?? queries.checkpoints
    const options = { sinks: words.sinks?.() ?? queries.sinks, ...more }
    return lake.clock.passing(() => lake.lake.importSparkCheckpoint(checkpoints, options))
  }

  /** @returns the refusal in full */
  async refusalOf(imported: Promise<SparkImport>): Promise<string> {
    try {
      await imported
    } catch (error) {
      if (error instanceof LakeError) return error.describe()
      throw error
    }
    return 'it was imported'
  }

  /** Tests that each is refused, and that the lake and what Spark left stay as they are. */
  describe(where: string, cases: readonly RefusedImport[]): void {
    describe(`an import is refused, and nothing is changed, where ${where}`, () => {
      test.each(cases)('$name', async ({ change, says, ...words }) => {
        await change?.()
        const before = [treeFingerprint(this.lake.root), treeFingerprint(this.queries.folder)]
        const refusal = await this.refusalOf(this.import(words))
        expect(refusal).toMatch(says)
        expect(refusal).toMatch(/^LAKE_(IMPORT_REFUSED|ARGUMENT_INVALID)/)
        expect([treeFingerprint(this.lake.root), treeFingerprint(this.queries.folder)]).toEqual(before)
      })
    })
  }

  /** A path in the checkpoint of a query. */
  inCheckpoint(path: string, query = this.valid): string {
    return join(query.checkpoint, path)
  }

  /** A path in the log of a sink. */
  inLog(path: string, query = this.valid): string {
    return join(query.sink, '_spark_metadata', path)
  }

  /** A file of the source. */
  source(index: number): string {
    return join(this.lake.landing, `part ${index}.parquet`)
  }

  firstFile(query = this.valid): string {
    const [day = ''] = readdirSync(query.sink).filter((name) => name.startsWith('date='))
    const [name = ''] = readdirSync(join(query.sink, day))
    return join(query.sink, day, name)
  }

  /** Rewrites a Parquet file by a SELECT over SELF; a log of the sink that names it gets its new size. */
  async rewrite(file: string, select: string): Promise<void> {
    const next = `${file}.next`
    const self = `read_parquet('${file}', hive_partitioning = false)`
    const copy = rawSql`COPY (${select.replace('SELF', self)}) TO '${next}' (FORMAT parquet)`
    await withSession(this.lake.open, (session) => session.run(copy))
    renameSync(next, file)
    this.nameSize(file)
  }

  /** Rewrites a file of the source without a change of its time, which only a damaged disk would do. */
  async rewriteSource(index: number, select: string): Promise<void> {
    const seconds = statSync(this.source(index)).mtimeMs / 1000
    await this.rewrite(this.source(index), select)
    utimesSync(this.source(index), seconds, seconds)
  }

  /** Writes other bytes into a file of the first sink, and says so in its log. */
  rewriteAs(file: string, text: string): void {
    writeFileSync(file, text)
    this.nameSize(file)
  }

  /** Renames the folder of a day in the first sink, as its log says then. */
  moveDay(to: string): void {
    const from = basename(dirname(this.firstFile()))
    renameSync(join(this.valid.sink, from), join(this.valid.sink, to))
    for (const name of readdirSync(this.inLog(''))) replaceIn(this.inLog(name), new RegExp(from, 'g'), to)
  }

  /** As if another program had written the sinks: without logs. */
  removeLogs(): void {
    for (const query of [this.valid, this.corrupted]) removeAt(this.inLog('', query))
  }

  nameSize(file: string): void {
    const path = `${basename(dirname(file))}/${basename(file)}"`
    for (const name of readdirSync(this.inLog(''))) {
      const lines = readFileSync(this.inLog(name), 'utf8').split('\n')
      const size = `"size":${statSync(file).size}`
      const named = lines.map((line) => (line.includes(path) ? line.replace(/"size":\d+/, size) : line))
      writeFileSync(this.inLog(name), named.join('\n'))
    }
  }
}

export function removeAt(path: string): void {
  rmSync(path, { recursive: true })
}

export function replaceIn(path: string, old: string | RegExp, by: string): void {
  writeFileSync(path, readFileSync(path, 'utf8').replace(old, by))
}

/** Cuts off the last line, as if the file had ended before it. */
export function cutLine(path: string): void {
  replaceIn(path, /\n[^\n]*$/, '')
}

export function cutWithin(path: string): void {
  replaceIn(path, /.{5}$/, '')
}
