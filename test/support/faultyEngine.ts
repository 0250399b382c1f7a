// DuckDB as a program, as docs/engine.md has it, but for one thing that it does wrong: its first argument names that.
// Its second argument is a folder for what a fault leaves to others.
import { spawn } from 'node:child_process'
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { Database } from '../../src/duckdb/session.ts'
import { text } from '../../src/duckdb/sql/literals.ts'
import { DuckdbEngine } from '../../src/engines/duckdb/engine.ts'
import { nodeDisk } from '../../src/files/disk.ts'
import type { StagedFile, StagePlan, StageResult } from '../../src/tables/engine.ts'
import { rawSql } from './sql.ts'

const [, , fault = '', shared = ''] = process.argv

const tempFolder = mkdtempSync(join(tmpdir(), 'lakeweir-test-engine-'))
const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder })
const session = await database.connect()
const engine = await DuckdbEngine.open({ session: await database.connect(), disk: nodeDisk })

type Change = (result: StageResult, plan: StagePlan) => object | Promise<object> | undefined

/** Changes what is said of the first file. */
function first(change: (file: StagedFile, path: string) => object): Change {
  return ({ files: [file, ...others], ...result }, { stagingFolder }) => {
    if (file === undefined) throw new Error('there is nothing to change')
    return { ...result, files: [{ ...file, ...change(file, join(stagingFolder, file.path)) }, ...others] }
  }
}

/** Writes other rows into the first file. */
function rewritten(select: string): Change {
  return async ({ files: [file, ...others], ...result }, { stagingFolder }) => {
    const path = join(stagingFolder, file?.path ?? '')
    await session.run(rawSql`COPY (${select}) TO ${text(path)} (FORMAT parquet)`)
    return { ...result, files: [{ table: file?.table, path: file?.path }, ...others] }
  }
}

/** Copies the first file of a stage to a place outside of its folder. */
function copied(path: string): string {
  const outside = join(shared, 'outside.parquet')
  copyFileSync(path, outside)
  return outside
}

/** A process that is in no group of ours: it waits for a file, then writes another file for the stage, and says so. */
function leaveZombie({ stagingFolder }: StagePlan, file: string, number: number): void {
  const program = `
    const { copyFileSync, existsSync, mkdirSync, writeFileSync } = require('node:fs')
    const [, target, file, shared, number] = process.argv
    const timer = setInterval(() => {
      if (!existsSync(shared + '/write-' + number)) return
      clearInterval(timer)
      mkdirSync(require('node:path').dirname(target), { recursive: true })
      copyFileSync(file, target)
      writeFileSync(shared + '/written-' + number, target)
    }, 5)`
  const late = join(stagingFolder, dirname(file), `late-${number}-${basename(file)}`)
  const copy = join(shared, `late-${number}.parquet`)
  copyFileSync(join(stagingFolder, file), copy)
  const child = spawn(process.execPath, ['-e', program, late, copy, shared, String(number)], {
    detached: true,
    stdio: 'ignore',
  })
  writeFileSync(join(shared, `zombie-${number}`), String(child.pid))
  child.unref()
}

const changes: Readonly<Record<string, Change>> = {
  nothing: (result) => result,
  'names a file above its folder': first(({ path }) => ({ path: `../${path}` })),
  'names a file by its whole path': first((_, path) => ({ path: copied(path) })),
  'stages a link to a file': first((file, path) => {
    const outside = copied(path)
    rmSync(path)
    symlinkSync(outside, path)
    return file
  }),
  'stages a link to a folder': ({ files: [file, ...others], ...result }, { stagingFolder }) => {
    const path = join(stagingFolder, file?.path ?? '')
    copyFileSync(path, join(shared, basename(path)))
    symlinkSync(shared, join(stagingFolder, 'linked'))
    return { ...result, files: [{ ...file, path: `linked/${basename(path)}` }, ...others] }
  },
  'names a file that is not there': first(({ path }) => ({ path: `${path}.gone.parquet` })),
  'counts too many rows': first(({ rows }) => ({ rows: rows + 1 })),
  'counts too many rows and loses one': async (result, plan) => {
    const [file] = result.files
    const path = join(plan.stagingFolder, file?.path ?? '')
    await session.run(rawSql`CREATE OR REPLACE TABLE kept AS FROM read_parquet(${text(path)})`)
    rmSync(path)
    await session.run(rawSql`COPY (FROM kept LIMIT 1) TO ${text(path)} (FORMAT parquet)`)
    return { ...result, files: result.files.map(({ table, path }) => ({ table, path })) }
  },
  'counts too few bytes': first(({ bytes }) => ({ bytes: bytes - 1 })),
  'knows wrong bounds': first(() => ({ columns: { id: { nulls: 0, bounds: { min: '-1', max: '7' } } } })),
  'knows of a column that is not there': first(({ columns }) => ({
    columns: { ...columns, other: { nulls: 0, bounds: null } },
  })),
  'names another table': first(() => ({ table: 'elsewhere' })),
  'names a file twice': ({ files, ...result }) => ({ ...result, files: [...files, ...files] }),
  'gives a file a name of its own': ({ files: [file, ...others], ...result }, { stagingFolder }) => {
    copyFileSync(join(stagingFolder, file?.path ?? ''), join(stagingFolder, 'mine.parquet'))
    return { ...result, files: [{ ...file, path: 'mine.parquet' }, ...others] }
  },
  'stages what is no Parquet file': first((_, path) => {
    writeFileSync(path, 'id,word\n1,a\n')
    return { bytes: 12 }
  }),
  'stages half a file': first((_, path) => {
    truncateSync(path, 200)
    return { bytes: 200 }
  }),
  'leaves a column out': rewritten('SELECT 1::BIGINT AS id'),
  'adds a column': rewritten("SELECT 1::BIGINT AS id, 'a' AS word, 2 AS more"),
  'changes the order of columns': rewritten("SELECT 'a' AS word, 1::BIGINT AS id"),
  'changes the type of a column': rewritten("SELECT 1::INTEGER AS id, 'a' AS word"),
  'has no files': (result) => ({ ...result, files: undefined }),
  'has no hash of a reference': (result) => ({ ...result, references: {} }),
  'is of another version': (result) => ({ ...result, version: 2 }),
  'has it done twice in one folder': async (result, plan) => {
    const other = await DuckdbEngine.open({ session: await database.connect(), disk: nodeDisk })
    await other.stage({ ...plan, filePrefix: `${plan.filePrefix}-again` }, new AbortController().signal)
    await other.close()
    return result
  },
  'floods stderr': (result) => {
    for (let line = 0; line < 50_000; line++) process.stderr.write(`line ${line} ${'x'.repeat(1_000)}\n`)
    return result
  },
  hangs: () => new Promise(() => undefined),
  'is cut off': () => undefined,
  'has no room': () => ({
    version: 1,
    error: { code: 'ENOSPC', message: 'No space left on device', remedy: null, isOfValue: false },
  }),
  'may not write': () => ({
    version: 1,
    error: { code: 'EACCES', message: 'Permission denied', remedy: 'Let executors write there.', isOfValue: false },
  }),
  'has no memory': () => ({
    version: 1,
    error: { code: 'ENOMEM', message: 'the driver ran out of memory', remedy: 'Give it 4 GB.', isOfValue: false },
  }),
  'knows a remedy': () => ({
    version: 1,
    error: { code: null, message: 'it cannot', remedy: 'Ask another.', isOfValue: false },
  }),
  'leaves a zombie': ({ files, ...result }, plan) => {
    const isFirst = !existsSync(join(shared, 'zombie-1'))
    if (!isFirst) return { files, ...result }
    for (const number of [1, 2]) leaveZombie(plan, files[0]?.path ?? '', number)
    process.kill(process.pid, 'SIGKILL')
    return undefined
  },
  waits: async (result) => {
    writeFileSync(join(shared, 'waits'), '')
    while (!existsSync(join(shared, 'go'))) await new Promise((resolve) => setTimeout(resolve, 5))
    return result
  },
}

mkdirSync(shared, { recursive: true })
for await (const line of createInterface(process.stdin)) {
  const plan = JSON.parse(line)
  if (fault === 'dies at its start') process.exit(7)
  if (fault === 'talks') process.stdout.write('Reading the plan…\n')
  if (!('stagingFolder' in plan)) {
    await engine.check(plan)
    process.stdout.write('{"version": 1}\n')
    continue
  }
  const answer = await changes[fault]?.(await engine.stage(plan, new AbortController().signal), plan)
  if (answer === undefined) process.stdout.write('{"version": 1, "files": [{"tab', () => process.exit(0))
  else process.stdout.write(`${JSON.stringify(answer)}\n`)
}
await engine.close()
database.close()
rmSync(tempFolder, { recursive: true })
