/** How many system calls of one barrier are under way at once; libuv's pool is the real limit. */
const PARALLEL_CALLS = 16

/** Runs every call, a bounded number at once; fails with the first error after all that had begun have ended. */
export async function inParallel(calls: readonly (() => Promise<unknown>)[]): Promise<void> {
  const queue = calls.values()
  const work = async (): Promise<void> => {
    for (const call of queue) await call()
  }
  const workers = Array.from({ length: Math.min(PARALLEL_CALLS, calls.length) }, work)
  for (const outcome of await Promise.allSettled(workers)) if (outcome.status === 'rejected') throw outcome.reason
}

/** Waits until all have ended, also where one fails; throws the first one's error before the second's. */
export async function allEnded<Each extends readonly Promise<unknown>[]>(
  ...all: Each
): Promise<{ -readonly [Index in keyof Each]: Awaited<Each[Index]> }> {
  await Promise.allSettled(all)
  return Promise.all(all)
}

/** After how many items of a long list signals and timers get their turn. */
const ITEMS_A_TURN = 100

/** The items of a list that may be long; calls that end in place would otherwise keep Ctrl-C waiting to its end. */
export async function* inTurns<T>(items: Iterable<T>): AsyncGenerator<T> {
  let count = 0
  for (const item of items) {
    yield item
    count += 1
    if (count % ITEMS_A_TURN === 0) await new Promise<void>((resolve) => setImmediate(resolve))
  }
}
