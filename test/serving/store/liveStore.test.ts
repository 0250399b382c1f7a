import { expect, test } from 'vitest'
import { KeptLake } from '../../support/keptLake.ts'
import { temporaryFolder } from '../../support/temporaryFolder.ts'

const at = (second: number) => `'2026-11-22 10:00:${String(second).padStart(2, '0')}+00'`

test('models equal their own text after each batch', async () => {
  const lake = await KeptLake.make(temporaryFolder())
  await lake.open()
  await lake.add([
    `(${at(5)}, 1, 'OPEN', 'm1', 'CHAT', 2000, 1000, 1.5)`,
    `(${at(6)}, 2, 'OPEN', 'm1', 'CHAT', 2001, 1001, 2)`,
  ])
  expect(await lake.take()).toMatchObject({ kind: 'written' })
  expect(await lake.differences()).toEqual([])
  await lake.add([
    `(${at(1)}, 3, 'OPEN', 'm1', 'CHAT', 2009, 1002, NULL)`,
    `(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
  ])
  expect(await lake.take()).toMatchObject({ kind: 'written' })
  expect(await lake.differences()).toEqual([])
  await lake.reopen()
  expect(await lake.differences()).toEqual([])
  await lake.add([`(${at(0)}, 3, 'OPEN', 'm1', 'CHAT', 2009, 1002, NULL)`])
  expect(await lake.take()).toMatchObject({ kind: 'written' })
  expect(await lake.differences()).toEqual([])
  await lake.end()
})
