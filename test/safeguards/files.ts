import type { Safeguard } from './safeguard.ts'

const BARRIERS = 'src/files/barriers.ts'
const FOLDERS = 'src/files/folders.ts'
const MOVES = 'src/files/moves.ts'
const TURNS = 'src/files/turns.ts'
const WHOLE_FILES = 'src/files/wholeFiles.ts'
const DISK = 'src/files/disk.ts'
const NAMES = 'src/files/temporaryNames.ts'
const durableTest = 'test/files/durable.test.ts'
const endsTest = 'test/files/durable.ends.test.ts'
const namesTest = 'test/files/temporaryNames.test.ts'

export const files: readonly Safeguard[] = [
  {
    name: 'a file is only made where there is none',
    file: DISK,
    takes: 'constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL',
    leaves: 'constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC',
    tests: ['test/files/disk.test.ts'],
  },
  {
    name: 'a link that finds its name taken says so and is no error',
    file: DISK,
    takes: "if (systemCodeOf(error) === 'EEXIST') return 'exists'",
    leaves: '',
    tests: ['test/files/disk.test.ts', durableTest],
  },
  {
    name: 'the contents of a file go to the device',
    file: DISK,
    takes: 'await onOpened(path, constants.O_RDONLY, dataToDevice)',
    leaves: '',
    tests: ['test/files/disk.test.ts'],
  },
  {
    name: 'the names in a folder go to the device',
    file: DISK,
    takes: 'await onOpened(path, constants.O_RDONLY | constants.O_DIRECTORY, namesToDevice)',
    leaves: '',
    tests: ['test/files/disk.test.ts'],
  },
  {
    name: 'a sync that fails names its file',
    file: DISK,
    takes: 'await work(file) } catch (error) { throw withPath(error, path) }',
    leaves: 'await work(file) } catch (error) { throw error }',
    tests: ['test/files/disk.test.ts'],
  },
  {
    name: 'a folder that is made is durable in its parent',
    file: FOLDERS,
    takes: 'await disk.syncFolder(dirname(path)) known.set(path, identity)',
    leaves: 'known.set(path, identity)',
    tests: [durableTest],
  },
  {
    name: 'a folder that is there already is made durable too',
    file: FOLDERS,
    takes: 'if (!isMade && !isBelow) return',
    leaves: 'if (!isMade) return',
    tests: [durableTest],
  },
  {
    name: 'a folder that took the place of a durable one is made durable',
    file: FOLDERS,
    takes: 'if (!isMade && known.get(path) === identity) return',
    leaves: 'if (!isMade && known.has(path)) return',
    tests: [durableTest],
  },
  {
    name: 'the missing folders above the top are made',
    file: FOLDERS,
    takes: 'if (isBelow || (await statOf(dirname(path))) === undefined)',
    leaves: 'if (isBelow)',
    tests: [durableTest],
  },
  {
    name: 'a file has its contents before it has its name',
    file: WHOLE_FILES,
    takes: 'await disk.writeFile(temporary, text) await disk.syncFile(temporary)',
    leaves: 'await disk.writeFile(temporary, text)',
    tests: [durableTest],
  },
  {
    name: 'a temporary file that could not be written goes',
    file: WHOLE_FILES,
    takes: `await disk.syncFile(temporary)
      } catch (error) {
        await disk.removeFile(temporary).catch(() => undefined)`,
    leaves: 'await disk.syncFile(temporary) } catch (error) {',
    tests: [endsTest],
  },
  {
    name: 'the temporary name of a file that was put in place goes',
    file: WHOLE_FILES,
    takes: 'const outcome = await disk.link(temporary, path) await disk.removeFile(temporary)',
    leaves: 'const outcome = await disk.link(temporary, path)',
    tests: [durableTest],
  },
  {
    name: 'readers of a file that is replaced see the old text or the new',
    file: WHOLE_FILES,
    takes: 'await disk.writeFile(temporary, text) await disk.rename(temporary, path)',
    leaves: 'await disk.removeFile(path); await disk.writeFile(path, text)',
    tests: [endsTest],
  },
  {
    name: 'a temporary file that could not replace another goes',
    file: WHOLE_FILES,
    takes: `await disk.rename(temporary, path)
      } catch (error) {
        await disk.removeFile(temporary).catch(() => undefined)`,
    leaves: 'await disk.rename(temporary, path) } catch (error) {',
    tests: [durableTest],
  },
  {
    name: 'only names that we give to temporary files are taken for left ones',
    file: NAMES,
    takes: 'if (!TEMPORARY.test(name)) continue',
    leaves: "if (!name.endsWith('.tmp')) continue",
    tests: [namesTest],
  },
  {
    name: 'a temporary file of an unknown owner is left until that must be dead',
    file: NAMES,
    takes: 'nowMs - stats.mtimeMs > STALE_MS',
    leaves: 'true',
    tests: [namesTest],
  },
  {
    name: 'a temporary file of a dead process goes at once',
    file: NAMES,
    takes: 'isOwnerDead(name) || nowMs',
    leaves: 'nowMs',
    tests: [namesTest],
  },
  {
    name: 'a process of the same number that started later is another one',
    file: NAMES,
    takes: 'return startNow !== undefined && startNow !== start',
    leaves: 'return false',
    tests: [namesTest],
  },
  {
    name: 'of a process on another machine nobody knows whether it lives',
    file: NAMES,
    takes: '|| place !== PLACE',
    leaves: '',
    tests: [namesTest],
  },
  {
    name: 'a file that is archived is linked, never renamed over another',
    file: MOVES,
    takes: `const outcome = await linkUnlessTaken(disk, from, target)
      if (outcome === 'no links') return`,
    leaves: "const outcome = 'no links' as string; if (outcome === 'no links') return",
    tests: [durableTest],
  },
  {
    name: 'a file that goes back is linked, never renamed over another',
    file: MOVES,
    takes: "if ((await linkUnlessTaken(disk, file, target)) === 'linked') {",
    leaves: 'await disk.rename(file, target); if (true) {',
    tests: [durableTest],
  },
  {
    name: 'a file that goes back under another name gets one that nobody else gives',
    file: MOVES,
    takes: '{randomUUID()})`)) await disk.rename(from, target) return target',
    leaves: '{0})`)); await disk.rename(from, target); return target',
    tests: [durableTest],
  },
  {
    name: 'a file that goes back again and again does not get a longer name each time',
    file: MOVES,
    takes: "suffixedName(name.replace(PUT_BACK, ''),",
    leaves: 'suffixedName(name,',
    tests: [durableTest],
  },
  {
    name: 'the new names of files that go back are durable before the old ones go',
    file: MOVES,
    takes: 'if (linked.length > 0) await disk.syncFolder(folder)',
    leaves: '',
    tests: [durableTest],
  },
  {
    name: 'a file that cannot have two names is moved by a rename',
    file: MOVES,
    takes: "if (NO_LINKS.has(systemCodeOf(error) ?? '')) return 'no links'",
    leaves: '',
    tests: [durableTest],
  },
  {
    name: 'a link that was cut short before its removal is known again',
    file: MOVES,
    takes: "return isOneFile(await statOf(from), await statOf(target)) ? 'linked' : 'taken'",
    leaves: "return 'taken'",
    tests: [durableTest],
  },
  {
    name: 'files of one number on two file systems are two',
    file: MOVES,
    takes: 'one.ino === other?.ino && one.dev === other.dev',
    leaves: 'one.ino === other?.ino',
    tests: [endsTest],
  },
  {
    name: 'a name with a suffix has no more bytes than a name may have',
    file: MOVES,
    takes: 'while (characters.length > 0 && Buffer.byteLength(suffixed()) > MAX_NAME_BYTES) characters.pop()',
    leaves: '',
    tests: [durableTest],
  },
  {
    name: 'a path is synced once in a barrier',
    file: BARRIERS,
    takes: '...[...new Set(folders)].map((path) => () => disk.syncFolder(path)),',
    leaves: '...[...folders].map((path) => () => disk.syncFolder(path)),',
    tests: [durableTest],
  },
  {
    name: 'a sync that failed on what stays is known as one',
    file: BARRIERS,
    takes: 'throw new LastingSyncError(cause)',
    leaves: 'throw cause',
    tests: ['test/stream/run.test.ts'],
  },
  {
    name: 'calls side by side are bounded',
    file: TURNS,
    takes: 'Math.min(PARALLEL_CALLS, calls.length)',
    leaves: 'calls.length',
    tests: [durableTest],
  },
  {
    name: 'a barrier that fails ends only when all its calls have ended',
    file: TURNS,
    takes: `for (const outcome of await Promise.allSettled(workers))
      if (outcome.status === 'rejected') throw outcome.reason`,
    leaves: 'await Promise.all(workers)',
    tests: [endsTest, durableTest],
  },
  {
    name: 'what failed first does not leave the rest running',
    file: TURNS,
    takes: 'await Promise.allSettled(all)',
    leaves: '',
    tests: [endsTest],
  },
  {
    name: 'a file that is taken replaces none of that name',
    file: MOVES,
    takes: 'isTaken ? suffixedName(name, suffix) : name',
    leaves: 'name',
    tests: [durableTest],
  },
  {
    name: 'a rename between two names of one file is not taken for a move',
    file: MOVES,
    takes: 'if (stats.nlink > 1 && isOneFile(await statOf(from), stats)) {',
    leaves: 'if (false) {',
    tests: [durableTest],
  },
  {
    name: 'a long list lets signals and timers have their turn',
    file: TURNS,
    takes: 'if (count % itemsATurn === 0) await new Promise<void>((resolve) => setImmediate(resolve))',
    leaves: '',
    tests: [durableTest],
  },
  {
    name: 'a report is written beside its file and then renamed',
    file: 'src/files/output.ts',
    takes: 'await write(temporary) await rename(temporary, target)',
    leaves: 'await rm(temporary); await write(target)',
    tests: ['test/files/output.test.ts'],
  },
  {
    name: 'a report that fails leaves no temporary file',
    file: 'src/files/output.ts',
    takes: 'await rm(temporary, { force: true }).catch(() => undefined)',
    leaves: '',
    tests: ['test/files/output.test.ts'],
  },
  {
    name: 'a report to a device or a pipe does not replace it',
    file: 'src/files/output.ts',
    takes: 'if (existing !== undefined && !existing.isFile()) return write(target)',
    leaves: '',
    tests: ['test/files/output.test.ts', 'test/cli/results.test.ts'],
  },
  {
    name: 'a report over a link replaces what the link leads to',
    file: 'src/files/output.ts',
    takes: 'await realpath(path).catch(() => path)',
    leaves: 'path',
    tests: ['test/files/output.test.ts'],
  },
  {
    name: 'a file that may not be written is not replaced by a report',
    file: 'src/files/output.ts',
    takes: "if (existing !== undefined) await (await open(target, 'r+')).close()",
    leaves: '',
    tests: ['test/files/output.test.ts'],
  },
]
