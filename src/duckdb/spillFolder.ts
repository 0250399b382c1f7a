import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import type { Disk } from '../files/disk.ts'
import { listFolder } from '../files/read.ts'
import { isOwnerDead, OWNER } from '../files/temporaryNames.ts'

const SPILL = /^lakeweir-spill\.[0-9a-f]{8}-\d+-[0-9a-f]{8}\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * A folder for what does not fit into the memory of one DuckDB. Two DuckDBs that share a folder overwrite each other's
 * blocks and crash, even in one process. DuckDB makes the folder when it needs it, and removes it when it is closed.
 */
export function spillFolder(below: string): string {
  return join(below, ['lakeweir-spill', OWNER, randomUUID()].join('.'))
}

/**
 * Removes the spill folders of processes that were killed: gigabytes that nobody else would ever remove. A folder that
 * cannot be listed or removed, such as another user's, stays: no lake needs it gone.
 */
export async function removeDeadSpill(disk: Disk, below: string): Promise<void> {
  const entries = await listFolder(below).catch(() => [])
  for (const entry of entries) {
    if (!entry.isDirectory() || !SPILL.test(entry.name) || !isOwnerDead(entry.name)) continue
    await disk.removeTree(join(below, entry.name)).catch(() => undefined)
  }
}
