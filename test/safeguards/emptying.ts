import type { Safeguard } from './safeguard.ts'

const FILE = 'src/lake/fresh.ts'
const LIST = 'src/lake/emptyingList.ts'
const fresh = 'test/lake/fresh.test.ts'
const checks = 'test/lake/fresh.checks.test.ts'
const crashLanding = 'test/stream/crash.landing.test.ts'
const mountsTest = 'test/lake/fresh.mounts.test.ts'
const durableTest = 'test/lake/fresh.durable.test.ts'

export const emptying: readonly Safeguard[] = [
  {
    name: 'an emptying is refused while another one goes on',
    file: LIST,
    takes: "if ((await putIfAbsent(disk, layout.root, layout.freshList, text)) === 'exists') {",
    leaves: 'await putIfAbsent(disk, layout.root, layout.freshList, text); if (false) {',
    tests: [durableTest],
  },
  {
    name: 'the list of an emptying is durable before anything is taken away',
    file: LIST,
    takes: 'await disk.syncFolder(layout.root) await carryOut(lake, list)',
    leaves: 'await carryOut(lake, list)',
    tests: [durableTest],
  },
  {
    name: 'an emptying that another process has finished is not carried out again',
    file: LIST,
    takes: 'if ((await readText(lake.layout.freshList)) === text) await carryOut(lake, list)',
    leaves: 'await carryOut(lake, list)',
    tests: [durableTest],
  },
  {
    name: 'an emptying waits for the locks of all streams that it touches',
    file: LIST,
    takes: 'locks.push(await checkpoint.lock(stream.name, lake.clock))',
    leaves: '',
    tests: [durableTest, 'test/stream/twoProcesses.test.ts'],
  },
  {
    name: 'an emptying lets go of its locks',
    file: LIST,
    takes: 'for (const lock of locks) lock.release()',
    leaves: '',
    tests: [fresh],
  },
  {
    name: 'what would stop the streams afterwards stops an emptying before it begins',
    file: FILE,
    takes: 'await assertSqlFits(lake, stream, run.engineOf(stream))',
    leaves: '',
    tests: [checks],
  },
  {
    name: 'a source that is gone stops an emptying before it begins',
    file: FILE,
    takes: 'await withSession(lake, (session) => assertReadable(lake, table, session))',
    leaves: '',
    tests: [checks],
  },
  {
    name: 'a disk without links stops an emptying before it begins',
    file: FILE,
    takes: 'await probeLinks(lake.disk, staging, log, stream.name)',
    leaves: '',
    tests: [checks],
  },
  {
    name: 'a folder that no rename moves stops an emptying before it begins',
    file: FILE,
    takes: 'for (const folder of folders) await assertMovable(lake, folder)',
    leaves: '',
    tests: [mountsTest],
  },
  {
    name: 'a folder of another file system stops an emptying before it begins',
    file: FILE,
    takes: 'own.dev !== root?.dev',
    leaves: 'root === undefined',
    tests: [mountsTest],
  },
  {
    name: 'a volume of the same file system stops an emptying before it begins',
    file: FILE,
    takes: 'mountsSeen().some((mount) => mount.folder === place)',
    leaves: 'place === undefined',
    tests: [mountsTest],
  },
  {
    name: 'nothing is emptied that was not agreed to',
    file: FILE,
    takes: 'if (options.confirm !== undefined && !(await options.confirm(emptying))) return undefined',
    leaves: '',
    tests: [checks],
  },
  {
    name: 'every stream that reads an emptied table begins again',
    file: FILE,
    takes: 'waiting.push(...config.streams.filter((other) => feeds(emptied, other)))',
    leaves: 'void emptied',
    tests: [crashLanding, durableTest],
  },
  {
    name: 'every stream that writes an emptied table begins again',
    file: FILE,
    takes: 'downstream.has(stream) || writes(stream)',
    leaves: 'downstream.has(stream)',
    tests: [fresh, durableTest],
  },
  {
    name: 'a folder that was moved away before is not moved again',
    file: LIST,
    takes: 'if ((await statOf(folder)) === undefined || (await statOf(target)) !== undefined) return',
    leaves: 'if ((await statOf(folder)) === undefined) return',
    tests: [crashLanding, durableTest],
  },
  {
    name: 'it is durable that a folder was moved away before the next goes',
    file: LIST,
    takes: 'await lake.disk.rename(folder, target) await lake.disk.syncFolder(dirname(folder))',
    leaves: 'await lake.disk.rename(folder, target)',
    tests: [durableTest],
  },
  {
    name: 'what was moved away is durable in the trash before that is deleted',
    file: LIST,
    takes: 'await disk.syncFolder(trash)',
    leaves: '',
    tests: [durableTest],
  },
  {
    name: 'it is durable that the trash is gone before its list goes',
    file: LIST,
    takes: `// Only the list names the trash, so it is deleted once the trash is durably gone.
      await disk.syncFolder(layout.root)`,
    leaves: '',
    tests: [fresh],
  },
  {
    name: 'it is durable that an emptying has ended before streams go on',
    file: LIST,
    takes: 'await disk.removeFile(layout.freshList) await disk.syncFolder(layout.root)',
    leaves: 'await disk.removeFile(layout.freshList)',
    tests: [durableTest],
  },
  {
    name: 'files that were taken and not committed go back before their records go',
    file: LIST,
    takes: 'await giveBack(lake, stream, list.reland?.includes(stream.name) === true)',
    leaves: '',
    tests: [durableTest, crashLanding],
  },
  {
    name: 'it is durable where the claims of an emptying went before their records go',
    file: 'src/sources/landing/emptying.ts',
    takes: 'await claims.syncRecovered()',
    leaves: '',
    tests: [durableTest],
  },
  {
    name: 'records that cannot be read do not stop an emptying',
    file: LIST,
    takes: 'await lastRecord(lake, stream).catch(() => undefined)',
    leaves: 'await lastRecord(lake, stream)',
    tests: [durableTest],
  },
  {
    name: 'the notes on files of an emptied stream go',
    file: 'src/sources/landing/emptying.ts',
    takes: 'await removeNotes(place.disk, place.checkpoint)',
    leaves: '',
    tests: [durableTest],
  },
]
