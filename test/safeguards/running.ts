import type { Safeguard } from './safeguard.ts'

const QUERY = 'src/tables/query.ts'
const RETRY = 'src/stream/retry.ts'
const RUN = 'src/lake/run.ts'
const WATCHER = 'src/stream/watcher.ts'
const LIMITS = 'src/stream/limits.ts'
const queryTest = 'test/stream/query.test.ts'
const retries = 'test/lake/retries.test.ts'
const diskFailures = 'test/stream/diskFailures.test.ts'
const watcherTest = 'test/stream/watcher.test.ts'
const resources = 'test/sources/landingFolder.resources.test.ts'

export const running: readonly Safeguard[] = [
  {
    name: 'the folders of a stream are made again once its lock is held',
    file: QUERY,
    takes: 'await checkpoint.make(disk, lakeFolder) await this.#runLocked()',
    leaves: 'await this.#runLocked()',
    tests: ['test/stream/start.test.ts'],
  },
  {
    name: 'a stream that stops lets go of its lock',
    file: QUERY,
    takes: 'lock.release()',
    leaves: '',
    tests: [queryTest],
  },
  {
    name: 'what arrived before the end of a run is seen by its last look',
    file: QUERY,
    takes: 'const isDrained = this.#options.availableNow && upstreamEnded if (isDrained',
    leaves: 'const isDrained = this.#options.availableNow; if (isDrained',
    tests: ['test/lake/drain.test.ts'],
  },
  {
    name: 'a drain ends beside a writer that goes on',
    file: QUERY,
    takes: 'if (isDrained && !isPinned) await source.pin()',
    leaves: '',
    tests: ['test/lake/drain.test.ts'],
  },
  {
    name: 'a run that ends drops the staged names of its last batch',
    file: QUERY,
    takes: 'await dropStaged(this.#parts, state.last) } finally',
    leaves: '} finally',
    tests: [queryTest, 'test/stream/crash.test.ts'],
  },
  {
    name: 'a run that is told to stop begins no batch',
    file: QUERY,
    takes: 'if (this.#options.signal.aborted) return [{ range: undefined, recheckMs: undefined }, state]',
    leaves: '',
    tests: [queryTest],
  },
  {
    name: 'a run tries that links work before it stages anything',
    file: QUERY,
    takes: 'if (!this.#isProbed) await probeTargets(this.#parts)',
    leaves: '',
    tests: [diskFailures],
  },
  {
    name: 'what failed after its commit is not tried again as if nothing had been',
    file: QUERY,
    takes: 'if (!(error instanceof StageError) || plan.range === undefined) throw error',
    leaves: 'if (plan.range === undefined) throw error; if (!(error instanceof Error)) throw error',
    tests: [diskFailures],
  },
  {
    name: 'a sync that failed on what stays is not tried again in its run',
    file: QUERY,
    takes: 'if (error.cause instanceof StandingSyncError) throw diskError(name, batch, 1, error.cause)',
    leaves: '',
    tests: [queryTest],
  },
  {
    name: 'a lack of the process makes batches smaller and blames nothing',
    file: QUERY,
    takes: 'if (resource !== undefined) return this.#spare(resource, error.cause, failures, batch, plan.range)',
    leaves: '',
    tests: [resources],
  },
  {
    name: 'a disk that stays full stops a stream after some tries',
    file: QUERY,
    takes: 'if (failures.ofDisk >= DISK_TRIES) throw diskError(name, batch, DISK_TRIES, error.cause)',
    leaves: 'if (failures.ofDisk >= 50) throw diskError(name, batch, 50, error.cause)',
    tests: [diskFailures],
  },
  {
    name: 'a full disk is not held against a file',
    file: QUERY,
    takes: 'if (isDiskError(error.cause)) {',
    leaves: 'if (false) {',
    tests: [diskFailures],
  },
  {
    name: 'limits that shrank grow back to what was asked for and no further',
    file: LIMITS,
    takes: 'Math.min(this.#full[limit], this.#now[limit] * 2)',
    leaves: 'this.#now[limit] * 2',
    tests: ['test/stream/limits.test.ts'],
  },
  {
    name: 'a batch takes one file at the least',
    file: LIMITS,
    takes: 'Math.max(1, Math.ceil(count / 2))',
    leaves: 'Math.floor(count / 2)',
    tests: ['test/stream/limits.test.ts'],
  },
  {
    name: 'a sync that failed on what stays is not tried again by the run',
    file: RETRY,
    takes: 'return isTemporary(cause) && !isFailedSync(cause)',
    leaves: 'return isTemporary(cause)',
    tests: [retries],
  },
  {
    name: 'a stream that another process runs is no fault of it',
    file: RETRY,
    takes: "error.code === 'LAKE_STREAM_HELD' || error.code === 'LAKE_INTERRUPTED'",
    leaves: 'false',
    tests: [retries],
  },
  {
    name: 'the pauses between retries have a longest',
    file: RETRY,
    takes: 'Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1))',
    leaves: 'FIRST_PAUSE_MS * 2 ** (failures - 1)',
    tests: [retries],
  },
  {
    name: 'a run that only takes what is there tries a stream again only so often',
    file: RUN,
    takes: '(options.availableNow === true && failures > MAX_DRAIN_RETRIES)',
    leaves: 'failures > 30',
    tests: [retries],
  },
  {
    name: 'failures in a row are counted anew after a batch',
    file: RUN,
    takes: 'failures = 0 return options.onBatch?.(progress)',
    leaves: 'return options.onBatch?.(progress)',
    tests: [retries],
  },
  {
    name: 'a generator that is started again makes no row twice',
    file: RUN,
    takes: 'if (stream.source.isOnDemand) attempts.generator = source',
    leaves: '',
    tests: [retries],
  },
  {
    name: 'a callback that throws stops the whole run',
    file: RUN,
    takes: 'if (error instanceof CallbackError) stop.abort()',
    leaves: '',
    tests: ['test/lake/callbacks.test.ts'],
  },
  {
    name: 'the worst of several errors is thrown',
    file: RUN,
    takes: 'errors.toSorted((one, other) => severityOf(other) - severityOf(one))',
    leaves: 'errors.toSorted((one, other) => severityOf(one) - severityOf(other))',
    tests: [retries],
  },
  {
    name: 'an error that cannot be kept does not hide the one that is told',
    file: 'src/tables/lastError.ts',
    takes: `} catch {
      // As the comment above says.
      }`,
    leaves: '} catch (failure) { throw failure }',
    tests: [retries],
  },
  {
    name: 'a change while a stream works is not lost to its next wait',
    file: WATCHER,
    takes: 'this.#changed = true',
    leaves: '',
    tests: [watcherTest],
  },
  {
    name: 'what came before a folder was watched ends the wait',
    file: WATCHER,
    takes: 'const isOver = isNew && (await hasNews())',
    leaves: 'const isOver = false',
    tests: [watcherTest],
  },
  {
    name: 'a folder that cannot be watched is looked at',
    file: WATCHER,
    takes: 'this.#isPolling ? Math.min(delayMs, POLL_MS) : delayMs',
    leaves: 'delayMs',
    tests: [watcherTest],
  },
  {
    name: 'a folder that took the place of the watched one wakes its stream',
    file: WATCHER,
    takes: 'if (now.some((identity, index) => identity !== this.#identities[index])) this.wake()',
    leaves: '',
    tests: [watcherTest, 'test/lake/watching.test.ts'],
  },
  {
    name: 'a wait leaves no listener on its signal',
    file: WATCHER,
    takes: "signal.removeEventListener('abort', done)",
    leaves: '',
    tests: [queryTest],
  },
  {
    name: 'a wait ends when the run is told to stop',
    file: WATCHER,
    takes: "signal.addEventListener('abort', done, { once: true })",
    leaves: '',
    tests: [watcherTest],
  },
]
