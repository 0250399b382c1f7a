import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { type Disk, nodeDisk } from '../../src/files/disk.ts'
import { Lake } from '../../src/index.ts'
import { openLake } from '../../src/lake/openLake.ts'
import { CaseLake } from '../support/caseLake.ts'
import { failingDisk } from '../support/hookedDisk.ts'
import { treeFingerprint } from '../support/tree.ts'

// Rows that were landed and whose files were deleted: nothing brings them back.

const COLUMNS = { id: 'BIGINT', name: 'VARCHAR' }
const ROWS = "SELECT 1::BIGINT AS id, 'a' AS name"

async function landedCase(): Promise<CaseLake> {
  const reference = {
    name: 'labels',
    columns: { name: 'VARCHAR', label: 'VARCHAR' },
    key: 'name',
    csv: 'name,label\na,A\n',
  }
  const select = 'SELECT g.id, l.label AS name FROM given AS g LEFT JOIN labels AS l ON l.name = g.name'
  const lake = await CaseLake.open(COLUMNS, ROWS, [
    { stream: 'labelled', select, tables: { '': { columns: COLUMNS } }, reference },
  ])
  onTestFinished(() => lake.close())
  await lake.run('labelled')
  return lake
}

/** The lake as another process opens it. */
async function reopened({ folder }: CaseLake, options: { readonly disk?: Disk } = {}): Promise<Lake> {
  const config = join(folder, 'lakeweir.config.mjs')
  const lake = Lake.of(await openLake({ config, database: { threads: 1 }, ...options }))
  onTestFinished(() => lake.close())
  return lake
}

function edit(path: string, from: string, to: string): void {
  const text = readFileSync(path, 'utf8')
  expect(text).toContain(from)
  writeFileSync(path, text.replace(from, to))
}

const sqlOf = (lake: CaseLake): string => join(lake.folder, 'sql/labelled.sql')

/** What would stop the streams after an emptying of `land`, each by the code that it is refused with. */
const FAULTS: Readonly<Record<string, { code: string; spoil: (lake: CaseLake) => unknown; disk?: Disk }>> = {
  'a typing error in the SQL of a stream downstream': {
    code: 'LAKE_SQL_INVALID',
    spoil: (lake) => edit(sqlOf(lake), 'LEFT JOIN', 'LEFT JOYN'),
  },
  'a column that its table does not have': {
    code: 'LAKE_SQL_INVALID',
    spoil: (lake) => edit(sqlOf(lake), 'AS name FROM', 'AS nme FROM'),
  },
  'a reference file that is gone': {
    code: 'LAKE_REFERENCE_INVALID',
    spoil: (lake) => rmSync(lake.referenceFile('labels')),
  },
  'a reference with a key twice': {
    code: 'LAKE_REFERENCE_INVALID',
    spoil: (lake) => lake.writeReference('labels', 'name,label\na,A\na,B\n'),
  },
  'a disk without hard links': {
    code: 'LAKE_DISK_UNSUITABLE',
    spoil: () => undefined,
    disk: failingDisk(nodeDisk, 'EPERM', ({ operation }) => operation === 'link'),
  },
  'a disk that is full': {
    code: 'LAKE_DISK_FAILED',
    spoil: () => undefined,
    disk: failingDisk(nodeDisk, 'ENOSPC', ({ operation }) => operation === 'writeFile'),
  },
}

describe('an emptying changes nothing where the streams would be stopped after it by', () => {
  test.each(Object.entries(FAULTS))('%s', async (_, { code, spoil, disk }) => {
    const landed = await landedCase()
    await spoil(landed)
    const before = treeFingerprint(join(landed.folder, 'lake'))
    const lake = await reopened(landed, disk === undefined ? {} : { disk })
    await expect(lake.empty(['land'])).rejects.toMatchObject({
      code,
      state: expect.stringMatching(/^Nothing was (emptied|changed)|What was committed stays/),
    })
    expect(treeFingerprint(join(landed.folder, 'lake'))).toEqual(before)
  })

  test('a source table that stays and is gone', async () => {
    const landed = await landedCase()
    rmSync(join(landed.folder, 'lake/given/data/_delta_log'), { recursive: true })
    const before = treeFingerprint(join(landed.folder, 'lake'))
    const lake = await reopened(landed)
    await expect(lake.empty(['labelled'])).rejects.toMatchObject({ state: 'Nothing was emptied.' })
    expect(treeFingerprint(join(landed.folder, 'lake'))).toEqual(before)
  })
})

test('an emptying tells what it takes away, where it comes from again, and changes nothing when that is not agreed to', async () => {
  const landed = await landedCase()
  const before = treeFingerprint(join(landed.folder, 'lake'))
  const lake = await reopened(landed)
  const gone = { stream: 'land', rows: 1, from: 'nowhere', how: 'their files were deleted once they were taken' }
  const again = { stream: 'labelled', rows: 1, from: 'table', how: 'made again from given' }
  expect(await lake.wouldEmpty(['land'])).toMatchObject({
    isLoss: true,
    tables: [
      { name: 'given', rows: 1, parts: [gone] },
      { name: 'labelled', rows: 1, parts: [again] },
    ],
  })
  expect(await lake.wouldEmpty(['labelled'])).toMatchObject({
    isLoss: false,
    tables: [{ name: 'labelled', rows: 1, parts: [again] }],
  })
  expect(await lake.empty(['land'], { confirm: () => false })).toBe(undefined)
  expect(treeFingerprint(join(landed.folder, 'lake'))).toEqual(before)
})
