import { z } from 'zod'
import { fits } from '../../files/json.ts'
import type { Offset } from '../../stream/source.ts'
import type { LakeTable } from '../../tables/table.ts'
import { suggestion } from '../../words.ts'
import {
  type BoundSource,
  type FollowedTable,
  type Origin,
  PLAIN_SOURCE,
  type SourcePlace,
  type StreamPlan,
  sourceKind,
  TAKES_NOTHING,
  type Versions,
  type WrittenRows,
} from '../kind.ts'
import { sourceNow } from './now.ts'
import { isTableOffset } from './offset.ts'
import { DeltaTableSource } from './source.ts'
import type { SourceTable } from './sourceTable.ts'
import { unreadFiles } from './unread.ts'

const refuseOrIgnore = z.enum(['refuse', 'ignore']).default('refuse')

/** The keys of `ReadOptions`. */
export const readOptions = {
  skipChangeCommits: z.boolean().default(false),
  newColumns: refuseOrIgnore,
  widenedTypes: refuseOrIgnore,
}

/** The new rows of a table of the lake. */
export const deltaTableKind = sourceKind({
  word: 'deltaTable',
  example: "deltaTable('events')",
  keyExamples: {},
  relation: undefined,
  schema: z.strictObject({
    kind: z.literal('deltaTable'),
    table: z.string(),
    ...readOptions,
  }),
  bind: ({ table: name, skipChangeCommits, newColumns, widenedTypes }, stream): BoundSource => {
    const table = tableNamed(name, stream)
    const tableIn = (place: SourcePlace): SourceTable => ({
      table: place.tableRef(table),
      columns: table.columns,
      partitionBy: table.partitionBy,
      log: place.log(table),
      lakeFolder: place.root,
      skipChangeCommits,
      isOfLake: true,
      tolerance: { newColumns, widenedTypes, isDeclaredWider: false },
      written: (options) => `deltaTable('${name}', { ${options} })`,
    })
    return {
      ...PLAIN_SOURCE,
      relation: table.name,
      columns: table.columns,
      input: 'table',
      follows: {
        table,
        versionsIn,
        wholeVersionAt,
        versionAt: (end) => (fits(end, isTableOffset) ? end.version : undefined),
        partAt,
        unread: (place, session, last) => unreadFiles(tableIn(place), last, session),
        now: (place, session) => sourceNow(tableIn(place), session),
      },
      measures: { files: true, lag: true },
      rangeText,
      // From the offset's own version on: a start compares that commit with the one that was read.
      needs: (end) => [{ table, fromVersion: end !== undefined && fits(end, isTableOffset) ? end.version : 0 }],
      open: async (place) =>
        new DeltaTableSource({
          table: async () => tableIn(place),
          logFolder: place.log(table).folder,
          inputKind: 'table',
          disk: place.disk,
          connect: () => place.connect(),
        }),
      emptying: {
        ...TAKES_NOTHING,
        originOf: async (rows) => originOf(table, rows),
      },
    }
  },
})

/** Of a version that was read in part, some files are still to come. */
function wholeVersionAt(end: Offset): number {
  if (!fits(end, isTableOffset) || end.isSnapshot) return -1
  return end.path === null ? end.version : end.version - 1
}

/** A part of the first snapshot has files of any version. */
function versionsIn(start: Offset | null, end: Offset): Versions | undefined {
  if (!fits(end, isTableOffset) || end.isSnapshot) return undefined
  if (start === null) return { first: 0, last: end.version }
  if (!fits(start, isTableOffset) || start.isSnapshot) return undefined
  return { first: start.path === null ? start.version + 1 : start.version, last: end.version }
}

function partAt(end: Offset): ReturnType<FollowedTable['partAt']> {
  if (!fits(end, isTableOffset) || end.path === null) return undefined
  return { of: end.isSnapshot ? 'snapshot' : 'commit', after: end.path }
}

function rangeText(start: Offset | null, end: Offset): string | undefined {
  if (!fits(end, isTableOffset)) return undefined
  const { last, first } = versionsIn(start, end) ?? { first: end.version, last: end.version }
  const part = end.path === null ? '' : ' in part'
  return first === last ? `v${last}${part}` : `v${first}–${last}${part}`
}

function tableNamed(name: string, { place, tables, fail }: StreamPlan): LakeTable {
  const found = tables.get(name)
  return found ?? fail(place, `follows "${name}", which is not a table.`, suggestion(name, [...tables.keys()]))
}

/** Where rows can come from again that were made from a table's rows. */
function originOf(table: LakeTable, { count, countIn }: WrittenRows): Origin {
  const there = countIn(table)
  if (there !== undefined && there < count) {
    return { from: 'nowhere', how: `${table.name} has only ${there} of the rows that they were made from` }
  }
  return { from: 'table', how: `made again from ${table.name}` }
}
