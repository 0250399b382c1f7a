import type { Safeguard } from './safeguard.ts'

const JOIN = 'src/lake/upkeep/joinFiles.ts'
const OPTIMIZE = 'src/lake/upkeep/optimize.ts'
const REPLACEMENT = 'src/delta/upkeep/optimize.ts'
const VACUUM = 'src/lake/upkeep/vacuum.ts'
const UNNEEDED = 'src/duckdb/sql/vacuum.ts'
const IN_USE = 'src/lake/upkeep/inUse.ts'
const CLEAN_UP = 'src/delta/upkeep/cleanUpLog.ts'
const joining = 'test/lake/upkeep/optimize.test.ts'
const vacuum = 'test/lake/upkeep/vacuum.test.ts'
const atOnce = 'test/lake/upkeep/atOnce.test.ts'
const cleanUp = 'test/delta/upkeep/cleanUpLog.test.ts'

export const upkeep: readonly Safeguard[] = [
  {
    name: 'a small file that is not what its log says is not joined',
    file: JOIN,
    takes: 'for (const file of files) await assertUnchanged(table.name, file)',
    leaves: '',
    tests: [joining],
  },
  {
    name: 'joined files are durable before they have a name in the table',
    file: JOIN,
    takes: 'await syncAll( disk, made.map(({ staged }) => staged), [], )',
    leaves: '',
    tests: [joining],
  },
  {
    name: 'the names of joined files are listed before they are linked',
    file: JOIN,
    takes: 'await tended.announce( attempt, made.map(({ file }) => file.path), )',
    leaves: '',
    tests: [joining],
  },
  {
    name: 'the names of joined files are durable before the commit that has them',
    file: JOIN,
    takes: 'await syncAll(disk, [], paths.map(dirname))',
    leaves: '',
    tests: [joining],
  },
  {
    name: 'what a joining has linked goes where it fails',
    file: JOIN,
    takes: 'await tended.undo(attempt).catch(() => undefined)',
    leaves: '',
    tests: [joining],
  },
  {
    name: 'only files that every follower has read are joined',
    file: OPTIMIZE,
    takes: 'const readBy = Math.min(readUpTo, head.readVersion)',
    leaves: 'const readBy = Math.max(Math.min(0, readUpTo), head.readVersion)',
    tests: [joining, atOnce],
  },
  {
    name: 'a joining gives up where another writer has removed one of its files',
    file: REPLACEMENT,
    takes: 'if (found !== undefined) throw replacedMeanwhile(found, commit)',
    leaves: '',
    tests: [joining],
  },
  {
    name: 'one process at a time joins or removes files of a table',
    file: 'src/lake/upkeep/tendedTable.ts',
    takes: 'if (lock instanceof StreamLock) return lock throw heldTable(table, lock.processId)',
    leaves: 'return lock instanceof StreamLock ? lock : ({ release: () => lock } as unknown as StreamLock)',
    tests: [joining, atOnce],
  },
  {
    name: 'a vacuum keeps what a stream or the live aggregates need',
    file: UNNEEDED,
    takes: 'sql`AND f.path NOT IN (SELECT path FROM needed_files)`,',
    leaves: '',
    tests: [vacuum, atOnce],
  },
  {
    name: 'a vacuum keeps the files of a batch that is not published yet',
    file: VACUUM,
    takes: 'noteNeeded([...recorded, ...needed])',
    leaves: 'noteNeeded([...(recorded.length < 0 ? recorded : []), ...needed])',
    tests: [vacuum],
  },
  {
    name: 'a vacuum removes no file of another program that no log names',
    file: VACUUM,
    takes: 'isOurName(path) && stats.mtimeMs <= untilMs',
    leaves: '(isOurName(path) || true) && stats.mtimeMs <= untilMs',
    tests: [vacuum],
  },
  {
    name: 'a vacuum keeps what was replaced lately',
    file: VACUUM,
    takes: 'const untilMs = clock.nowMs() - retainMs',
    leaves: 'const untilMs = clock.nowMs() + retainMs',
    tests: [vacuum],
  },
  {
    name: 'nothing is removed at once while a stream runs that needs the table',
    file: IN_USE,
    takes: 'if (isConcerned && (await isRunning(lake, stream))) throw',
    leaves: 'if (isConcerned && (await isRunning(lake, stream)) && false) throw',
    tests: [atOnce],
  },
  {
    name: 'nothing is removed at once while another program reads the table',
    file: IN_USE,
    takes: 'if (reader !== undefined) throw',
    leaves: 'if (reader === -1) throw',
    tests: [atOnce],
  },
  {
    name: 'a clean-up relies on no checkpoint that readers pass over',
    file: CLEAN_UP,
    takes: "if (chosen === undefined || requiredText(chosen.checkpoint, 'a checkpoint') !== file) continue",
    leaves: 'if (chosen === undefined) continue',
    tests: [cleanUp],
  },
  {
    name: 'a note of foreign commits counts only for the table and the history that it is of',
    file: 'src/lake/foreignCommits.ts',
    takes: 'noted !== undefined && noted.tableId === tableId && noted.version <= last',
    leaves: 'noted !== undefined',
    tests: ['test/lake/notedForeign.test.ts'],
  },
]
