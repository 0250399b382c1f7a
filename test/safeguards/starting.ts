import type { Safeguard } from './safeguard.ts'

const RECOVER = 'src/tables/recover.ts'
const RECORD = 'src/tables/record.ts'
const zombie = 'test/stream/zombie.test.ts'
const restored = 'test/stream/restored.test.ts'
const recordTest = 'test/stream/record.test.ts'
const startTest = 'test/stream/start.test.ts'
const crash = 'test/stream/crash.test.ts'

/** What a start looks at before it believes what it finds. */
export const starting: readonly Safeguard[] = [
  {
    name: 'a stream whose source is of another kind is refused',
    file: RECOVER,
    takes: 'if (last !== undefined && last.source.kind !== parts.sourceKind) {',
    leaves: 'if (false) {',
    tests: ['test/stream/run.test.ts'],
  },
  {
    name: 'the last record is durable before a start believes it',
    file: RECOVER,
    takes: 'await disk.syncFile(join(checkpoint.commits, recordName(last.batch)))',
    leaves: '',
    tests: [startTest],
  },
  {
    name: 'the name of the last record is durable before a start believes it',
    file: RECOVER,
    takes: 'await disk.syncFolder(checkpoint.commits)',
    leaves: '',
    tests: [startTest],
  },
  {
    name: 'records that do not count are set aside',
    file: RECOVER,
    takes: 'await disk.rename(join(checkpoint.commits, recordName(batch)), join(checkpoint.commits, asideName(batch)))',
    leaves: '',
    tests: [zombie],
  },
  {
    name: 'a trial that a dead start has left goes',
    file: RECOVER,
    takes: 'await removeProbes(disk, checkpoint.staging, log, parts.stream)',
    leaves: 'void log',
    tests: [startTest],
  },
  {
    name: 'a start that publishes tries that links work before it changes anything',
    file: RECOVER,
    takes: 'if (!isPublished) await probeTargets(parts)',
    leaves: '',
    tests: [startTest],
  },
  {
    name: 'a start publishes the last batch where it is missing',
    file: RECOVER,
    takes: 'last === undefined ? known : await publish(parts, last, known, published)',
    leaves: 'known',
    tests: [startTest],
  },
  {
    name: 'barrier d is repeated at a start',
    file: 'src/tables/publish.ts',
    takes: 'await syncLogs(disk, targets)',
    leaves: 'if (published.size === 0) await syncLogs(disk, targets)',
    tests: [startTest],
  },
  {
    name: 'a start clears what attempts have left',
    file: RECOVER,
    takes: 'await clearStaging(parts, last?.batch ?? 0)',
    leaves: '',
    tests: [startTest, crash],
  },
  {
    name: 'a start drops the records that an earlier clean-up has left',
    file: 'src/tables/commit.ts',
    takes: 'if (batch <= last - KEPT_RECORDS) await disk.removeFile(join(checkpoint.commits, recordName(batch)))',
    leaves: '',
    tests: [zombie],
  },
  {
    name: 'a table of another life of its stream is refused',
    file: RECOVER,
    takes: 'if (appId === last?.streamId || !isUnexpected) continue',
    leaves: 'continue',
    tests: [restored],
  },
  {
    name: 'another writer’s transaction in a table that a stream owns is refused',
    file: RECOVER,
    takes: 'isSameStream || parts.targets.length > 1',
    leaves: 'isSameStream',
    tests: [restored],
  },
  {
    name: 'a table has the last batch of its stream or the one before',
    file: RECOVER,
    takes: 'if (published === batch || published === batch - 1) return published',
    leaves: 'return published',
    tests: [restored],
  },
  {
    name: 'a table without a log is not made anew under a stream that has written it',
    file: RECOVER,
    takes: 'if (head === undefined) throw missingTable(parts, target.name, last)',
    leaves: 'if (head === undefined) continue',
    tests: [restored, 'test/lake/lostTable.test.ts'],
  },
  {
    name: 'a table that is not the declared one stops its stream at a start',
    file: RECOVER,
    takes: 'assertTableMatches(target, head)',
    leaves: '',
    tests: ['test/stream/publishConflicts.test.ts'],
  },
  {
    name: 'rows in are rows out',
    file: RECORD,
    takes: 'if (outputRows === inputRows) return',
    leaves: 'return',
    tests: [recordTest],
  },
  {
    name: 'the rows of the last record are compared again when it is read',
    file: RECORD,
    takes: 'assertRecord(record) return { last: record',
    leaves: 'return { last: record',
    tests: [recordTest],
  },
  {
    name: 'that a batch was free to change rows is carried on from record to record',
    file: RECORD,
    takes: "rows === 'any' ? batch : last?.anyRowsUntil",
    leaves: "rows === 'any' ? batch : undefined",
    tests: [recordTest],
  },
  {
    name: 'a record that follows from none of its stream does not count',
    file: RECORD,
    takes: 'if (batch === 1 || (await readRecord(commitsFolder, batch - 1))?.streamId === record.streamId) {',
    leaves: 'if (true) {',
    tests: [zombie],
  },
  {
    name: 'a record of a newer Lakeweir is refused',
    file: RECORD,
    takes: "if (typeof format !== 'number' || format <= RECORD_FORMAT) return",
    leaves: "if (typeof format !== 'string') return",
    tests: ['test/lake/badLakes.newer.test.ts'],
  },
]
