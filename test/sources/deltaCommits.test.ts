import { expect, test } from 'vitest'
import type { Action } from '../../src/delta/actions.ts'
import { parseCommit, renderCommit } from '../../src/delta/actions.ts'
import { appendedFiles, byPath, firstTwice, offsetAfter } from '../../src/sources/delta/commits.ts'
import { changeIn, copiedBatch, isCounted } from '../../src/tables/logCommits.ts'

const add = (path: string, more: { dataChange?: boolean; rows?: number } = {}): Action => ({
  add: {
    path,
    partitionValues: {},
    size: 10,
    modificationTime: 0,
    dataChange: more.dataChange ?? true,
    ...(more.rows === undefined ? {} : { stats: JSON.stringify({ numRecords: more.rows }) }),
  },
})
const remove = (path: string, dataChange: boolean): Action => ({ remove: { path, dataChange } })
const txn = (appId: string, version: number): Action => ({ txn: { appId, version, lastUpdated: 0 } })
const by = (engineInfo: string, operation = 'WRITE'): Action => ({
  commitInfo: { timestamp: 0, operation, operationParameters: {}, engineInfo },
})

const commitOf = (...actions: readonly Action[]) => parseCommit(7, renderCommit(actions), '7.json')

test.each<{ what: string; actions: readonly Action[]; done?: string; paths: readonly string[] }>([
  { what: 'files that bring rows', actions: [add('b'), add('a')], paths: ['b', 'a'] },
  { what: 'none that only moves rows', actions: [remove('a', false), add('b', { dataChange: false })], paths: [] },
  { what: 'those after a path, in name order', actions: [add('c'), add('a'), add('b')], done: 'a', paths: ['c', 'b'] },
  { what: 'none where the last was read', actions: [add('a'), add('b')], done: 'b', paths: [] },
  { what: 'names as they stand on disk', actions: [add('p=1%2F2/a%20b%2525')], paths: ['p=1/2/a b%25'] },
  { what: 'nothing of a commit without files', actions: [txn('somebody', 1)], paths: [] },
])('a commit appends $what', ({ actions, done, paths }) => {
  expect(appendedFiles(commitOf(...actions), done).map(({ path }) => path)).toEqual(paths)
})

test('an appended file has its version, its size and the rows that its writer counted', () => {
  expect(appendedFiles(commitOf(add('a', { rows: 3 }), add('b')))).toEqual([
    { version: 7, path: 'a', size: 10, rows: 3, partitionValues: {}, deletionVector: undefined },
    { version: 7, path: 'b', size: 10, rows: undefined, partitionValues: {}, deletionVector: undefined },
  ])
})

test.each<{ what: string; actions: readonly Action[]; change: string | undefined }>([
  { what: 'appends', actions: [add('a')], change: undefined },
  { what: 'moves rows', actions: [remove('a', false), add('b', { dataChange: false })], change: undefined },
  { what: 'removes rows', actions: [remove('a', false), remove('b', true)], change: 'removes rows (file b)' },
  { what: 'rewrites rows', actions: [remove('a', true), add('b')], change: 'removes rows (file a)' },
  { what: 'restores', actions: [by('other', 'RESTORE'), add('a')], change: 'restores an older version' },
])('what a commit that $what does to rows from before', ({ actions, change }) => {
  expect(changeIn(commitOf(...actions))).toBe(change)
})

test.each([
  { paths: ['a', 'b'], known: [], twice: undefined },
  { paths: ['a', 'b'], known: ['c'], twice: undefined },
  { paths: ['a', 'b', 'c'], known: ['c', 'b'], twice: 'b' },
  { paths: ['a', 'b', 'a'], known: [], twice: 'a' },
  { paths: [], known: ['a'], twice: undefined },
])('of $paths after $known the first that comes twice is $twice', ({ paths, known, twice }) => {
  expect(firstTwice(paths, new Set(known))).toBe(twice)
})

test.each<{ what: string; actions: readonly Action[]; says: string | undefined }>([
  { what: 'of ours with the next batch', actions: [by('lakeweir duckdb'), txn('land@1', 6)], says: undefined },
  {
    what: 'of ours with the first of another stream',
    actions: [by('lakeweir duckdb'), txn('x@1', 1)],
    says: undefined,
  },
  {
    what: 'of ours with the batch before',
    actions: [by('lakeweir duckdb'), txn('land@1', 5)],
    says: 'has batch 5 of stream land, but an earlier commit has batch 5',
  },
  {
    what: 'of ours with one batch twice',
    actions: [by('lakeweir duckdb'), txn('x@1', 1), txn('x@1', 1)],
    says: 'has batch 1 of stream x, but an earlier commit has batch 1',
  },
  { what: 'of another writer, whatever it counts', actions: [by('spark'), txn('land@1', 5)], says: undefined },
])('a commit $what is a copy only of a batch that was there', ({ actions, says }) => {
  expect(copiedBatch(commitOf(...actions), new Map([['land@1', 5]]))).toBe(says)
})

test.each([
  ['lakeweir duckdb 1.5.5', true],
  ['lakeweirs', false],
  ['Apache-Spark/3.5', false],
])('the rows of a commit by %s are counted by us: %s', (engineInfo, expected) => {
  expect(isCounted(commitOf(by(engineInfo), add('a')))).toBe(expected)
})

const at = (version: number, path: string, isSnapshot = false) => ({ version, path, isSnapshot })

test.each([
  {
    what: 'the last that is known',
    last: at(7, 'b'),
    next: undefined,
    after: { version: 7, path: null, isSnapshot: false },
  },
  {
    what: 'the last of its version',
    last: at(7, 'b'),
    next: at(8, 'a'),
    after: { version: 7, path: null, isSnapshot: false },
  },
  { what: 'one of several', last: at(7, 'b'), next: at(7, 'c'), after: { version: 7, path: 'b', isSnapshot: false } },
  { what: 'one of a snapshot', last: at(7, 'b', true), next: at(7, 'c', true), after: at(7, 'b', true) },
  {
    what: 'the last of a snapshot',
    last: at(7, 'b', true),
    next: at(8, 'a'),
    after: { version: 7, path: null, isSnapshot: false },
  },
])('the place after $what', ({ last, next, after }) => {
  expect(offsetAfter(last, next)).toEqual(after)
})

test('files of a version come in the order of their code units, as the log compares them', () => {
  const files = ['b', 'a', 'é', 'Z', 'a1'].map((path) => ({ path }))
  expect(files.sort(byPath).map(({ path }) => path)).toEqual(['Z', 'a', 'a1', 'b', 'é'])
})
