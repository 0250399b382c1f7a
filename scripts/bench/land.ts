import { linkSync, mkdirSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { loadLake } from '../../src/lake/config/load.ts'
import { type Figure, rateFigure, ratioFigure } from './figure.ts'
import { CONFIG, RunTimer, removeWritten, START_MS, withLake } from './lakes.ts'
import { interleaved, type Samples } from './measure.ts'
import { fileList, RawDuckdb } from './raw.ts'
import type { SuiteContext } from './suiteContext.ts'

/** Foreign files: how many, and of how many rows each. */
interface Load {
  readonly files: number
  readonly rowsPerFile: number
}

export const LARGE: Load = { files: 20, rowsPerFile: 1_000_000 }
const MANY: Load = { files: 10_000, rowsPerFile: 5 }
const LANDING = 'landing/messages'

/** A whole run that takes waiting foreign files, against a COPY of the same files with the same casts. */
export async function* land({ folder, isQuick }: SuiteContext): AsyncGenerator<Figure> {
  const large = await landed(LARGE, folder, isQuick ? 3 : 9)
  const largeName = `land, ${(LARGE.files * LARGE.rowsPerFile) / 1e6}M rows in ${LARGE.files} files: raw ÷ ours`
  yield ratioFigure(largeName, large.samples, 'raw COPY', 'ours', { reach: { atLeast: 0.85 }, phases: large.phases })
  const many = await landed(MANY, folder, isQuick ? 3 : 7)
  const manyName = `land, ${MANY.files.toLocaleString('en-US')} files of ${MANY.rowsPerFile} rows`
  yield rateFigure(manyName, many.samples, 'ours', MANY.files, { reach: { atLeast: 1_500 }, phases: many.phases })
}

async function landed(
  load: Load,
  folder: string,
  rounds: number,
): Promise<{ samples: Samples<'raw COPY' | 'ours'>; phases: Record<string, number> }> {
  const root = join(folder, 'lake')
  const target = join(folder, 'raw.parquet')
  const raw = await RawDuckdb.open()
  const foreign = await writeForeignFiles(raw, load, join(folder, 'foreign'))
  const select = await castSelect(foreign)
  const outcome = await withLake(root, async (lake) => {
    const timer = new RunTimer(lake, load.files * load.rowsPerFile)
    const samples = await interleaved(rounds, {
      'raw COPY': async () => {
        const ms = await raw.timedCopy(select, target)
        await removeWritten(target)
        return ms
      },
      ours: async () => {
        dropForeignFiles(foreign, root)
        const ms = await timer.run({ streams: ['land'], availableNow: true })
        await lake.empty(['land'])
        await removeWritten(join(root, LANDING))
        return ms
      },
    })
    return { samples, phases: timer.phases }
  })
  raw.close()
  await removeWritten(root, join(folder, 'foreign'))
  return outcome
}

/** Puts files into the landing folder of a lake, under different names. */
export function dropForeignFiles(files: readonly string[], root: string): void {
  mkdirSync(join(root, LANDING), { recursive: true })
  for (const [index, file] of files.entries()) linkSync(file, join(root, LANDING, `${index}.parquet`))
}

/** A SELECT of the columns of bronze that reads and casts the files as `land` does. */
async function castSelect(files: readonly string[]): Promise<string> {
  const { tables } = await loadLake({ config: CONFIG })
  const columns = tables.find(({ name }) => name === 'bronze_messages')?.columns ?? {}
  const casts = Object.entries(columns).map(([name, type]) => `CAST("${name}" AS ${type}) AS "${name}"`)
  return `SELECT ${casts.join(', ')} FROM read_parquet(${fileList(files)}, hive_partitioning = false)`
}

/** Writes messages as other writers do: times without a zone, wider integers, another codec. @returns the files */
export async function writeForeignFiles(raw: RawDuckdb, load: Load, folder: string): Promise<string[]> {
  const { files, rowsPerFile } = load
  const select = await raw.generateMessages(files * rowsPerFile, START_MS * 1000, 1_000)
  const rows = `
    SELECT * REPLACE (CAST(timestamp AS TIMESTAMP) AS timestamp, CAST(country_id AS BIGINT) AS country_id,
      CAST(user_id AS BIGINT) AS user_id), value // ${rowsPerFile} AS file
    FROM (${select})`
  // Only as many at once as DuckDB keeps open: to open another, it would split a file in two.
  for (let first = 0; first < files; first += OPEN_FILES) {
    const some = `FROM (${rows}) WHERE file >= ${first} AND file < ${first + OPEN_FILES}`
    await raw.run(`COPY (${some}) TO '${folder}' (FORMAT parquet, COMPRESSION snappy, PARTITION_BY (file), APPEND)`)
  }
  const written = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  if (written.length !== files) throw new Error(`${written.length} foreign files were written, not ${files}`)
  return written.map(({ parentPath, name }) => join(parentPath, name)).sort()
}

const OPEN_FILES = 500
