import { resolve } from 'node:path'
import { z } from 'zod'
import { DeltaLog } from '../../delta/log.ts'
import { featuresOf } from '../../delta/protocol.ts'
import type { Tolerance } from '../../delta/reading.ts'
import { columnsNamed, NAME, NAME_RULE, shortText } from '../configParts.ts'
import { readOptions } from '../delta/kind.ts'
import { sourceNow } from '../delta/now.ts'
import { DeltaTableSource } from '../delta/source.ts'
import { unreadFiles } from '../delta/unread.ts'
import {
  type BoundSource,
  PLAIN_SOURCE,
  type SourcePlace,
  type StreamPlan,
  sourceKind,
  TAKES_NOTHING,
} from '../kind.ts'
import { assertReadable, type FolderTable, folderTable, headIn, withSessionOf } from './folderTable.ts'

/** A column's name in a table of another writer: any name, because a stream's SELECT can rename it. */
const foreignName = z.string().regex(/^[^\0]+$/, 'a column has a name without NUL')

/** The new rows of a Delta table that is not one of the lake's. */
export const deltaFolderKind = sourceKind({
  word: 'deltaFolder',
  example: "deltaFolder('/warehouse/events')",
  keyExamples: {},
  relation: undefined,
  schema: z.strictObject({
    kind: z.literal('deltaFolder'),
    path: z.string().regex(/^[^\0]+$/, 'must be the path of a folder, not {input}'),
    name: shortText.regex(NAME, NAME_RULE).optional(),
    columns: columnsNamed(foreignName).optional(),
    ...readOptions,
  }),
  bind: (config, plan): BoundSource => {
    const { path } = config
    const relation = relationOf(config, plan)
    const declared = config.columns ?? (plan.hasSelect ? undefined : plan.into[0].columns)
    const table: FolderTable = {
      path,
      name: relation,
      columns: declared,
      skipChangeCommits: config.skipChangeCommits,
      tolerance: toleranceOf(config),
    }
    const logFolder = (place: SourcePlace): string => new DeltaLog(place.disk, resolve(place.root, path)).folder
    return {
      ...PLAIN_SOURCE,
      relation,
      columns:
        declared ??
        ((place) => withSessionOf(place, async (session) => (await folderTable(place, table, session)).columns)),
      input: 'delta',
      tableFolder: {
        path,
        unread: async (place, session, last) => unreadFiles(await folderTable(place, table, session), last, session),
        now: async (place, session) => sourceNow(await folderTable(place, table, session), session),
        about: async (place, session) => {
          const { version, protocol } = await headIn(place, table, session)
          return { folder: resolve(place.root, path), version, features: featuresOf(protocol) }
        },
      },
      measures: { files: true, lag: true },
      open: async (place) =>
        new DeltaTableSource({
          table: async (session) => folderTable(place, table, await session()),
          logFolder: logFolder(place),
          inputKind: 'delta',
          disk: place.disk,
          connect: () => place.connect(),
        }),
      emptying: {
        ...TAKES_NOTHING,
        assertCanBegin: (place) => withSessionOf(place, (session) => assertReadable(place, table, session)),
        originOf: async () => ({
          from: 'source',
          how: `read again from ${path}, where they have not been deleted since`,
        }),
      },
    }
  },
})

/** Who names the columns to read does not mind others. */
function toleranceOf({ columns, newColumns, widenedTypes }: Parameters): Tolerance {
  return { newColumns: columns === undefined ? newColumns : 'ignore', widenedTypes, isDeclaredWider: true }
}

interface Parameters extends Pick<Tolerance, 'newColumns' | 'widenedTypes'> {
  readonly columns?: unknown
}

/** What SQL calls the rows: the folder's name, if it can be one. */
function relationOf({ path, name }: { path: string; name?: string | undefined }, { place, fail }: StreamPlan): string {
  if (name !== undefined) return name
  const last = path.split('/').findLast((step) => step !== '') ?? ''
  if (NAME.test(last)) return last
  return fail(
    place,
    `needs a name: SQL cannot call the rows "${last}" as their folder is called.`,
    `Write it like this: deltaFolder('${path}', { name: 'events' })`,
  )
}
