import { describe, expect, test } from 'vitest'
import { LakeError, UnfitValueError } from '../../src/errors.ts'
import { CONTRACT_VERSION, type StagedFile, type StagePlan } from '../../src/tables/engine.ts'
import { assertAnswered, checkedQueryAnswer, checkedResult } from '../../src/tables/engineAnswer.ts'

const COLUMNS = { id: 'BIGINT', day: 'DATE' }

const PLAN: StagePlan = {
  version: CONTRACT_VERSION,
  shape: {
    relation: 'orders',
    columns: COLUMNS,
    select: null,
    rows: 'kept',
    references: [{ name: 'countries', file: '/countries.csv', columns: { id: 'INTEGER' }, key: 'id' }],
    tables: [{ name: 'days', columns: COLUMNS, partitionBy: ['day'] }],
  },
  batch: 7,
  batchTime: '2026-11-22T10:00:00.000Z',
  input: { kind: 'foreign', groups: [] },
  stagingFolder: '/staging',
  filePrefix: 'split-7',
  footer: {},
  limits: { threads: 1, memory: '1GB' },
}

const FILE: StagedFile = {
  table: 'days',
  path: 'day=2026-11-22/split-7-a.parquet',
  partitionValues: { day: '2026-11-22' },
  rows: 3,
  bytes: 500,
  columns: { id: { nulls: 0, bounds: { min: '1', max: '3' } } },
}

const RESULT = { version: CONTRACT_VERSION, references: { countries: 'ab12' }, files: [FILE] }

function withFile(part: object): object {
  return { ...RESULT, files: [{ ...FILE, ...part }] }
}

test('what an engine answers is taken where it is what its plan asked for', () => {
  expect(checkedResult('toy 1', PLAN, structuredClone(RESULT))).toEqual({ ...RESULT, engine: 'toy 1' })
  expect(checkedResult('toy 1', PLAN, { ...RESULT, engine: 'toy 2' }).engine).toBe('toy 2')
  expect(checkedResult('toy 1', PLAN, { ...RESULT, files: [] }).files).toEqual([])
})

describe('what an engine answers is refused by name', () => {
  // biome-ignore format: a table
  const cases: readonly (readonly [what: string, answer: unknown, says: string])[] = [
    ['nothing', undefined, 'is missing'],
    ['a text', 'done', 'is "done", not an object'],
    ['another version', { ...RESULT, version: 2 }, 'is of version 2, not 1'],
    ['no version', { references: {}, files: [] }, 'is of version undefined, not 1'],
    ['no files', { version: 1, references: RESULT.references }, ': files is missing'],
    ['no hash of a reference', { ...RESULT, references: {} }, 'has no hash of the reference countries'],
    ['a hash that is none', { ...RESULT, references: { countries: 7 } }, ': references.countries is 7, not a string'],
    ['rows that are no count', withFile({ rows: 2.5 }), ': files[0].rows is 2.5, not a whole number of at least 0'],
    ['a file without rows', withFile({ rows: 0 }), ': day=2026-11-22/split-7-a.parquet has no rows'],
    ['a size that is a text', withFile({ bytes: '500' }), ': files[0].bytes is "500", not a whole number of at least 0'],
    ['an unknown table', withFile({ table: 'nights' }), "is for nights, which is not one of the stream's tables"],
    ['a path that is absolute', withFile({ path: '/etc/split-7' }), ': files[0].path is "/etc/split-7", not a path below the staging folder'],
    ['a path that leads elsewhere', withFile({ path: 'day=1/../../split-7' }), 'not a path below the staging folder'],
    ['a path that begins elsewhere', withFile({ path: '../day=1/split-7' }), 'not a path below the staging folder'],
    ['a path that is a folder', withFile({ path: 'day=1/split-7/' }), 'not a path below the staging folder'],
    ['another name', withFile({ path: 'day=2026-11-22/part-0.parquet' }), 'has a name that does not begin with split-7'],
    ['no folder', withFile({ path: 'split-7-a.parquet' }), 'is not in a folder for each of its values'],
    ['no partition value', withFile({ partitionValues: {} }), 'has values of no column, but its table has folders of day'],
    ['another partition value', withFile({ partitionValues: { id: '1' } }), 'has values of id, but its table has folders of day'],
    ['a value that is no text', withFile({ partitionValues: { day: 20 } }), ': files[0].partitionValues.day is 20, not a string'],
    ['a column of nothing', withFile({ columns: { x: { nulls: 0, bounds: null } } }), 'has a column x, which files of its table do not have'],
    ['a partition column in the file', withFile({ columns: { day: { nulls: 0, bounds: null } } }), 'has a column day'],
    ['half of the bounds', withFile({ columns: { id: { nulls: 0, bounds: { min: '1' } } } }), ': files[0].columns.id.bounds.max is missing'],
    ['a number as a bound', withFile({ columns: { id: { nulls: 0, bounds: { min: 1, max: 3 } } } }), 'bounds.min is 1, not a string'],
    ['one name twice', { ...RESULT, files: [FILE, FILE] }, 'has the name of another file for the same folder'],
    ['one name in two folders of its own', { ...RESULT, files: [FILE, { ...FILE, path: `1/${FILE.path}` }] }, 'has the name of another file for the same folder'],
    ['a failure that says nothing', { version: 1, error: 'no' }, 'the answer of toy 1: error is "no", not an object'],
  ]
  test.each(cases)('%s', (_, answer, says) => {
    const refusal = expect.objectContaining({
      code: 'LAKE_VALUE_UNEXPECTED',
      message: expect.stringContaining(says),
      state: 'Nothing was published.',
    })
    expect(() => checkedResult('toy 1', PLAN, answer)).toThrow(refusal)
  })
})

describe('what an engine answers to a query', () => {
  const ANSWER = { version: CONTRACT_VERSION, columns: ['a', 'a', ''], files: ['rows/1.parquet', 'rows/0.parquet'] }

  test('is taken as it is, whatever its columns are called and however its files are ordered', () => {
    expect(checkedQueryAnswer('toy 1', structuredClone(ANSWER))).toEqual(ANSWER)
  })

  // biome-ignore format: a table
  test.each([
    ['another version', { ...ANSWER, version: 2 }, 'is of version 2, not 1'],
    ['no columns', { ...ANSWER, columns: [] }, 'toy 1 names no columns'],
    ['columns that are no texts', { ...ANSWER, columns: [1] }, ': columns[0] is 1, not a string'],
    ['no files', { ...ANSWER, files: undefined }, ': files is missing'],
    ['a file above its folder', { ...ANSWER, files: ['../1.parquet'] }, ': files[0] is "../1.parquet", not a path below the output folder'],
    ['a file elsewhere', { ...ANSWER, files: ['/etc/1.parquet'] }, 'not a path below the output folder'],
  ])('is refused with %s', (_, answer, says) => {
    const refusal = expect.objectContaining({ code: 'LAKE_VALUE_UNEXPECTED', message: expect.stringContaining(says) })
    expect(() => checkedQueryAnswer('toy 1', answer)).toThrow(refusal)
  })
})

describe('what an engine has failed with is thrown as what it was', () => {
  const failure = { code: null, message: 'it was so', remedy: null, isOfValue: false }
  const thrown = (error: object): unknown => {
    try {
      assertAnswered('toy 1', { version: 1, error })
    } catch (found) {
      return found
    }
    return undefined
  }

  test('an error of ours', () => {
    const error = thrown({ ...failure, code: 'LAKE_SQL_INVALID', remedy: 'Write it another way.' })
    expect(error).toBeInstanceOf(LakeError)
    expect(error).toMatchObject({ code: 'LAKE_SQL_INVALID', message: 'it was so', remedy: 'Write it another way.' })
  })

  test('a value that no table can hold', () => {
    expect(thrown({ ...failure, isOfValue: true })).toBeInstanceOf(UnfitValueError)
  })

  test('an error of the system, and one of nobody', () => {
    expect(thrown({ ...failure, code: 'ENOSPC' })).toMatchObject({ code: 'ENOSPC', message: 'it was so' })
    expect(thrown(failure)).not.toHaveProperty('code')
  })

  test('and no answer but a failure is one', () => {
    expect(() => assertAnswered('toy 1', { version: 1 })).not.toThrow()
  })
})
