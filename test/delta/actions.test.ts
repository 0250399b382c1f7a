import { describe, expect, test } from 'vitest'
import { type Action, decodePath, encodePath, PROTOCOL, parseCommit, renderCommit } from '../../src/delta/actions.ts'

const PATH = '/lake/_delta_log/00000000000000000007.json'

function parse(...lines: readonly string[]) {
  return parseCommit(7, lines.join('\n'), PATH)
}

const ADD = '"path":"a.parquet","partitionValues":{},"dataChange":true'

describe('a path', () => {
  for (const [onDisk, inLog] of [
    ['a.parquet', 'a.parquet'],
    ['date=2026-11-22/a.parquet', 'date=2026-11-22/a.parquet'],
    ['two words.parquet', 'two%20words.parquet'],
    // DuckDB writes the value 'a b' as the folder p=a%20b; the log encodes that name once more.
    ['p=a%20b/x.parquet', 'p=a%2520b/x.parquet'],
    ['p=__HIVE_DEFAULT_PARTITION__/x.parquet', 'p=__HIVE_DEFAULT_PARTITION__/x.parquet'],
    ['100%.parquet', '100%25.parquet'],
    ['a+b.parquet', 'a%2Bb.parquet'],
    ['a#b?c.parquet', 'a%23b%3Fc.parquet'],
    ['ü.parquet', '%C3%BC.parquet'],
    ['a=b=c/=.parquet', 'a=b=c/=.parquet'],
  ] as const) {
    test(`${onDisk} stands in the log as ${inLog}`, () => {
      expect(encodePath(onDisk)).toBe(inLog)
      expect(decodePath(inLog)).toBe(onDisk)
    })
  }
})

describe('a commit that is read', () => {
  test('gives its actions, and passes over those that nobody acts on', () => {
    const commit = parse(
      '{"commitInfo":{"timestamp":1,"operation":"WRITE"}}',
      '{"protocol":{"minReaderVersion":1,"minWriterVersion":2}}',
      `{"add":{${ADD},"size":10,"modificationTime":5,"stats":"{\\"numRecords\\":3}"}}`,
      '{"remove":{"path":"b.parquet","deletionTimestamp":1,"dataChange":false}}',
      '{"remove":{"path":"c.parquet"}}',
      '{"txn":{"appId":"s@1","version":4}}',
      '{"cdc":{"path":"x"}}',
      '',
    )
    expect(commit).toMatchObject({
      version: 7,
      operation: 'WRITE',
      protocol: PROTOCOL,
      metaData: undefined,
      adds: [{ path: 'a.parquet', size: 10, modificationTime: 5, rows: 3, dataChange: true }],
      removes: [
        { path: 'b.parquet', dataChange: false },
        { path: 'c.parquet', dataChange: true },
      ],
      txns: [{ appId: 's@1', version: 4, lastUpdated: 0 }],
    })
  })

  test('passes over a transaction of others whose number no batch of ours can have', () => {
    const { txns } = parse(
      '{"txn":{"appId":"other","version":9223372036854775807}}',
      '{"txn":{"appId":"s@1","version":4}}',
    )
    expect(txns.map(({ appId }) => appId)).toEqual(['s@1'])
  })

  for (const stats of ['not json', '[]', '{}', '{"numRecords":1.5}', '{"numRecords":-1}', '{"numRecords":"3"}']) {
    test(`knows no row count where the stats are ${stats}`, () => {
      const { adds } = parse(`{"add":{${ADD},"size":1,"modificationTime":0,"stats":${JSON.stringify(stats)}}}`)
      expect(adds[0]?.rows).toBeUndefined()
    })
  }

  for (const [what, line, says] of [
    ['a fractional size', `{"add":{${ADD},"size":1.5,"modificationTime":0}}`, /line 1: add\.size is 1\.5/],
    ['a size as text', `{"add":{${ADD},"size":"10","modificationTime":0}}`, /add\.size is "10"/],
    ['no size', `{"add":{${ADD},"modificationTime":0}}`, /add\.size is undefined/],
    [
      'a size above 2^53',
      `{"add":{${ADD},"size":9007199254740993,"modificationTime":0}}`,
      /add\.size is 9007199254740992/,
    ],
    [
      'a fractional time',
      `{"add":{${ADD},"size":1,"modificationTime":1700000000000.25}}`,
      /modificationTime is 1700000000000\.25/,
    ],
    ['a fractional txn version', '{"txn":{"appId":"s","version":1.5}}', /txn\.version is 1\.5/],
    ['a txn without an id', '{"txn":{"version":1}}', /txn\.appId is undefined/],
    ['an empty path', '{"add":{"path":"","size":1}}', /add\.path is ""/],
    ['a remove without a path', '{"remove":{}}', /remove\.path is undefined/],
    ['a protocol as text', '{"protocol":{"minReaderVersion":"1","minWriterVersion":2}}', /minReaderVersion is "1"/],
    ['a vector of no kind', `{"add":{${ADD},"size":1,"deletionVector":{"storageType":"x"}}}`, /deletion vector/],
    ['half a vector', `{"add":{${ADD},"size":1,"deletionVector":{"storageType":"u"}}}`, /deletionVector is .*"u"/],
    ['half a line', '{"add":{"path"', /line 1 is not JSON/],
    ['a list', '[1]', /line 1 is not a JSON object/],
  ] as const) {
    test(`is refused with ${what}, by file and line`, () => {
      expect(() => parse(line)).toThrow(says)
      expect(() => parse(line)).toThrow(PATH)
      expect(() => parse('{"txn":{"appId":"s","version":1}}', line)).toThrow(/line 2/)
    })
  }
})

describe('a commit that is written', () => {
  const actions: Action[] = [
    { commitInfo: { timestamp: 1, operation: 'WRITE', operationParameters: { a: 'line\nbreak' }, engineInfo: 'x' } },
    { txn: { appId: 's@1', version: 3, lastUpdated: 2 } },
    {
      add: {
        path: encodePath('a b.parquet'),
        partitionValues: { p: null },
        size: 7,
        modificationTime: 3,
        dataChange: true,
        stats: '{}',
      },
    },
  ]

  test('has one action a line and ends with a line', () => {
    const text = renderCommit(actions)
    expect(text.endsWith('\n')).toBe(true)
    expect(
      text
        .trimEnd()
        .split('\n')
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual(actions)
  })

  test('reads back as what it was', () => {
    const commit = parseCommit(1, renderCommit(actions), PATH)
    expect(commit.txns).toEqual([{ appId: 's@1', version: 3, lastUpdated: 2 }])
    expect(commit.adds[0]).toMatchObject({ path: 'a%20b.parquet', partitionValues: { p: null }, size: 7 })
    expect(decodePath(commit.adds[0]?.path ?? '')).toBe('a b.parquet')
  })
})
