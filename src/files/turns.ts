/** How many system calls of one barrier run at once; libuv's pool is the real limit. */
const PARALLEL_CALLS = 16

/** Runs every call, a limited number at once. It throws an error only once none of them runs any more. */
export async function inParallel(calls: readonly (() => Promise<unknown>)[]): Promise<void> {
  const queue = calls.values()
  const work = async (): Promise<void> => {
    for (const call of queue) await call()
  }
  const workers = Array.from({ length: Math.min(PARALLEL_CALLS, calls.length) }, work)
  for (const outcome of await Promise.allSettled(workers)) if (outcome.status === 'rejected') throw outcome.reason
}

/** Waits until all have ended, even if one fails. If several fail, it throws the error of the first in the list. */
export async function allEnded<Each extends readonly Promise<unknown>[]>(
  ...all: Each
): Promise<{ -readonly [Index in keyof Each]: Awaited<Each[Index]> }> {
  await Promise.allSettled(all)
  return Promise.all(all)
}

/** After this many items of a long list, signals and timers get their turn. */
const ITEMS_A_TURN = 100

/**
 * The items of a list that may be long. Otherwise synchronous calls would keep Ctrl-C waiting until its end.
 * @param itemsATurn  how many; few where each takes long
 */
export async function* inTurns<T>(items: Iterable<T>, itemsATurn = ITEMS_A_TURN): AsyncGenerator<T> {
  let count = 0
  for (const item of items) {
    yield item
    count += 1
    if (count % itemsATurn === 0) await new Promise<void>((resolve) => setImmediate(resolve))
  }
}
