import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { defineLake, generated, type UpkeepConfig } from '../../src/index.ts'
import { type ResolvedUpkeep, resolveLake } from '../../src/lake/config/resolve.ts'
import { type ConfigCase, expectRefused } from '../support/configCases.ts'
import { lakeFolder } from '../support/lakeFolder.ts'

const refused: readonly ConfigCase[] = [
  {
    name: 'an unknown key',
    set: { upkeep: { smallFile: 8 } },
    message: 'upkeep has an unknown key "smallFile".',
    remedy: 'Did you mean "smallFiles"?',
  },
  {
    name: 'neither false nor settings',
    set: { upkeep: 'never' },
    message: 'upkeep must be an object, not "never".',
    remedy: "Write it like this: upkeep: { keepFiles: '7 days' }",
  },
  {
    name: 'a part of a commit',
    set: { upkeep: { checkpointEvery: 0 } },
    message: 'upkeep.checkpointEvery must be a whole number of commits from 1, not 0.',
  },
  {
    name: 'one file to be joined',
    set: { upkeep: { smallFiles: 1 } },
    message: 'upkeep.smallFiles must be false or a whole number of files from 2, not 1.',
  },
  {
    name: 'a size without a unit',
    set: { upkeep: { fileSize: '128' } },
    message: 'upkeep.fileSize must be a size in KB, MB, GB, TB, KiB, MiB, GiB or TiB, not "128".',
    remedy: "Write it like this: fileSize: '128MB'",
  },
  {
    name: 'a size that is too small for a file',
    set: { upkeep: { fileSize: '100KB' } },
    message: 'upkeep.fileSize must be from 1MB to 100GB.',
  },
  {
    name: 'a time that is none',
    set: { upkeep: { keepArchive: 'long' } },
    message: 'upkeep.keepArchive: "long" is not a duration.',
    remedy: 'Write a number and a unit: 500ms, 5 seconds, 1 minute, 2h, 7 days.',
  },
  {
    name: 'sorting by what is no column',
    set: { 'tables.events.sortBy': ['seen_a'] },
    message: 'tables.events.sortBy names "seen_a", which is not a column.',
    remedy: 'Did you mean "seen_at"?',
  },
  {
    name: 'sorting by a folder',
    set: { 'tables.good.sortBy': ['date'] },
    message: 'tables.good.sortBy names date, which is in partitionBy: all rows of a file have the same value of it.',
  },
  {
    name: 'sorting by a column twice',
    set: { 'tables.good.sortBy': ['kind', 'kind'] },
    message: 'tables.good.sortBy names a column twice.',
  },
]

describe('a config is refused with the reason', () => {
  test.each(refused)('$name', expectRefused)
})

const DEFAULTS: ResolvedUpkeep = {
  isByItself: true,
  checkpointEvery: 100,
  smallFiles: 8,
  fileBytes: 128e6,
  keepFilesMs: 7 * 86_400_000,
  keepLogMs: 30 * 86_400_000,
  keepArchiveMs: undefined,
}

interface Taken {
  readonly name: string
  readonly upkeep: UpkeepConfig | false | undefined
  readonly resolved: Partial<ResolvedUpkeep>
}

const taken: readonly Taken[] = [
  { name: 'nothing', upkeep: undefined, resolved: {} },
  { name: 'nothing by itself', upkeep: false, resolved: { isByItself: false } },
  { name: 'no joining', upkeep: { smallFiles: false }, resolved: { smallFiles: undefined } },
  {
    name: 'all of it',
    upkeep: {
      checkpointEvery: 10,
      smallFiles: 2,
      fileSize: '1 MiB',
      keepFiles: '1h',
      keepLog: '2h',
      keepArchive: '3h',
    },
    resolved: {
      checkpointEvery: 10,
      smallFiles: 2,
      fileBytes: 1024 ** 2,
      keepFilesMs: 3_600_000,
      keepLogMs: 7_200_000,
      keepArchiveMs: 10_800_000,
    },
  },
]

test.each(taken)('a config that says $name has the other settings by default', ({ upkeep, resolved }) => {
  const config = defineLake({
    root: 'lake',
    tables: { t: { path: 't', columns: { n: 'BIGINT' }, sortBy: ['n'] } },
    streams: { make: { from: generated({ rowsPerSecond: 1 }), into: ['t'], select: 'make.sql' } },
    ...(upkeep === undefined ? {} : { upkeep }),
  })
  const folder = lakeFolder({
    'make.sql':
      '-- make.sql: a number a row; one row per row.\n--\n-- in   generated  rows\n-- out  n\n' +
      'SELECT value AS n FROM generated\n',
  })
  const lake = resolveLake(config, join(folder, 'lakeweir.config.ts'), undefined)
  expect(lake.upkeep).toEqual({ ...DEFAULTS, ...resolved })
  expect(lake.tables.map(({ sortBy }) => sortBy)).toEqual([['n']])
})
