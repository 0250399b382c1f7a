import { expect, onTestFinished } from 'vitest'
import { LakeError } from '../../src/errors.ts'
import { KeptLake, type KeptLakeOptions } from './keptLake.ts'
import { rawSql } from './sql.ts'
import { temporaryFolder } from './temporaryFolder.ts'

const at = (second: number): string => `'2026-11-22 10:00:${String(second).padStart(2, '0')}+00'`
/** A row of the kept lake's table, with its time, its key and its person. */
export const row = (second: number, id: string, person = 1000): string =>
  `(${at(second)}, ${second}, 'OPEN', '${id}', 'CHAT', 2000, ${person}, 1.5)`

/** A lake with two batches, open. */
export async function openKeptLake(
  options: KeptLakeOptions & { readonly ids?: readonly [string, string] } = {},
): Promise<KeptLake> {
  const [a, b] = options.ids ?? ['a', 'b']
  const lake = await KeptLake.make(temporaryFolder(), options)
  onTestFinished(() => lake.end())
  await lake.open()
  await lake.add([row(5, a), row(6, a), row(7, b)])
  await lake.take()
  await lake.add([row(1, a, 1001), '(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)'])
  await lake.take()
  return lake
}

/** The error that a work fails with. */
export async function errorOf(work: () => Promise<unknown>): Promise<LakeError> {
  const error = await work().then(
    () => undefined,
    (cause: unknown) => cause,
  )
  expect(error).toBeInstanceOf(LakeError)
  return error as LakeError
}

/** What a query finds in the store. */
export async function stored(lake: KeptLake, sql: string): Promise<unknown[]> {
  const session = await lake.connect()
  try {
    return await session.rows(rawSql`${sql}`)
  } finally {
    session.close()
  }
}

/** Model → what tells one making of it from another. */
export const builds = async (lake: KeptLake): Promise<Record<string, unknown>> =>
  Object.fromEntries(
    (await stored(lake, 'SELECT name, build FROM live.kept.models')).map((model) => {
      const { name, build } = model as { name: string; build: string }
      return [name, build]
    }),
  )
