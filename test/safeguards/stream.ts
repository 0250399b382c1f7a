import type { Safeguard } from './safeguard.ts'

const STAGE = 'src/tables/stage.ts'
const STAGING = 'src/tables/staging.ts'
const COMMIT = 'src/tables/commit.ts'
const CHECKPOINT = 'src/tables/checkpoint.ts'
const PUBLISH = 'src/tables/publish.ts'
const zombie = 'test/stream/zombie.test.ts'
const barriers = 'test/stream/barriers.test.ts'
const restored = 'test/stream/restored.test.ts'
const checkpointTest = 'test/stream/checkpoint.test.ts'
const startTest = 'test/stream/start.test.ts'
const crash = 'test/stream/crash.test.ts'

export const stream: readonly Safeguard[] = [
  {
    name: 'a record that is there already is another process’s',
    file: COMMIT,
    takes: "if ((await disk.link(recordFile, path)) === 'exists') throw supersededError(record)",
    leaves: 'await disk.link(recordFile, path)',
    tests: [zombie],
  },
  {
    name: 'a record counts only above its predecessor of the same stream',
    file: COMMIT,
    takes: 'highest !== record.batch || before?.streamId !== record.streamId',
    leaves: 'highest !== record.batch',
    tests: [zombie],
  },
  {
    name: 'a record counts only below no other',
    file: COMMIT,
    takes: 'highest !== record.batch || before?.streamId !== record.streamId',
    leaves: 'before?.streamId !== record.streamId',
    tests: [zombie],
  },
  {
    name: 'a record that does not count is taken back',
    file: COMMIT,
    takes: 'await disk.removeFile(path) throw supersededError(record)',
    leaves: 'throw supersededError(record)',
    tests: [zombie],
  },
  {
    name: 'barrier a: the staged files are durable before their record',
    file: STAGE,
    takes: '() => syncAll(parts.disk, files, folders),',
    leaves: '() => syncAll(parts.disk, [], folders),',
    tests: [barriers],
  },
  {
    name: 'barrier a: the folders of staged files are durable before their record',
    file: STAGE,
    takes: '() => syncAll(parts.disk, files, folders),',
    leaves: '() => syncAll(parts.disk, files, []),',
    tests: [barriers],
  },
  {
    name: 'barrier a: the name of the attempt is durable before its record',
    file: STAGE,
    takes: '() => syncLasting(parts.disk, [], [parts.checkpoint.staging]),',
    leaves: '',
    tests: [barriers],
  },
  {
    name: 'barrier b: the record is durable before anything is published',
    file: COMMIT,
    takes: 'await disk.syncFolder(checkpoint.commits) } catch (cause)',
    leaves: '} catch (cause)',
    tests: [barriers],
  },
  {
    name: 'a batch is checked before its record is written',
    file: STAGE,
    takes: 'assertRecord(record) const stageMs',
    leaves: 'const stageMs',
    tests: [startTest],
  },
  {
    name: 'an attempt that failed leaves nothing staged',
    file: STAGE,
    takes: 'await disk.removeTree(folder).catch(() => undefined)',
    leaves: '',
    tests: ['test/stream/diskFailures.test.ts'],
  },
  {
    name: 'the staged names of a batch go while the next is staged',
    file: STAGE,
    takes: 'turn().then(() => dropStaged(parts, last)),',
    leaves: '',
    tests: [startTest],
  },
  {
    name: 'old records go',
    file: COMMIT,
    takes: 'if (oldest > 0) await disk.removeFile(join(checkpoint.commits, recordName(oldest)))',
    leaves: '',
    tests: [zombie],
  },
  {
    name: 'batch times never run backwards',
    file: STAGE,
    takes: 'Math.max(nowMs, lastMs)',
    leaves: 'nowMs',
    tests: [startTest],
  },
  {
    name: 'a failed publishing is told as one',
    file: PUBLISH,
    takes: 'throw publishError(record, cause)',
    leaves: 'throw cause',
    tests: ['test/stream/publishConflicts.test.ts'],
  },
  {
    name: 'the folders of a stream are durable before anything is in them',
    file: CHECKPOINT,
    takes: 'await disk.syncFolder(this.folder) if ((await statOf(this.lockFile)) !== undefined) return',
    leaves: 'if ((await statOf(this.lockFile)) !== undefined) return',
    tests: [checkpointTest],
  },
  {
    name: 'the lock file has its contents before it has its name',
    file: CHECKPOINT,
    takes: 'await disk.syncFile(temporary) await disk.link',
    leaves: 'await disk.link',
    tests: [checkpointTest],
  },
  {
    name: 'the lock file is put in place whole',
    file: CHECKPOINT,
    takes: 'await createLockFile(temporary)',
    leaves: 'await createLockFile(this.lockFile); await createLockFile(temporary)',
    tests: [checkpointTest],
  },
  {
    name: 'the name of the lock file is durable before the lock is taken',
    file: CHECKPOINT,
    takes: 'throw error } await disk.syncFolder(this.folder)',
    leaves: 'throw error }',
    tests: [checkpointTest],
  },
  {
    name: 'a first start beside another one uses the lock file of that',
    file: CHECKPOINT,
    takes: 'if ((await statOf(this.lockFile)) === undefined) throw error',
    leaves: 'throw error',
    tests: [checkpointTest],
  },
  {
    name: 'a start waits for a lock that is only looked at',
    file: CHECKPOINT,
    takes: 'const LOCK_WAIT_MS = 1_000',
    leaves: 'const LOCK_WAIT_MS = 0',
    tests: [checkpointTest],
  },
  {
    name: 'a start does not wait for a lock for ever',
    file: CHECKPOINT,
    takes: 'clock.monotonicMs() >= deadlineMs',
    leaves: 'false',
    tests: [checkpointTest],
  },
  {
    name: 'what later attempts have staged stays',
    file: STAGING,
    takes: 'attempted !== undefined && (Number(attempted) <= batch || isOwnerDead(name))',
    leaves: 'attempted !== undefined',
    tests: [checkpointTest],
  },
  {
    name: 'what earlier attempts have staged goes',
    file: STAGING,
    takes: '(Number(attempted) <= batch || isOwnerDead(name))',
    leaves: 'isOwnerDead(name)',
    tests: [checkpointTest, crash],
  },
  {
    name: 'what dead processes have staged of later attempts goes',
    file: STAGING,
    takes: '(Number(attempted) <= batch || isOwnerDead(name))',
    leaves: 'Number(attempted) <= batch',
    tests: [checkpointTest],
  },
  {
    name: 'temporary files beside the lock go',
    file: STAGING,
    takes: 'if (isTemporary(name)) await disk.removeFile(join(checkpoint.folder, name))',
    leaves: '',
    tests: [checkpointTest],
  },
  {
    name: 'files are linked into a table, never moved',
    file: PUBLISH,
    takes: 'await disk.link(join(attemptFolder, file.stagedPath), path)',
    leaves: 'await disk.rename(join(attemptFolder, file.stagedPath), path)',
    tests: [startTest, crash],
  },
  {
    name: 'a file that was published before its staged name went is known',
    file: PUBLISH,
    takes: "if (systemCodeOf(error) === 'ENOENT' && (await statOf(path)) !== undefined) return",
    leaves: '',
    tests: [startTest],
  },
  {
    name: 'a file that is neither staged nor published is told as lost',
    file: PUBLISH,
    takes: "if (systemCodeOf(error) !== 'ENOENT') throw error",
    leaves: 'throw error',
    tests: [restored],
  },
  {
    name: 'barrier c: the files of a batch are durable before a log names them',
    file: PUBLISH,
    takes: 'syncAll(disk, [], [...foldersIn(unpublished), ...longThere]),',
    leaves: 'syncAll(disk, [], longThere),',
    tests: [barriers],
  },
  {
    name: 'barrier c is repeated at a start where the batch is published already',
    file: PUBLISH,
    takes: '[...foldersIn(unpublished), ...longThere]',
    leaves: 'foldersIn(unpublished)',
    tests: [startTest],
  },
  {
    name: 'folders that somebody has cleaned up do not stop a start',
    file: PUBLISH,
    takes: 'if ((await statOf(folder)) !== undefined) there.push(folder)',
    leaves: 'there.push(folder)',
    tests: [startTest],
  },
  {
    name: 'barrier d: a batch is durable in its logs before the next',
    file: PUBLISH,
    takes: 'targets.map((target) => target.log.folder),',
    leaves: '[],',
    tests: [barriers],
  },
  {
    name: 'a table without rows of a batch gets its transaction too',
    file: PUBLISH,
    takes: '(published.get(name) ?? 0) < record.batch)',
    leaves: '(published.get(name) ?? 0) < record.batch && (record.tables[name] ?? []).length > 0)',
    tests: [startTest],
  },
  {
    name: 'a batch is published only where it is missing',
    file: PUBLISH,
    takes: '(published.get(name) ?? 0) < record.batch',
    leaves: 'true',
    tests: [startTest],
  },
]
