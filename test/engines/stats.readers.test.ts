import { randomUUID } from 'node:crypto'
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { schemaString } from '../../src/delta/schema.ts'
import { BOUND_CASES } from '../support/boundCases.ts'
import { describeWith } from '../support/optionalTool.ts'
import { deltaExtension, hasPython, PYTHON_NEED, python } from '../support/python.ts'
import { openEngine } from '../support/stagedRows.ts'

const TYPES = [...new Set(BOUND_CASES.map(({ type }) => type))]

/** So long it may take on a busy machine: some thousand questions. */
const LIMIT_MS = 300_000

interface Answers {
  readonly type: string
  readonly questions: number
  readonly differences: readonly unknown[]
}

describeWith(hasPython, PYTHON_NEED, 'other readers', () => {
  test(
    'find with the stats of any column what they find without: deltalake, its dataset, its SQL, polars and DuckDB',
    async () => {
      const tables: Tables[] = []
      for (const type of TYPES) tables.push(await tablesOf(type))
      const code = readFileSync(new URL('../support/filterReaders.py', import.meta.url), 'utf8')
      const found = await python<Answers[]>(code, { extension: await deltaExtension(), tables })
      expect(found).toEqual(TYPES.map((type) => ({ type, questions: expect.any(Number), differences: [] })))
      for (const { type, questions } of found) expect(questions, type).toBeGreaterThan(50)
    },
    LIMIT_MS,
  )
})

interface Tables {
  readonly type: string
  /** The values to compare with, as SQL. */
  readonly literals: readonly string[]
  readonly withStats: string
  readonly without: string
}

/** Two Delta tables over the same files, a file for each case of a type; the log of one has stats. */
async function tablesOf(type: string): Promise<Tables> {
  const columns = { id: 'BIGINT', x: type }
  const engine = await openEngine({ columns, tables: [{ name: 't', columns }] })
  const folder = join(engine.folder, 'tables')
  const adds: { path: string; size: number; stats: string }[] = []
  const cases = BOUND_CASES.filter((bound) => bound.type === type)
  for (const [index, { values }] of cases.entries()) {
    const rows = values.map((value, row) => `SELECT ${10 * index + row} AS id, CAST(${value} AS ${type}) AS x`)
    for (const { stagedPath, bytes, stats } of await engine.stage(rows.join(' UNION ALL '))) {
      for (const name of ['with', 'without']) {
        mkdirSync(join(folder, name, '_delta_log'), { recursive: true })
        copyFileSync(join(engine.stagingFolder(), stagedPath), join(folder, name, `${index}.parquet`))
      }
      adds.push({ path: `${index}.parquet`, size: bytes, stats })
    }
  }
  for (const name of ['with', 'without']) {
    const actions = [
      { protocol: { minReaderVersion: 1, minWriterVersion: 2 } },
      {
        metaData: {
          id: randomUUID(),
          format: { provider: 'parquet', options: {} },
          schemaString: schemaString(columns),
          partitionColumns: [],
          configuration: {},
          createdTime: 0,
        },
      },
      ...adds.map(({ path, size, stats }) => ({
        add: {
          path,
          size,
          partitionValues: {},
          modificationTime: 0,
          dataChange: true,
          ...(name === 'with' ? { stats } : {}),
        },
      })),
    ]
    const log = actions.map((action) => JSON.stringify(action)).join('\n')
    writeFileSync(join(folder, name, '_delta_log', '00000000000000000000.json'), `${log}\n`)
  }
  const literals = [...new Set(cases.flatMap(({ values }) => values))]
  return { type, literals, withStats: join(folder, 'with'), without: join(folder, 'without') }
}
