// Reads Delta tables that other projects test their readers with, and compares each row for row.
//
//   npx jiti scripts/publicTables.ts FOLDER…     every folder with a _delta_log below these
//
// A stream follows each table into a lake of its own. Its rows are compared with those in a folder `expected` beside
// the table, as some suites have it, else with what deltalake reads: npx jiti scripts/install-python.ts. Such tables
// come with delta-io/delta-rs (crates/test/tests/data) and delta-io/delta-kernel-rs (kernel/tests), some packed.
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { READ_FEATURES } from '../src/delta/features.ts'
import { columnTypeOf, fieldsOf } from '../src/delta/schema.ts'
import { Snapshot } from '../src/delta/snapshot.ts'
import { Database, type Session } from '../src/duckdb/session.ts'
import { exactPath, identifier, text } from '../src/duckdb/sql/literals.ts'
import { givenSql } from '../src/duckdb/sql/sql.ts'
import { LakeError, messageOf } from '../src/errors.ts'
import { Lake } from '../src/index.ts'
import { python } from '../test/support/python.ts'

interface Answer {
  readonly kind: 'same' | 'unchecked' | 'different' | 'refused'
  readonly text: string
}

function tablesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true })
  if (entries.some(({ name }) => name === '_delta_log')) return [folder]
  return entries.flatMap((entry) => (entry.isDirectory() ? tablesBelow(join(folder, entry.name)) : []))
}

async function read(folder: string, session: Session, scratch: string): Promise<Answer> {
  const { heads } = await Snapshot.load(session, '/', [{ name: 't', folder, stream: null }], READ_FEATURES)
  const head = heads.get('t')
  if (head === undefined) return { kind: 'refused', text: 'its log has no commit and no checkpoint' }
  const fields = fieldsOf(head.schemaString)
  const flat = fields.flatMap(({ name, type }) => {
    const known = typeof type === 'string' ? columnTypeOf(type) : undefined
    return known === undefined ? [] : [{ name, type: known }]
  })
  if (flat.length === 0) return { kind: 'refused', text: 'it has no column of a type that a lake has' }
  const columns = Object.fromEntries(flat.map(({ type }, index) => [`c${index}`, type]))
  const list = flat.map(({ name }, index) => `${identifier(name)} AS c${index}`).join(', ')
  writeFileSync(
    join(scratch, 'read.sql'),
    `-- read.sql: a table; one row per row.\n--\n-- in   source   its rows\n-- out  all\nSELECT ${list} FROM source\n`,
  )
  const from = {
    kind: 'deltaFolder',
    path: folder,
    name: 'source',
    ...(flat.length < fields.length ? { columns: Object.fromEntries(flat.map(({ name, type }) => [name, type])) } : {}),
  }
  const config = {
    root: 'lake',
    tables: { t: { path: 't', columns } },
    streams: { read: { from, select: 'read.sql', into: ['t'] } },
  }
  writeFileSync(join(scratch, 'lake.config.mjs'), `export default ${JSON.stringify(config)}\n`)
  const lake = await Lake.open({ config: join(scratch, 'lake.config.mjs'), database: { threads: 2 } })
  try {
    await lake.run({ streams: ['read'], availableNow: true, retry: false })
  } finally {
    await lake.close()
  }
  const ours = `read_parquet([${text(join(scratch, 'lake/t/data/*.parquet'))}])`
  const wrote =
    existsSync(join(scratch, 'lake/t/data')) &&
    readdirSync(join(scratch, 'lake/t/data')).some((name) => name.endsWith('.parquet'))
  const none = `(SELECT ${Object.entries(columns)
    .map(([name, type]) => `NULL::${type} AS ${name}`)
    .join(', ')} WHERE false)`
  return compared(session, wrote ? ours : none, folder, flat, scratch)
}

async function compared(
  session: Session,
  ours: string,
  folder: string,
  flat: readonly { readonly name: string; readonly type: string }[],
  scratch: string,
): Promise<Answer> {
  const [{ rows } = { rows: 0 }] = await session.rows(givenSql(`SELECT count(*) AS rows FROM ${ours}`))
  const expected = join(dirname(folder), 'expected')
  let theirs: string
  if (basename(folder) === 'delta' && existsSync(expected)) {
    theirs = `read_parquet(${text(`${exactPath(expected)}/**/*.parquet`)}, hive_partitioning = false)`
  } else {
    const file = join(scratch, 'theirs.parquet')
    try {
      await python(
        `
        import pyarrow, pyarrow.parquet
        from deltalake import DeltaTable, QueryBuilder
        query = QueryBuilder().register('t', DeltaTable(given['folder'])).execute('SELECT * FROM t')
        table = pyarrow.table(query.read_all())
        table = table.select(given['columns'])
        pyarrow.parquet.write_table(table, given['file'])
        `,
        { folder, columns: flat.map(({ name }) => name), file },
      )
    } catch (error) {
      return { kind: 'unchecked', text: `${rows} rows; deltalake: ${messageOf(error).trim().split('\n').at(-1)}` }
    }
    theirs = `read_parquet(${text(file)})`
  }
  const cast = flat.map(({ name, type }, index) => `CAST(${identifier(name)} AS ${type}) AS c${index}`).join(', ')
  const difference = (one: string, other: string): string =>
    `SELECT count(*) AS rows FROM (FROM (${one}) EXCEPT ALL FROM (${other}))`
  const [us, them] = [`SELECT * FROM ${ours}`, `SELECT ${cast} FROM ${theirs}`]
  const [more] = await session.rows(givenSql(difference(us, them)))
  const [fewer] = await session.rows(givenSql(difference(them, us)))
  const isSame = Number(more?.rows) === 0 && Number(fewer?.rows) === 0
  return {
    kind: isSame ? 'same' : 'different',
    text: `${rows} rows${isSame ? '' : `, ${more?.rows} too many, ${fewer?.rows} missing`}`,
  }
}

const database = await Database.open({ threads: 2, memoryLimit: '2GB', tempFolder: join(tmpdir(), 'lakeweir-public') })
const counts: Record<string, number> = {}
for (const folder of process.argv.slice(2).flatMap(tablesBelow)) {
  const scratch = mkdtempSync(join(tmpdir(), 'lakeweir-public-'))
  mkdirSync(join(scratch, 'lake'))
  const session = await database.connect()
  const answer = await read(folder, session, scratch).catch((error: unknown): Answer => {
    const code = error instanceof LakeError ? error.code : 'UNEXPECTED'
    return { kind: 'refused', text: `${code}: ${messageOf(error).split('\n')[0]}` }
  })
  counts[answer.kind] = (counts[answer.kind] ?? 0) + 1
  console.log(`${answer.kind.padEnd(9)} ${folder}: ${answer.text}`)
  session.close()
  rmSync(scratch, { recursive: true, force: true })
}
database.close()
console.log(
  Object.entries(counts)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', '),
)
