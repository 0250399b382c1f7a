import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { countedActions, decodePath, renderCommit } from '../../src/delta/actions.ts'
import { headsByCommits } from '../../src/delta/heads.ts'
import { assertLogsListable, lakeTablesStatement, logError, Snapshot, snapshotSql } from '../../src/delta/snapshot.ts'
import { script, setVariable } from '../../src/duckdb/sql/statements.ts'
import { LakeError } from '../../src/errors.ts'
import { addOf, txn } from '../support/deltaActions.ts'
import { FollowedTable } from '../support/followedTable.ts'
import { makePipe } from '../support/pipe.ts'
import { rawSql } from '../support/sql.ts'

// A log has two readers: `snapshot.sql`, which replays it whole, and the tail, which reads commit by commit. What one
// of them refuses the other may not take, and what both take must say the same.

/** What a reader makes of a log whose version 2 is odd: the head and the live files, or the code of its refusal. */
type Reading = { version: number; live: string[]; ours: number | undefined } | { code: string; message: string }

async function refusalOr(read: () => Promise<Reading>): Promise<Reading> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof LakeError) return { code: error.code, message: error.message }
    throw error
  }
}

function bySql(table: FollowedTable): Promise<Reading> {
  return refusalOr(async () => {
    const snapshot = await Snapshot.load(table.session, table.lakeFolder, [table.ref])
    const { version, txns } = snapshot.head(table.name)
    const live = (await snapshot.liveFiles(table.name)).map(({ path }) => path)
    return { version, live: live.sort(), ours: txns.get('s@1') }
  })
}

function byCommits(table: FollowedTable): Promise<Reading> {
  return refusalOr(async () => {
    const live = new Set<string>()
    for (let version = 0; ; version++) {
      const commit = await table.log.readCommit(version)
      if (commit === undefined) break
      for (const { path } of commit.adds) live.add(decodePath(path))
      for (const { path } of commit.removes) live.delete(decodePath(path))
    }
    const head = (await headsByCommits([table]))?.get(table.name)
    if (head === undefined) throw new Error('the tail left to the replay what it read itself')
    return { version: head.version, live: [...live].sort(), ours: head.txns.get('s@1') }
  })
}

/** `snapshot.sql` alone, as any DuckDB client runs it, without a look at the folder before. */
function bySqlAlone(table: FollowedTable): Promise<Reading> {
  return refusalOr(async () => {
    try {
      const statements = [setVariable('lake', table.lakeFolder), lakeTablesStatement([table.ref]), snapshotSql]
      await table.session.run(script(statements))
    } catch (cause) {
      throw logError(cause)
    }
    const [head] = await table.session.rows(rawSql`SELECT version FROM table_heads`)
    const live = (await table.session.rows(rawSql`SELECT path FROM live_files ORDER BY path`)).map(({ path }) =>
      String(path),
    )
    return { version: Number(head?.version), live, ours: undefined }
  })
}

async function openLog(): Promise<FollowedTable> {
  const table = await FollowedTable.open()
  table.commit([addOf('a.parquet'), txn('s@1', 1)])
  return table
}

const B = '{"add":{"path":"b.parquet","size":10}}'
const OURS = '{"txn":{"appId":"s@1","version":2}}'

/** Both read the commit: its file b.parquet is live. */
const taken: Readonly<Record<string, string>> = {
  'no line end': `${B}\n${OURS}`,
  'a byte order mark': `\ufeff${B}\n${OURS}\n`,
  'carriage returns': `${B}\r\n${OURS}\r\n`,
  'blank lines': `\n${B}\n\n  \n\t\n${OURS}\n\n`,
  'form feeds in a blank line': `${B}\n\f\v\n${OURS}\n`,
  'spaces around its actions': `  ${B}  \n\t${OURS}\n`,
  'a line that says null': `${B}\nnull\n${OURS}\n`,
  'an action that is null': `{"add":null,"remove":null,"txn":null}\n${B}\n${OURS}\n`,
  'an unknown action': `{"foo":[1]}\n{}\n${B}\n${OURS}\n`,
  'an action under a name in another case': `{"Add":{"path":"c.parquet","size":1}}\n${B}\n${OURS}\n`,
  'two actions in a line': `{"add":{"path":"b.parquet","size":10},"txn":{"appId":"s@1","version":2}}\n`,
  'numbers with a point or an exponent': `{"add":{"path":"b.parquet","size":1e1}}\n{"txn":{"appId":"s@1","version":2.0}}\n`,
  'a transaction of others beyond 2^53': `${B}\n${OURS}\n{"txn":{"appId":"other","version":1764000000000000001}}\n`,
  'a transaction of others beyond 2^63': `${B}\n${OURS}\n{"txn":{"appId":"other","version":98764000000000000001}}\n`,
  'free words in commitInfo': `{"commitInfo":{"operationParameters":[1],"operationMetrics":"x","engineInfo":5}}\n${B}\n${OURS}\n`,
  'a commitInfo that is no object': `{"commitInfo":"x"}\n${B}\n${OURS}\n`,
  'a number of actions of another writer': `{"commitInfo":{"engineInfo":"other","operationMetrics":{"numActions":"9"}}}\n${B}\n${OURS}\n`,
  'no number of actions': `{"commitInfo":{"engineInfo":"lakeweir duckdb","operationMetrics":{"numFiles":"1"}}}\n${B}\n${OURS}\n`,
  'stats that are no text': `{"add":{"path":"b.parquet","size":10,"stats":{"numRecords":1}}}\n${OURS}\n`,
  'an escaped name': `{"add":{"path":"\\u0062.parquet","size":10}}\n${OURS}\n`,
  'a field with nothing but a name and a type': `${B}\n${OURS}\n${fieldOf('{"name":"id","type":"long"}')}`,
  'a field that says nothing of NULL, and has no metadata': `${B}\n${OURS}\n${fieldOf('{"name":"id","type":{"type":"array"},"nullable":null,"metadata":null}')}`,
  'a table that has no schema yet': `${B}\n${OURS}\n{"metaData":{"id":"1","partitionColumns":[]}}\n`,
  'a schema that is null': `${B}\n${OURS}\n{"metaData":{"id":"1","schemaString":null,"partitionColumns":[]}}\n`,
  'an add that is removed and comes back': `${B.replace('b.', 'a.')}\n${B}\n${OURS}\n`,
}

/** A table whose schema has one field, as JSON. */
function fieldOf(field: string): string {
  const schemaString = JSON.stringify(`{"type":"struct","fields":[${field}]}`)
  return `{"metaData":{"id":"1","schemaString":${schemaString},"partitionColumns":[]}}\n`
}

const BAD_SCHEMA = '{"metaData":{"id":"1","schemaString":"{","partitionColumns":[]}}'

/** Both refuse it by the name of its table or file. */
const refused: Readonly<Record<string, string | Uint8Array>> = {
  'no byte': '',
  'blank lines alone': '\n \n',
  'a byte order mark in its midst': `${OURS}\n\ufeff${B}\n`,
  'a cut line': `${OURS}\n${B.slice(0, 12)}`,
  'a line of something else': `${B}\nxyz\n`,
  'something behind an action': `${B} x\n`,
  'two objects in a line': `${B}${OURS}\n`,
  'one object over two lines': '{"add":\n{"path":"b.parquet","size":10}}\n',
  'zeros at its end': `${B}\n\0\0\0`,
  'a line of no-break spaces': `${B}\n\u00a0\n`,
  'bytes that are not UTF-8': Buffer.concat([
    Buffer.from(`${OURS}\n{"add":{"path":"`),
    Buffer.from([0xff]),
    Buffer.from('","size":1}}\n'),
  ]),
  'a list': `[${B}]\n`,
  'a number': '5\n',
  'an action twice in a line': '{"add":{"path":"b.parquet","size":1},"add":{"path":"c.parquet","size":1}}\n',
  'a key twice': '{"add":{"path":"b.parquet","path":"c.parquet","size":1}}\n',
  'an action that is a number': '{"add":5}\n',
  'an action that is a list': '{"add":[1]}\n',
  'an action that is a text': '{"txn":"x"}\n',
  'an add without a path': '{"add":{"size":1}}\n',
  'an add with its path in another case': '{"add":{"Path":"b.parquet","size":1}}\n',
  'an add with an empty path': '{"add":{"path":"","size":1}}\n',
  'an add with a number for a path': '{"add":{"path":5,"size":1}}\n',
  'an add without a size': '{"add":{"path":"b.parquet"}}\n',
  'a size as text': '{"add":{"path":"b.parquet","size":"1"}}\n',
  'half a size': '{"add":{"path":"b.parquet","size":1.5}}\n',
  'a size beyond 2^53': '{"add":{"path":"b.parquet","size":9007199254740993}}\n',
  'half a millisecond': '{"add":{"path":"b.parquet","size":1,"modificationTime":1.5}}\n',
  'a remove without a path': '{"remove":{"dataChange":true}}\n',
  'a transaction without an id': '{"txn":{"version":1}}\n',
  'a transaction without a version': '{"txn":{"appId":"s@1"}}\n',
  'a version as text': '{"txn":{"appId":"s@1","version":"2"}}\n',
  'a version that is true': '{"txn":{"appId":"s@1","version":true}}\n',
  'half a version': '{"txn":{"appId":"s@1","version":1.5}}\n',
  'a protocol as text': '{"protocol":{"minReaderVersion":"1","minWriterVersion":2}}\n',
  'a table without an id': '{"metaData":{"schemaString":"{\\"fields\\":[]}","partitionColumns":[]}}\n',
  'half a schema': `${BAD_SCHEMA}\n`,
  'a schema without fields': `${BAD_SCHEMA.replace('"{"', '"{}"')}\n`,
  'a field that is no object': fieldOf('null'),
  'a field that is a list': fieldOf('["id","long"]'),
  'a field without a name': fieldOf('{"type":"long"}'),
  'a field without a type': fieldOf('{"name":"id"}'),
  'a field with a number for a type': fieldOf('{"name":"id","type":5}'),
  'a field that may or may not be NULL': fieldOf('{"name":"id","type":"long","nullable":"no"}'),
  'a field whose metadata are no object': fieldOf('{"name":"id","type":"long","metadata":"delta.invariants"}'),
  'partitions that are no names': '{"metaData":{"id":"1","schemaString":"{\\"fields\\":[]}","partitionColumns":[1]}}\n',
  'no partitions': '{"metaData":{"id":"1","schemaString":"{\\"fields\\":[]}"}}\n',
}

describe('a commit is read alike by both readers of a log, with', () => {
  for (const [what, text] of Object.entries(taken)) {
    test(what, async () => {
      const table = await openLog()
      writeFileSync(table.log.commitPath(2), text)
      expect(await bySql(table)).toEqual({ version: 2, live: ['a.parquet', 'b.parquet'], ours: 2 })
      expect(await byCommits(table)).toEqual({ version: 2, live: ['a.parquet', 'b.parquet'], ours: 2 })
    })
  }
})

describe('a commit is refused by name by both readers of a log, the last one and one before it, with', () => {
  for (const [what, text] of Object.entries(refused)) {
    test(what, async () => {
      const table = await openLog()
      writeFileSync(table.log.commitPath(2), text)
      for (const isLast of [true, false]) {
        if (!isLast) writeFileSync(table.log.commitPath(3), `${B}\n`)
        for (const reading of [await bySql(table), await byCommits(table), await bySqlAlone(table)]) {
          expect(reading).toMatchObject({ code: 'LAKE_LOG_INVALID' })
          expect(reading).toMatchObject({
            message: expect.stringMatching(/0{19}2\.json/),
          })
        }
      }
    })
  }
})

/** What stands under the name of version 2. */
const entries: readonly {
  what: string
  make: (path: string, table: FollowedTable) => void
  says: RegExp | 'taken'
  /** Where DuckDB lists such a name at all. */
  isSeenBySql: boolean
}[] = [
  {
    what: 'a link to a commit',
    says: 'taken',
    isSeenBySql: true,
    make: (path, table) => {
      writeFileSync(join(table.folder, 'elsewhere'), `${B}\n${OURS}\n`)
      symlinkSync(join(table.folder, 'elsewhere'), path)
    },
  },
  {
    what: 'a link to nothing',
    says: /0{19}2\.json is a symbolic link to nothing/,
    isSeenBySql: false,
    make: (path) => symlinkSync('/nowhere', path),
  },
  {
    what: 'a link to itself',
    says: /0{19}2\.json is a symbolic link that leads in a circle/,
    isSeenBySql: false,
    make: (path) => symlinkSync(path, path),
  },
  {
    what: 'a link to a folder',
    says: /0{19}2\.json is a folder, not a file/,
    isSeenBySql: true,
    make: (path, table) => symlinkSync(table.folder, path),
  },
  {
    what: 'a folder',
    says: /0{19}2\.json is a folder, not a file/,
    isSeenBySql: true,
    make: (path) => mkdirSync(path),
  },
  {
    what: 'a folder that holds something',
    says: /0{19}2\.json is a folder, not a file/,
    isSeenBySql: true,
    make: (path) => {
      mkdirSync(path)
      writeFileSync(join(path, '00000000000000000002.json'), B)
    },
  },
  {
    what: 'a pipe',
    says: /0{19}2\.json is a pipe, socket or device, not a file/,
    isSeenBySql: false,
    make: makePipe,
  },
]

describe('under the name of a commit', () => {
  test.each(entries)(
    '$what is told by both readers of a log, the last one and one before it',
    async ({ make, says, isSeenBySql }) => {
      const table = await openLog()
      make(table.log.commitPath(2), table)
      for (const isLast of [true, false]) {
        if (!isLast) writeFileSync(table.log.commitPath(3), `${B}\n`)
        const readings = [await bySql(table), await byCommits(table), ...(isSeenBySql ? [await bySqlAlone(table)] : [])]
        for (const reading of readings) {
          if (says === 'taken') expect(reading).toMatchObject({ live: ['a.parquet', 'b.parquet'] })
          else expect(reading).toMatchObject({ code: 'LAKE_LOG_INVALID', message: expect.stringMatching(says) })
        }
        if (says !== 'taken') await expect(assertLogsListable(table.lakeFolder, [table.ref])).rejects.toThrow(says)
      }
    },
  )
})

describe('a log', () => {
  test('may name a file with a percent sign that begins no escape', async () => {
    const table = await openLog()
    writeFileSync(table.log.commitPath(2), '{"add":{"path":"100%","size":1}}\n')
    for (const reading of [await bySql(table), await byCommits(table)]) {
      expect(reading).toMatchObject({ live: ['100%', 'a.parquet'] })
    }
  })

  test('that names a file by bytes that are no text is refused by both readers', async () => {
    const table = await openLog()
    writeFileSync(table.log.commitPath(2), '{"add":{"path":"%FF","size":1}}\n')
    for (const reading of [await bySql(table), await byCommits(table), await bySqlAlone(table)]) {
      expect(reading).toMatchObject({ code: 'LAKE_LOG_INVALID', message: expect.stringContaining('%FF') })
    }
  })

  test('may be a link to a folder elsewhere', async () => {
    const table = await openLog()
    table.commit([addOf('b.parquet'), txn('s@1', 2)])
    renameSync(table.log.folder, join(table.folder, 'elsewhere'))
    symlinkSync('elsewhere', table.log.folder)
    for (const reading of [await bySql(table), await byCommits(table)]) {
      expect(reading).toEqual({ version: 2, live: ['a.parquet', 'b.parquet'], ours: 2 })
    }
  })

  for (const name of [
    '00000000000000000002.crc',
    '.00000000000000000002.json.crc',
    '2.json',
    '0000000000000000002.json',
    '000000000000000000002.json',
    '00000000000000000002.json.tmp',
    '00000000000000000002.JSON',
  ]) {
    test(`has no commit in ${name}`, async () => {
      const table = await openLog()
      writeFileSync(join(table.log.folder, name), 'junk')
      for (const reading of [await bySql(table), await byCommits(table)]) {
        expect(reading).toEqual({ version: 1, live: ['a.parquet'], ours: 1 })
      }
    })
  }

  for (const digits of ['99999999999999999999', '00009007199254740993']) {
    test(`with a version ${digits} is refused by both readers`, async () => {
      const table = await openLog()
      writeFileSync(join(table.log.folder, `${digits}.json`), `${B}\n`)
      for (const reading of [await bySql(table), await byCommits(table), await bySqlAlone(table)]) {
        expect(reading).toMatchObject({ code: 'LAKE_LOG_INVALID' })
      }
    })
  }
})

describe('a commit of ours that was cut', () => {
  const commitInfo = { timestamp: 1, operation: 'WRITE', operationParameters: {}, engineInfo: 'lakeweir duckdb' }
  const whole = renderCommit(countedActions(commitInfo, [txn('s@1', 2), addOf('b.parquet'), addOf('c.parquet')]))
  const lines = whole.trimEnd().split('\n')

  for (let left = 1; left < lines.length; left++) {
    for (const end of ['\n', '']) {
      test(`after line ${left} of ${lines.length}${end === '' ? ', before its end,' : ''} is refused by both readers`, async () => {
        const table = await openLog()
        writeFileSync(table.log.commitPath(2), lines.slice(0, left).join('\n') + end)
        for (const reading of [await bySql(table), await byCommits(table), await bySqlAlone(table)]) {
          expect(reading).toMatchObject({
            code: 'LAKE_LOG_INVALID',
            message: `${table.log.commitPath(2)} has ${left} actions, but was written with ${lines.length}`,
          })
        }
      })
    }
  }

  test('and written whole again is read', async () => {
    const table = await openLog()
    writeFileSync(table.log.commitPath(2), whole)
    rmSync(table.log.commitPath(2))
    writeFileSync(table.log.commitPath(2), whole)
    for (const reading of [await bySql(table), await byCommits(table)]) {
      expect(reading).toEqual({ version: 2, live: ['a.parquet', 'b.parquet', 'c.parquet'], ours: 2 })
    }
  })
})
