import type { Safeguard } from './safeguard.ts'

const LOOP = 'src/stream/loop.ts'
const PACE = 'src/stream/pace.ts'
const FAILURES = 'src/stream/failures.ts'
const SINK = 'src/tables/tableSink.ts'
const RETRY = 'src/stream/retry.ts'
const RUN = 'src/lake/run.ts'
const LIMITS = 'src/stream/limits.ts'
const runTest = 'test/stream/run.test.ts'
const paceTest = 'test/stream/pace.test.ts'
const loopTest = 'test/stream/toys/loop.test.ts'
const retries = 'test/lake/retries.test.ts'
const diskFailures = 'test/stream/diskFailures.test.ts'
const resources = 'test/sources/landingFolder.resources.test.ts'

export const running: readonly Safeguard[] = [
  {
    name: 'the folders of a stream are made again once its lock is held',
    file: SINK,
    takes: 'await checkpoint.make(disk, lakeFolder) return new TableWriter',
    leaves: 'return new TableWriter',
    tests: ['test/stream/start.test.ts'],
  },
  {
    name: 'a stream that stops lets go of its lock',
    file: SINK,
    takes: 'this.#lock.release()',
    leaves: '',
    tests: [runTest],
  },
  {
    name: 'a stream that cannot be recovered lets go of its lock',
    file: SINK,
    takes: 'lock.release() throw error',
    leaves: 'throw error',
    tests: [retries],
  },
  {
    name: 'what comes after a drain was pinned is not for it',
    file: PACE,
    takes: 'pins: isPinned && !wasPinned,',
    leaves: 'pins: isPinned,',
    tests: [paceTest, 'test/lake/drain.test.ts'],
  },
  {
    name: 'a run that is told to stop does not wait for its batch for ever',
    file: LOOP,
    takes: '() => this.#writer.interrupt()',
    leaves: '() => undefined',
    tests: [loopTest],
  },
  {
    name: 'what arrived before the end of a run is seen by its last look',
    file: PACE,
    takes: 'const isPinned = pace.availableNow && now.isUpstreamEnded',
    leaves: 'const isPinned = pace.availableNow',
    tests: [paceTest, 'test/lake/drain.test.ts'],
  },
  {
    name: 'a drain ends beside a writer that goes on',
    file: LOOP,
    takes: 'if (step.pins) await this.#feed.pin()',
    leaves: '',
    tests: ['test/lake/drain.test.ts'],
  },
  {
    name: 'a run that ends drops the staged names of its last batch',
    file: LOOP,
    takes: 'return this.#writer.idle()',
    leaves: 'return',
    tests: [runTest, 'test/stream/crash.test.ts'],
  },
  {
    name: 'a run that is told to stop begins no batch',
    file: LOOP,
    takes: "if (this.#options.signal.aborted) return { after: 'wait', look }",
    leaves: '',
    tests: [runTest],
  },
  {
    name: 'a run tries that links work before it stages anything',
    file: SINK,
    takes: 'if (!this.#isProbed) await probeTargets(this.#parts)',
    leaves: '',
    tests: [diskFailures],
  },
  {
    name: 'what failed after its commit is not tried again as if nothing had been',
    file: SINK,
    takes: 'const heads = await publish(this.#parts, record, this.#stream.heads, NOWHERE)',
    leaves: `
      let heads = this.#stream.heads
      try { heads = await publish(this.#parts, record, heads, NOWHERE) }
      catch (error) { return { kind: 'failed', cause: 'disk', error } }`,
    tests: [diskFailures],
  },
  {
    name: 'a sync that failed on what stays is not tried again in its run',
    file: FAILURES,
    takes: "if (error instanceof LastingSyncError) return { kind: 'failed', cause: 'lasting', error }",
    leaves: '',
    tests: [runTest],
  },
  {
    name: 'a lack of the process makes batches smaller and blames nothing',
    file: FAILURES,
    takes: "if (exhaustedResource(error) !== undefined) return { kind: 'failed', cause: 'resources', error }",
    leaves: '',
    tests: [resources],
  },
  {
    name: 'a disk that stays full stops a stream after some tries',
    file: PACE,
    takes: 'if (ofDisk >= DISK_TRIES) return',
    leaves: 'if (ofDisk >= 50) return',
    tests: [paceTest, diskFailures],
  },
  {
    name: 'a full disk is not held against a file',
    file: FAILURES,
    takes: "cause: isDiskError(error) ? 'disk' : 'data'",
    leaves: "cause: 'data'",
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
    takes: 'failures = 0 // By its time alone',
    leaves: '// By its time alone',
    tests: [retries],
  },
  {
    name: 'a generator that is started again makes no row twice',
    file: 'src/lake/tableStream.ts',
    takes: 'source ??= await',
    leaves: 'source = await',
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
      // See above.
      }`,
    leaves: '} catch (failure) { throw failure }',
    tests: [retries],
  },
  {
    name: 'a wait leaves no listener on its signal',
    file: LOOP,
    takes: "signal.removeEventListener('abort', wake)",
    leaves: '',
    tests: [loopTest],
  },
  {
    name: 'a wait ends when the run is told to stop',
    file: LOOP,
    takes: "signal.addEventListener('abort', wake, { once: true })",
    leaves: '',
    tests: [loopTest],
  },
]
