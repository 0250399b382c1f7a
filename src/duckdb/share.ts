import type { Machine } from './machine.ts'

/** What DuckDB may use of what the process may use. */
export interface Share {
  readonly threads: number
  readonly memoryBytes: number
}

/** The rest is for the files that the system keeps in memory, and for other programs. It is DuckDB's own default. */
const MEMORY_SHARE = 0.8

/**
 * Node, and what DuckDB holds beside what it counts. Measured over 5M rows, for the silver stream, a report, a sort and
 * a DISTINCT with 96 MB to 1 GB: a process that used its limit up held 110 to 250 MB more than that.
 */
const BESIDE_BYTES = 256e6

/** For the smallest of machines: all of those finished with it. With 64 MB the DISTINCT did not. */
const LEAST_BYTES = 96e6

/**
 * The memory that each thread is to have. DuckDB reads logs and CSV through 32 MiB a thread: 8 threads with 128 MB
 * failed for want of memory, and with 256 MB they took twice as long as with 512.
 */
const THREAD_BYTES = 64e6

/** The least that a config may name: below it DuckDB cannot even read the log of a table. */
export const LEAST_MEMORY_BYTES = THREAD_BYTES

/** What of it is set. */
export interface SetShare {
  readonly threads?: number | undefined
  readonly memoryBytes?: number | undefined
}

/**
 * DuckDB's threads and memory on a machine, where they are not set: a thread for each core for which there is memory.
 * @param set  what is set; threads that are not follow the memory that is
 */
export function shareOf(machine: Machine, set: SetShare = {}): Share {
  const memoryBytes = set.memoryBytes ?? Math.max(LEAST_BYTES, machine.memoryBytes * MEMORY_SHARE - BESIDE_BYTES)
  const threads = set.threads ?? Math.min(machine.cores, Math.floor(memoryBytes / THREAD_BYTES))
  return { threads: Math.max(1, threads), memoryBytes: Math.floor(memoryBytes) }
}
