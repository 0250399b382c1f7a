// Silver on a cluster of two workers, which this starts on this machine, and the same on DuckDB: what both took, and
// whether they made the same rows. `npm run demo:spark -- --rows 200k` makes it shorter. Installs nothing.
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { duration } from '../src/cli/format.ts'
import { countOf } from '../src/cli/optionValues.ts'
import { Database } from '../src/duckdb/session.ts'
import { fileList } from '../src/duckdb/sql/literals.ts'
import { givenSql } from '../src/duckdb/sql/sql.ts'
import { LakeError, messageOf } from '../src/errors.ts'
import { Lake } from '../src/index.ts'
import { SPARK_DEMO_HELP } from './demoTexts.ts'
import { SparkCluster } from './sparkCluster.ts'

const REPOSITORY = join(import.meta.dirname, '..')
const BIN = join(REPOSITORY, 'dist/cli/bin.cjs')
const CONFIG = join(REPOSITORY, 'lakeweir.config.ts')

const WORKERS = 2
const DEFAULT_ROWS = 2_000_000
/** How many days the messages are spread over. */
const DAYS = 30
const START = '2026-01-01T00:00:00Z'
const SILVER = ['messages', 'messages_corrupted'] as const

const say = (text: string): void => void process.stderr.write(`${text}\n`)

const rows = rowsOf(process.argv.slice(2))
const python = pythonWithSpark()
const folder = mkdtempSync(join(tmpdir(), 'lakeweir-demo-spark-'))
const lakes = { spark: join(folder, 'on-spark'), duckdb: join(folder, 'on-duckdb') }
let cluster: SparkCluster | undefined
let running: ChildProcess | undefined
// However this ends: nothing that it has started goes on.
process.on('exit', () => {
  cluster?.stop()
  running?.kill('SIGTERM')
  rmSync(folder, { recursive: true, force: true })
})
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(130))

function rowsOf(argv: readonly string[]): number {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { rows: { type: 'string' }, help: { type: 'boolean', short: 'h' } },
    })
    if (values.help === true) {
      process.stdout.write(SPARK_DEMO_HELP)
      process.exit(0)
    }
    return countOf(values, 'rows') ?? DEFAULT_ROWS
  } catch (error) {
    const remedy = error instanceof LakeError && error.remedy !== undefined ? `${error.remedy}\n` : ''
    process.stderr.write(`LAKE_USAGE: ${messageOf(error)}\n${remedy}See: npm run demo:spark -- --help\n`)
    process.exit(2)
  }
}

/** A Python that has pyspark, where Java is there too; otherwise the demo says what is missing, and ends. */
function pythonWithSpark(): string {
  const own = join(REPOSITORY, '.cache/spark/bin/python')
  const candidates = [process.env.PYSPARK_PYTHON, own, 'python3', 'python'].filter((each) => each !== undefined)
  const found = candidates.find((each) => spawnSync(each, ['-c', 'import pyspark']).status === 0)
  const java = process.env.JAVA_HOME === undefined ? 'java' : join(process.env.JAVA_HOME, 'bin/java')
  const hasJava = spawnSync(java, ['-version']).status === 0
  if (found !== undefined && hasJava) return found
  const missing = [
    ...(hasJava ? [] : ['Java: install version 17 or 21, and have it on the PATH or JAVA_HOME lead to it.']),
    ...(found === undefined
      ? ['pyspark: npx jiti scripts/install-spark.ts puts it into .cache/spark (about 450 MB).']
      : []),
  ]
  say(`This shows Lakeweir on Spark, and something that Spark needs is not here. Nothing was installed or changed.
${missing.map((line) => `  ${line}`).join('\n')}
Without Spark, all of Lakeweir runs on DuckDB: npm run demo`)
  process.exit(2)
}

/** Runs a command of ours as it would be typed. @returns how long it took, in milliseconds */
async function run(lake: string, words: readonly string[], more: readonly string[] = []): Promise<number> {
  say(`\n$ lakeweir ${[...words, '--lake', lake, ...more].join(' ')}`)
  const startMs = performance.now()
  const child = spawn(process.execPath, [BIN, ...words, '--lake', lake, '--config', CONFIG, ...more], {
    stdio: 'inherit',
    env: { ...process.env, PYSPARK_PYTHON: python },
  })
  running = child
  const [code] = await once(child, 'exit')
  if (code !== 0) process.exit(code ?? 1)
  return performance.now() - startMs
}

/** How many rows of a table only one of the lakes has, by the files that their logs name. */
async function differences(session: Awaited<ReturnType<Database['connect']>>, table: string): Promise<number> {
  const [one, other] = await Promise.all(Object.values(lakes).map((root) => rowsIn(root, table)))
  const query = `SELECT count(*)::INTEGER AS rows FROM (
    (FROM ${one} EXCEPT ALL FROM ${other}) UNION ALL (FROM ${other} EXCEPT ALL FROM ${one}))`
  const [found] = await session.rows(givenSql(query))
  return Number(found?.rows)
}

async function rowsIn(root: string, table: string): Promise<string> {
  const lake = await Lake.open({ config: CONFIG, lake: root })
  try {
    const { rows: files } = await lake.query(`SELECT file FROM live_files WHERE name = '${table}'`)
    const list = fileList(files.map(([file]) => String(file)))
    return `read_parquet(${list}, hive_partitioning = true, hive_types = {'date': DATE})`
  } finally {
    await lake.close()
  }
}

// The cluster would keep this process, whatever has become of it.
try {
  process.exit((await show()) === 0 ? 0 : 1)
} catch (error) {
  say(messageOf(error))
  process.exit(1)
}

/** @returns how many rows only one of the lakes has */
async function show(): Promise<number> {
  for (const lake of Object.values(lakes)) {
    const pace = ['--rows-per-second', String(rows / (DAYS * 86_400)), '--start-time', START, '--seed', '7']
    await run(lake, ['run', 'produce', '--rows', String(rows), ...pace])
  }
  say(`\nStarting a master and ${WORKERS} workers of Spark on this machine, each with a core and 1 GB …`)
  cluster = await SparkCluster.start(python, join(folder, 'cluster'), WORKERS)
  say(`They are at ${cluster.master}`)
  const onSpark = ['run', 'silver', '--available-now', '--engine', 'spark', '--spark-master', cluster.master]
  const local = ['spark.driver.host=127.0.0.1', 'spark.driver.bindAddress=127.0.0.1'].flatMap((conf) => [
    '--conf',
    conf,
  ])
  const small = ['--driver-memory', '1g', '--executor-memory', '700m']
  const sparkMs = await run(lakes.spark, onSpark, ['--', ...small, ...local])
  const duckdbMs = await run(lakes.duckdb, ['run', 'silver', '--available-now'])
  for (const lake of Object.values(lakes)) await run(lake, ['validate'])
  await run(lakes.spark, ['history', 'messages'])

  const database = await Database.open({ threads: 2, memoryLimit: '2GB', tempFolder: join(folder, 'spill') })
  const session = await database.connect()
  let different = 0
  for (const table of SILVER) different += await differences(session, table)
  session.close()
  database.close()
  const verdict = different === 0 ? 'Both lakes have the same rows' : `${different} ROWS DIFFER`
  say(`
${verdict}, compared one by one in ${SILVER.join(' and ')}.
  Spark, ${WORKERS} workers   ${duration(sparkMs)}, with the start of its session
  DuckDB             ${duration(duckdbMs)}, in one process
Use Spark for what outgrows one machine, and DuckDB for all else: docs/spark.md`)
  return different
}
