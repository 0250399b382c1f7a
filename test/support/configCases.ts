import { join } from 'node:path'
import { expect } from 'vitest'
import { deltaTable, LakeError, parquetFolder } from '../../src/index.ts'
import { resolveLake } from '../../src/lake/config/resolve.ts'
import { lakeFolder } from './lakeFolder.ts'

export const EVENT = { seen_at: 'TIMESTAMPTZ', kind: 'VARCHAR', amount: 'INTEGER' } as const
export const DATED = { ...EVENT, date: 'DATE' } as const

const SPLIT = `-- split.sql: every event with its date; one row per event.
--
-- in   events   the batch
-- out  all columns
SELECT *, CAST(seen_at AS DATE) AS date, 'good' AS destination FROM events
`

/** A config in which one thing is to be wrong. */
export interface ConfigCase {
  readonly name: string
  /** Puts values at dotted places of a sound config; undefined removes what stands there. */
  readonly set: Readonly<Record<string, unknown>>
  /** After the config's path. */
  readonly message: string
  readonly remedy?: string | undefined
  /** Files beside the config, besides those that a sound one names. */
  readonly files?: Readonly<Record<string, string>>
}

/** A config as a program would give it that no compiler has checked. */
interface Loose {
  [key: string]: unknown
}

function soundConfig(): Loose {
  return {
    root: 'lake',
    tables: {
      events: { path: 'raw/events', columns: { ...EVENT } },
      good: { path: 'checked/good', columns: { ...DATED }, partitionBy: ['date'] },
      bad: { path: 'checked/bad', columns: { ...DATED }, partitionBy: ['date'] },
    },
    reference: { kinds: { file: 'kinds.csv', columns: { kind: 'VARCHAR', label: 'VARCHAR' }, key: 'kind' } },
    streams: {
      land: { from: parquetFolder('landing'), into: ['events'] },
      split: { from: deltaTable('events'), select: 'split.sql', into: ['good', 'bad'] },
    },
  }
}

function put(config: Loose, place: string, value: unknown): void {
  const keys = place.split('.')
  const last = keys.pop() ?? ''
  let inner = config
  for (const key of keys) inner = inner[key] as Loose
  if (value === undefined) delete inner[last]
  else inner[last] = value
}

/** The error that a config is refused with, or undefined where it is taken. */
export function refusalOf(
  config: unknown = soundConfig(),
  files: Readonly<Record<string, string>> = {},
): LakeError | undefined {
  const folder = lakeFolder({ 'split.sql': SPLIT, ...files })
  try {
    resolveLake(config, join(folder, 'lakeweir.config.ts'), undefined)
    return undefined
  } catch (error) {
    if (error instanceof LakeError) return error
    throw error
  }
}

export function expectRefused({ set, message, remedy, files }: ConfigCase): void {
  const config = soundConfig()
  for (const [place, value] of Object.entries(set)) put(config, place, value)
  const error = refusalOf(config, files)
  const [, what] = error?.message.split('lakeweir.config.ts: ') ?? []
  expect({ code: error?.code, what, remedy: error?.remedy }).toEqual({
    code: 'LAKE_CONFIG_INVALID',
    what: message,
    remedy,
  })
}
