import type { Safeguard } from './safeguard.ts'

const watchingTest = 'test/sources/watching.test.ts'

export const watching: readonly Safeguard[] = [
  {
    name: 'a file that came before the landing folder was watched wakes its stream',
    file: 'src/sources/landing/feed.ts',
    takes: 'if (watch.recheckMs === undefined && (await candidates.hasNews(clock.nowMs()))) wake()',
    leaves: '',
    tests: [watchingTest],
  },
  {
    name: 'a commit that came while a stream worked wakes it when it waits',
    file: 'src/sources/delta/feed.ts',
    takes: 'if (await this.#parts.tail.hasNews()) wake()',
    leaves: '',
    tests: [watchingTest],
  },
  {
    name: 'a folder that cannot be watched is looked at',
    file: 'src/stream/refusedWatch.ts',
    takes: 'this.#code === undefined ? undefined : POLL_MS',
    leaves: 'undefined',
    tests: [watchingTest],
  },
  {
    name: 'a folder that took the place of the watched one wakes its stream',
    file: 'src/sources/landing/dropsWatcher.ts',
    takes: 'if (this.#isReplaced(identity)) wake()',
    leaves: '',
    tests: [watchingTest, 'test/lake/watching.test.ts'],
  },
]
