import type { Machine } from './machine.ts'

/** The part of what the process may use that DuckDB gets. */
export interface Share {
  readonly threads: number
  readonly memoryBytes: number
}

/** DuckDB's own default. The rest is for files that the system keeps in memory, and for other programs. */
const MEMORY_SHARE = 0.8

/**
 * For Node, and for memory that DuckDB does not count. Measured over 5M rows, for the silver stream, a report, a sort
 * and a DISTINCT with limits from 96 MB to 1 GB: a process that used up its limit had 110 to 250 MB more than that.
 */
const BESIDE_BYTES = 256e6

/** For the smallest machines: with this much all of those finished. With 64 MB the DISTINCT did not. */
const LEAST_BYTES = 96e6

/**
 * The memory for each thread. DuckDB reads logs and CSV through a buffer of 32 MiB a thread: 8 threads with 128 MB ran
 * out of memory, and with 256 MB they took twice as long as with 512 MB.
 */
const THREAD_BYTES = 64e6

/** The lowest limit that a config may set: with less, DuckDB cannot even read the log of a table. */
export const LEAST_MEMORY_BYTES = THREAD_BYTES

/** The part that a config sets. */
export interface SetShare {
  readonly threads?: number | undefined
  readonly memoryBytes?: number | undefined
}

/**
 * DuckDB's threads and memory on a machine. If they are not set: a thread for each core for which there is memory.
 * @param set  what a config sets; if it sets only the memory, the threads follow from that
 */
export function shareOf(machine: Machine, set: SetShare = {}): Share {
  const memoryBytes = set.memoryBytes ?? Math.max(LEAST_BYTES, machine.memoryBytes * MEMORY_SHARE - BESIDE_BYTES)
  const threads = set.threads ?? Math.min(machine.cores, Math.floor(memoryBytes / THREAD_BYTES))
  return { threads: Math.max(1, threads), memoryBytes: Math.floor(memoryBytes) }
}
