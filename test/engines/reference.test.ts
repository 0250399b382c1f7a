import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { Database, type Session } from '../../src/duckdb/session.ts'
import type { Reference } from '../../src/tables/engine.ts'
import { loadReference } from '../../src/tables/loadReference.ts'
import { referenceHash } from '../../src/tables/referenceFile.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const OLD = 'key,label\na,old\n'
const NEW = 'key,label\na,new\n'

async function openReference(): Promise<{ session: Session; reference: Reference }> {
  const folder = temporaryFolder()
  const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder: join(folder, '.temp') })
  const session = await database.connect()
  onTestFinished(() => {
    session.close()
    database.close()
  })
  const file = join(folder, 'labels.csv')
  writeFileSync(file, OLD)
  return { session, reference: { name: 'labels', file, columns: { key: 'VARCHAR', label: 'VARCHAR' }, key: 'key' } }
}

/** The session, with something done to the file just before DuckDB opens it. */
function before(session: Session, change: () => void): Session {
  return new Proxy(session, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...args: unknown[]): unknown => {
        if (name === 'run') change()
        return Reflect.apply(value, target, args)
      }
    },
  })
}

test('a reference that changes between the look and the reading is hashed as what was read', async () => {
  const { session, reference } = await openReference()
  let changes = 0
  const changing = before(session, () => {
    changes += 1
    writeFileSync(reference.file, NEW)
  })
  const hash = await loadReference(changing, reference, undefined)
  expect(hash).toBe(await referenceHash(reference))
  expect(await session.rows(rawSql`FROM labels`)).toEqual([{ key: 'a', label: 'new' }])
  expect(changes).toBe(2)
})

test('a reference that never stands still is refused', async () => {
  const { session, reference } = await openReference()
  let changes = 0
  const changing = before(session, () => {
    changes += 1
    writeFileSync(reference.file, `${readFileSync(reference.file, 'utf8')}b${changes},more\n`)
  })
  await expect(loadReference(changing, reference, undefined)).rejects.toMatchObject({
    code: 'LAKE_REFERENCE_INVALID',
    message: expect.stringContaining('changes while it is read'),
  })
})

test('a reference whose bytes are those that were loaded is not read again', async () => {
  const { session, reference } = await openReference()
  const hash = await loadReference(session, reference, undefined)
  const unused = before(session, () => {
    throw new Error('it was read')
  })
  expect(await loadReference(unused, reference, hash)).toBe(hash)
})
