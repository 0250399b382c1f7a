import type { Safeguard } from './safeguard.ts'

const TAIL = 'src/sources/delta/tail.ts'
const FEED = 'src/sources/delta/feed.ts'
const HISTORY = 'src/sources/delta/history.ts'
const COMMITS = 'src/sources/delta/commits.ts'
const deltaTable = 'test/sources/deltaTable.test.ts'
const history = 'test/sources/deltaTable.history.test.ts'
const commits = 'test/sources/deltaCommits.test.ts'
const barriers = 'test/stream/barriers.test.ts'

export const sourceTable: readonly Safeguard[] = [
  {
    name: 'a source table with another id is refused',
    file: TAIL,
    takes: 'if (after !== undefined && tableId !== after.tableId) {',
    leaves: 'if (false) {',
    tests: [history],
  },
  {
    name: 'a source table is known again only by its first commit',
    file: 'src/tables/logHistory.ts',
    takes: '&& first?.metaData?.id === place.tableId',
    leaves: '',
    tests: [history],
  },
  {
    name: 'a source table that was rolled back is refused',
    file: 'src/tables/logHistory.ts',
    takes: "if (newest < place.version) return { kind: 'behind', newest }",
    leaves: '',
    tests: [history, deltaTable],
  },
  {
    name: 'another commit under the number that was read is refused',
    file: 'src/tables/logHistory.ts',
    takes: 'if (hash !== null && place.commitHash !== null && hash !== place.commitHash) return',
    leaves: 'if (false) return',
    tests: [history],
  },
  {
    name: 'a version that is gone before it was read is refused at a start',
    file: 'src/tables/logHistory.ts',
    takes: 'if (newest > place.version && next === undefined) return',
    leaves: 'if (false) return',
    tests: [history, deltaTable],
  },
  {
    name: 'a version that is gone before it was read stops a running stream',
    file: 'src/tables/logTail.ts',
    takes: "newest >= next && (await statOf(log.commitPath(next))) === undefined ? 'cleaned up' : undefined",
    leaves: 'undefined',
    tests: [deltaTable],
  },
  {
    name: 'a version that is gone when a part of it was read is refused',
    file: TAIL,
    takes: 'return } if (commit === undefined) { throw',
    leaves: 'return } if (commit === undefined) return; if (false) { throw',
    tests: ['test/sources/deltaTable.cleanedUp.test.ts'],
  },
  {
    name: 'a version of which a part was read goes on after that part',
    file: TAIL,
    takes: 'this.#append(commit, done)',
    leaves: 'this.#append(commit, null)',
    tests: [deltaTable, 'test/sources/deltaTable.cleanedUp.test.ts'],
  },
  {
    name: 'a snapshot of which a part was read goes on after that part',
    file: TAIL,
    takes: 'filter(({ path }) => path > done)',
    leaves: 'filter(() => true)',
    tests: [deltaTable],
  },
  {
    name: 'a snapshot is that of the version at which the stream began',
    file: TAIL,
    takes: 'after?.isSnapshot === true ? after.version : undefined',
    leaves: 'undefined',
    tests: [deltaTable],
  },
  {
    name: 'commits that only move rows are passed over',
    file: COMMITS,
    takes: '.filter(({ dataChange }) => dataChange)',
    leaves: '',
    tests: [deltaTable, commits],
  },
  {
    name: 'a commit that removes rows stops the stream',
    file: 'src/tables/logCommits.ts',
    takes: 'return removed === undefined ? undefined : `removes rows',
    leaves: 'return removed === undefined || true ? undefined : `removes rows',
    tests: [deltaTable],
  },
  {
    name: 'a restored table stops the stream',
    file: 'src/tables/logCommits.ts',
    takes: "if (commit.operation === 'RESTORE') return 'restores an older version'",
    leaves: '',
    tests: [deltaTable],
  },
  {
    name: 'a file that is added a second time stops the stream',
    file: TAIL,
    takes: 'if (twice !== undefined) throw',
    leaves: 'if (false) throw',
    tests: [deltaTable],
  },
  {
    name: 'a source table that gets other columns stops the stream',
    file: TAIL,
    takes: 'if (commit.metaData !== undefined) this.#log.assertSameShape(commit.version, commit.metaData)',
    leaves: '',
    tests: [deltaTable],
  },
  {
    name: 'a source table of another shape than declared is refused',
    file: TAIL,
    takes: "if (difference !== undefined) throw mismatchError(of.table.name, difference, 'Nothing of it was read.')",
    leaves: '',
    tests: ['test/lake/tablesByLog.test.ts', deltaTable],
  },
  {
    name: 'a source table is known again only in the shape that is declared',
    file: HISTORY,
    takes: '&& differenceOf(tailedTable(of), history.first) === undefined',
    leaves: '',
    tests: ['test/lake/tablesByLog.test.ts', deltaTable],
  },
  {
    name: 'a copy of a commit of ours stops the stream that follows',
    file: 'src/tables/logCommits.ts',
    takes: 'if (before !== undefined && batch <= before) {',
    leaves: 'if (false) {',
    tests: ['test/lake/logBehind.test.ts'],
  },
  {
    name: 'a source table that needs a newer reader stops the stream',
    file: 'src/tables/logTail.ts',
    takes: 'if (commit.protocol !== undefined) assertReadable(',
    leaves: 'if (false) assertReadable(',
    tests: [deltaTable],
  },
  {
    name: 'files of a range that are gone are named before anything is staged',
    file: FEED,
    takes: 'await this.#assertThere(files)',
    leaves: '',
    tests: [deltaTable],
  },
  {
    name: 'a file of a range that was cut off is named',
    file: FEED,
    takes: 'if (found?.isFile() === true && found.size === bytes) continue',
    leaves: 'if (found?.isFile() === true) continue',
    tests: [deltaTable],
  },
  {
    name: 'the rows of other writers are counted by the footers',
    file: 'src/tables/logCommits.ts',
    takes: 'return engineInfo?.startsWith(ENGINE_INFO) === true',
    leaves: 'return engineInfo !== undefined',
    tests: [deltaTable, commits],
  },
  {
    name: 'the commits that a range stands on are durable before it commits',
    file: FEED,
    takes: 'commits.map((version) => of.log.commitPath(version)), [of.log.folder],',
    leaves: '[], [of.log.folder],',
    tests: [barriers],
  },
  {
    name: 'the names of the commits that a range stands on are durable before it commits',
    file: FEED,
    takes: 'commits.map((version) => of.log.commitPath(version)), [of.log.folder],',
    leaves: 'commits.map((version) => of.log.commitPath(version)), [],',
    tests: [barriers],
  },
  {
    name: 'a snapshot stands on every commit up to its version',
    file: FEED,
    takes: 'for (const older of await of.log.versionsUpTo(snapshot.version)) versions.add(older)',
    leaves: 'versions.add(snapshot.version)',
    tests: [barriers],
  },
  {
    name: 'the place after one file of a version is that file',
    file: COMMITS,
    takes: 'path: isWholeVersion ? null : last.path',
    leaves: 'path: null',
    tests: [commits, deltaTable],
  },
  {
    name: 'a stream that is pinned reads nothing that comes later',
    file: 'src/tables/logTail.ts',
    takes: 'if (version > this.#pinnedVersion) return undefined',
    leaves: '',
    tests: ['test/lake/drain.test.ts'],
  },
]
