import { LakeError } from '../errors.ts'
import type { LakeTable } from '../tables/table.ts'
import { suggestion } from '../words.ts'
import type { LakeStream, ResolvedLake } from './config/resolve.ts'
import type { ContractedSql } from './config/sqlFile.ts'
import type { Runnable } from './runnable.ts'

/** @throws LakeError LAKE_ARGUMENT_INVALID for an unknown name */
export function namedStream({ streams }: ResolvedLake, name: string): LakeStream {
  const found = streams.find((stream) => stream.name === name)
  if (found !== undefined) return found
  throw unknownName(
    'stream',
    name,
    streams.map((stream) => stream.name),
  )
}

/** @throws LakeError LAKE_ARGUMENT_INVALID for an unknown name */
export function namedTable({ tables, streams }: ResolvedLake, name: string): LakeTable {
  const found = tables.find((table) => table.name === name)
  if (found !== undefined) return found
  const stream = streams.find((one) => one.name === name)
  if (stream !== undefined) {
    const into = stream.into.map((table) => table.name).join(', ')
    throw new LakeError('LAKE_ARGUMENT_INVALID', `"${name}" is a stream, not a table.`, {
      remedy: `It writes to ${into}.`,
    })
  }
  throw unknownName(
    'table',
    name,
    tables.map((table) => table.name),
  )
}

/**
 * What runs with these names; without names, all except those that run only when they are named.
 * @throws LakeError LAKE_ARGUMENT_INVALID for an unknown name
 */
export function chosenOf(all: readonly Runnable[], names: readonly string[]): readonly Runnable[] {
  if (names.length === 0) return all.filter(({ isOnDemand }) => !isOnDemand)
  return [...new Set(names)].map((name) => {
    const found = all.find((runnable) => runnable.name === name)
    if (found !== undefined) return found
    const known = all.map((runnable) => runnable.name)
    throw unknownName('stream', name, known)
  })
}

/** The tables with these names; without names, all. @throws LakeError LAKE_ARGUMENT_INVALID for an unknown name */
export function chosenTables(lake: ResolvedLake, names: readonly string[]): readonly LakeTable[] {
  return names.length === 0 ? lake.tables : [...new Set(names)].map((name) => namedTable(lake, name))
}

/** @throws LakeError LAKE_ARGUMENT_INVALID for an unknown name */
export function namedReport({ reports }: ResolvedLake, name: string): ContractedSql {
  const found = reports.get(name)
  if (found === undefined) throw unknownName('report', name, [...reports.keys()])
  return found
}

function unknownName(kind: string, name: string, known: readonly string[]): LakeError {
  return new LakeError('LAKE_ARGUMENT_INVALID', `there is no ${kind} "${name}".`, { remedy: suggestion(name, known) })
}
