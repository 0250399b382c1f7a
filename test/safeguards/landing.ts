import type { Safeguard } from './safeguard.ts'

const FEED = 'src/sources/landing/feed.ts'
const CANDIDATES = 'src/sources/landing/candidates.ts'
const TAKEN = 'src/sources/landing/takenFiles.ts'
const FAULT = 'src/sources/landing/fault.ts'
const READY = 'src/sources/landing/readyFile.ts'
const NOTES = 'src/sources/landing/notes.ts'
const LISTING = 'src/sources/landing/listing.ts'
const ARCHIVE = 'src/sources/landing/archive.ts'
const claims = 'test/sources/landingFolder.claims.test.ts'
const rejected = 'test/sources/landingFolder.rejected.test.ts'
const names = 'test/sources/landingFolder.names.test.ts'
const changed = 'test/sources/landingFolder.changed.test.ts'
const notesTest = 'test/sources/landingNotes.test.ts'
const checksums = 'test/parquet/pageChecksums.test.ts'
const fault = 'test/sources/landingFault.test.ts'
const resources = 'test/sources/landingFolder.resources.test.ts'
const meddling = 'test/sources/landingFolder.meddling.test.ts'

export const landing: readonly Safeguard[] = [
  {
    name: 'claims that were written to after they were taken go back',
    file: FEED,
    takes: 'if (await this.#putChangedBack(files)) return true',
    leaves: '',
    tests: [changed, meddling],
  },
  {
    name: 'a file that was written to before it is rejected is looked at anew',
    file: FEED,
    takes: 'if (stats !== undefined && isSameFile(stats, file.stats)) notes.reject(name, stats, reason)',
    leaves: 'if (stats !== undefined) notes.reject(name, stats, reason)',
    tests: [changed],
  },
  {
    name: 'a file that was replaced after its footer was read goes back',
    file: TAKEN,
    takes: 'if (!isSameFile(taken.stats, stats)) {',
    leaves: 'if (false) {',
    tests: [meddling, claims],
  },
  {
    name: 'a drain takes each file once',
    file: CANDIDATES,
    takes: 'this.#ready = [] // they are among the names again',
    leaves: '',
    tests: [changed],
  },
  {
    name: 'a drain takes nothing that comes later',
    file: CANDIDATES,
    takes: 'if (!this.#isPinned && this.#names.length === 0',
    leaves: 'if (this.#names.length === 0',
    tests: ['test/lake/drain.test.ts'],
  },
  {
    name: 'the claims of a batch are durable before it commits',
    file: FEED,
    takes: 'await taken.secure(batch)',
    leaves: '',
    tests: ['test/stream/barriers.test.ts'],
  },
  {
    name: 'what the system says is held against no file',
    file: FAULT,
    takes: "if (!isOfRow && systemCodeOf(error) !== undefined) return { kind: 'blameless' }",
    leaves: '',
    tests: [fault, 'test/stream/run.test.ts'],
  },
  {
    name: 'a batch that fails once is tried again as it is',
    file: FAULT,
    takes: "if (failures === 1) return { kind: 'again' }",
    leaves: '',
    tests: [fault, rejected, changed],
  },
  {
    name: 'of files that fail together only the one at fault is rejected',
    file: FAULT,
    takes: "if (files.length === 1) return { kind: 'at fault', file: only }",
    leaves: "return { kind: 'at fault', file: only }",
    tests: [fault, rejected],
  },
  {
    name: 'a file that could not be read for want of memory is not rejected for that',
    file: FEED,
    takes: 'if (isResourceError(unreadable)) throw unreadable',
    leaves: '',
    tests: [changed],
  },
  {
    name: 'a file that could not be read for want of memory is set aside for another run',
    file: FEED,
    takes: 'else for (const name of await taken.putBack(files)) candidates.setAside({ name, stats: only.stats })',
    leaves: '',
    tests: [resources],
  },
  {
    name: 'files that are set aside are told at the end',
    file: FEED,
    takes: 'candidates.assertNoneSetAside()',
    leaves: '',
    tests: [resources],
  },
  {
    name: 'the pages of a file are compared with their checksums',
    file: READY,
    takes: `return mismatched === undefined
      ? match`,
    leaves: 'return mismatched === undefined || true ? match',
    tests: [checksums],
  },
  {
    name: 'a file whose footer counts fewer rows than there are is rejected',
    file: 'src/sources/landing/foreignColumns.ts',
    takes: 'if (beyond !== undefined) return { reason: beyond }',
    leaves: '',
    tests: [rejected],
  },
  {
    name: 'a page with a wrong checksum is found',
    file: 'src/parquet/pageChecksums.ts',
    takes: '(await this.#checksumOf(header.dataStart, dataEnd)) !== header.checksum',
    leaves: 'false',
    tests: [checksums],
  },
  {
    name: 'checksums of columns that nobody takes keep no file out',
    file: READY,
    takes: 'footer.columns.filter(({ name }) => taken.has(name)),',
    leaves: 'footer.columns.filter(() => taken.size > 0),',
    tests: [checksums],
  },
  {
    name: 'a claim of an earlier process that no longer fits goes back',
    file: TAKEN,
    takes: 'await claims.putBack([{ file, name }]) continue',
    leaves: 'continue',
    tests: [claims, changed],
  },
  {
    name: 'a folder that took nothing leaves no folder of claims',
    file: TAKEN,
    takes: 'if (this.#files.length === 0) await claims.removeEmpty(batch)',
    leaves: '',
    tests: [claims, 'test/sources/landingFolder.stuck.test.ts'],
  },
  {
    name: 'a file that changes size, number or time is another one',
    file: NOTES,
    takes: 'now.ino === before.ino && now.size === before.size && now.mtimeMs === before.mtimeMs',
    leaves: 'now.ino === before.ino',
    tests: [changed, meddling],
  },
  {
    name: 'a rejected file that changes is looked at again',
    file: NOTES,
    takes: 'if (prints.get(name) !== fingerprint) this.forget(name)',
    leaves: '',
    tests: [rejected],
  },
  {
    name: 'a file that may not be moved is tried again now and then',
    file: NOTES,
    takes: 'return nowMs - (this.#triedMs.get(name) ?? Number.NEGATIVE_INFINITY) < STUCK_RETRY_MS',
    leaves: 'return true',
    tests: ['test/sources/landingFolder.stuck.test.ts', notesTest],
  },
  {
    name: 'notes that a power cut has torn are made anew',
    file: NOTES,
    takes: 'fittingJson(text, isNotes)',
    leaves: 'JSON.parse(text)',
    tests: [notesTest],
  },
  {
    name: 'a file of which no name can be told from another is not taken',
    file: LISTING,
    takes: "if (name.includes('\\uFFFD') && (ignored.has(name) || found.has(name))) {",
    leaves: 'if (false) {',
    tests: [names],
  },
  {
    name: 'a symbolic link is not taken',
    file: LISTING,
    takes: "if (stats.isSymbolicLink()) return 'a symbolic link'",
    leaves: '',
    tests: [names, claims, 'test/sources/landingFiles.test.ts'],
  },
  {
    name: 'a file that Spark has not committed is not taken',
    file: LISTING,
    takes: "if (sparkFiles !== undefined && !sparkFiles.has(name)) return 'not in the _spark_metadata beside it'",
    leaves: '',
    tests: ['test/sources/landingFiles.test.ts', claims, rejected],
  },
  {
    name: 'a file that Spark has deleted from its log is not taken',
    file: 'src/sources/landing/sparkMetadata.ts',
    takes: 'filter((name) => !deleted.has(name))',
    leaves: 'filter(() => true)',
    tests: ['test/sources/landingFiles.test.ts', claims, rejected],
  },
  {
    name: 'a file that is still being written is waited for',
    file: LISTING,
    takes: 'const isAwaited = !draining && nowMs - sinceMs < UNFINISHED_MS',
    leaves: 'const isAwaited = false',
    tests: [rejected],
  },
  {
    name: 'a file that nobody finishes is not waited for for ever',
    file: LISTING,
    takes: '!draining && nowMs - sinceMs < UNFINISHED_MS',
    leaves: '!draining',
    tests: [rejected],
  },
  {
    name: 'a file with the letters of a pattern is read and no other',
    file: 'src/sources/landing/plainNames.ts',
    takes: 'if (!/[*?[\\\\]/.test(basename(path))) return path',
    leaves: 'return path',
    tests: [names],
  },
  {
    name: 'an archived file gets a suffix that only its attempt gives',
    file: ARCHIVE,
    takes: '{this.#at.batch}',
    leaves: '{0}',
    tests: ['test/sources/landingClaims.test.ts'],
  },
  {
    name: 'a file that an earlier process has archived is no error',
    file: ARCHIVE,
    takes: 'if ((await statOf(file)) !== undefined) throw error',
    leaves: 'throw error',
    tests: [claims, 'test/sources/landingClaims.test.ts'],
  },
  {
    name: 'a file with two names in the archive is one',
    file: ARCHIVE,
    takes: 'if (stats?.isFile() !== true || seen.has(',
    leaves: 'if (stats?.isFile() !== true || new Set().has(',
    tests: ['test/sources/landingClaims.test.ts', 'test/stream/crash.landing.test.ts'],
  },
  {
    name: 'a batch takes no more rows than its limit',
    file: 'src/sources/admit.ts',
    takes: 'rows > limits.maxRows ||',
    leaves: '',
    tests: ['test/sources/admit.test.ts'],
  },
  {
    name: 'a batch takes no more bytes than its limit',
    file: 'src/sources/admit.ts',
    takes: 'bytes > limits.maxBytes ||',
    leaves: '',
    tests: ['test/sources/admit.test.ts'],
  },
  {
    name: 'a batch takes a file that is larger than its limits',
    file: 'src/sources/admit.ts',
    takes: 'if (isOver && admitted.length > 0) break',
    leaves: 'if (isOver) break',
    tests: ['test/sources/admit.test.ts'],
  },
  {
    name: 'an import goes no further where another program has added rows to what it has landed',
    file: 'src/lake/sparkCheckpoint/landedRows.ts',
    takes: 'this.#assertLanded(found)',
    leaves: '',
    tests: ['test/lake/sparkCheckpoint/import.test.ts'],
  },
]
