import { join, resolve } from 'node:path'
import type { Snapshot } from '../delta/snapshot.ts'
import { tableDifferences } from '../delta/table.ts'
import { isHidden } from '../files/names.ts'
import { listFolder } from '../files/read.ts'
import type { LakeTable } from '../tables/table.ts'
import type { OpenLake } from './openLake.ts'

/**
 * Where the config and the logs disagree. Queries, reports and `lake.sql` follow the logs; a stream refuses a table
 * whose columns or partitions are not as declared.
 */
export interface Differences {
  /** Table → how it differs from the config, each as a sentence without its full stop; empty where it does not. */
  readonly tables: ReadonlyMap<string, readonly string[]>
  /** Delta tables in the lake's folder that the config does not name, by their folders below it. */
  readonly undeclared: readonly string[]
}

/** How many folders deep a search for tables goes that the config does not name. */
const MAX_DEPTH = 6

/** Compares the tables of the config with those that are there. */
export async function differencesOf(lake: OpenLake, snapshot: Snapshot): Promise<Differences> {
  const { tables } = lake.config
  return {
    tables: new Map(tables.map((table) => [table.name, ofTable(table, snapshot)])),
    undeclared: await undeclaredTables(lake),
  }
}

function ofTable(table: LakeTable, { heads }: Snapshot): readonly string[] {
  const head = heads.get(table.name)
  if (head !== undefined) return tableDifferences(table, head)
  // Before the first run there are no tables, which is no difference.
  return heads.size === 0 ? [] : ['it is declared, but has no Delta log']
}

/** The differences as whole sentences, table by table. */
export function differenceSentences({ tables, undeclared }: Differences): string[] {
  return [
    ...[...tables].flatMap(([name, differences]) => differences.map((difference) => `${name}: ${difference}.`)),
    ...undeclared.map((folder) => `${folder} is a Delta table that the config does not name.`),
  ]
}

async function undeclaredTables(lake: OpenLake): Promise<string[]> {
  const { tables, streams } = lake.config
  const own = new Set([
    ...tables.flatMap((table) => [lake.layout.data(table), lake.layout.checkpoints(table)]),
    ...streams.flatMap(({ source: { folder } }) => (folder === undefined ? [] : [lake.layout.below(folder.path)])),
    ...streams.flatMap(({ source: { tableFolder } }) =>
      tableFolder === undefined ? [] : [resolve(lake.config.root, tableFolder.path)],
    ),
  ])
  const found: string[] = []
  const walk = async (below: string, depth: number): Promise<void> => {
    const folder = join(lake.config.root, below)
    if (own.has(folder)) return
    const names = (await listFolder(folder)).filter((entry) => entry.isDirectory()).map(({ name }) => name)
    if (names.includes('_delta_log')) found.push(below)
    else if (depth < MAX_DEPTH) {
      for (const name of names.sort()) if (!isHidden(name)) await walk(join(below, name), depth + 1)
    }
  }
  await walk('', 0)
  return found
}
