import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statfsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { LakeError } from '../../src/index.ts'
import { namedTable } from '../../src/lake/byName.ts'
import { withSession } from '../../src/lake/sessions.ts'
import { tendLogs } from '../../src/lake/upkeep/tendLogs.ts'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { canMount, mountSmall, unmount } from '../support/mounts.ts'
import { describeWith } from '../support/optionalTool.ts'
import { asNobody } from '../support/otherUser.ts'
import { Program, runInProcess } from '../support/program.ts'
import { makeTemporaryFolder, removeFolder, temporaryFolder } from '../support/temporaryFolder.ts'
import { fileHashes } from '../support/tree.ts'

const PRODUCE = ['run', 'produce', '--rows', '3']

function lakeReadableByAll(): string {
  const folder = temporaryFolder()
  chmodSync(folder, 0o755)
  const lake = join(folder, 'lake')
  mkdirSync(lake)
  onTestFinished(() => chmodSync(lake, 0o755))
  return lake
}

test.each(['an empty folder', 'a lake'])(
  '%s that may only be read gives a clear error and is left as it is',
  async (what) => {
    const lake = lakeReadableByAll()
    if (what === 'a lake') expect(await Program.run(PRODUCE, { lake })).toMatchObject({ exitCode: 0 })
    chmodSync(lake, 0o555)
    const before = fileHashes(lake)

    const end = await Program.run(PRODUCE, { lake, ...asNobody() })
    expect(end).toMatchObject({ exitCode: 1, stdout: '' })
    expect(end.stderr).toMatch(/^LAKE_DISK_(FAILED|UNSUITABLE): /m)
    expect(end.stderr).toContain(lake)
    expect(end.stderr).toMatch(/EACCES|permission denied/i)
    expect(end.stderr).not.toMatch(/\n +at /)
    expect(fileHashes(lake)).toEqual(before)
  },
)

/** Leaves so many bytes free below a mounted folder, until the given work has ended. */
async function whileFull<T>(folder: string, freeBytes: number, work: () => Promise<T>): Promise<T> {
  const filler = join(folder, 'filler')
  const { bavail, bsize } = statfsSync(folder)
  writeFileSync(filler, Buffer.alloc(Math.max(0, bavail * bsize - freeBytes)))
  try {
    return await work()
  } finally {
    rmSync(filler)
  }
}

describeWith(canMount(), 'right to mount a tmpfs', 'a disk that is full', () => {
  /** From a disk that takes nothing to one that takes a batch but for its last files. */
  const FREE_KB = [0, 8, 20, 48]
  let folder: string
  let lake: MessagesLake

  beforeAll(async () => {
    folder = makeTemporaryFolder()
    mountSmall(folder, 64)
    lake = await MessagesLake.open(join(folder, 'lake'))
    await lake.produce(1000)
    await lake.run(['silver'])
  })
  afterAll(() => {
    lake.close()
    unmount(folder)
    removeFolder(folder)
  })

  const WRITERS: Readonly<Record<string, { prepare?: () => Promise<unknown>; run: () => Promise<unknown> }>> = {
    'run produce': { run: () => lake.produce(2000) },
    'run land': { prepare: () => lake.drop('a.parquet', messageRows(0, 2000)), run: () => lake.run(['land']) },
    'run silver': { prepare: () => lake.produce(2000), run: () => lake.run(['silver']) },
    'run produce --fresh': { run: () => lake.lake.empty(['produce']) },
    optimize: {
      prepare: async () => {
        await lake.produce(400, 200)
        await lake.run(['silver'])
      },
      run: () => lake.lake.optimize(),
    },
    'a run that writes lake.sql': {
      prepare: async () => rmSync(lake.path('lake.sql'), { force: true }),
      run: () => lake.run(['silver']),
    },
  }

  /** What a run does beside its batches. */
  function tend(): Promise<void> {
    const tables = [namedTable(lake.open.config, 'bronze_messages')]
    return withSession(lake.open, (session) => tendLogs(lake.open, session, tables, new AbortController().signal))
  }

  test('leaves the log as it was while its checkpoint is written, which is written later', async () => {
    await lake.produce(10)
    const failed = await whileFull(folder, 0, () => tend().catch((error: unknown) => error))
    expect(failed).toMatchObject({ code: 'LAKE_DISK_FAILED', message: expect.stringContaining(`${lake.root}/`) })
    const checkpoints = (): string[] =>
      readdirSync(lake.path('bronze/messages/data/_delta_log')).filter((name) => name.endsWith('.parquet'))
    const before = checkpoints()
    await tend()
    expect(checkpoints().length).toBe(before.length + 1)
    await lake.run(['silver'])
    expect(await lake.faults()).toEqual([])
  })

  test('does not keep a vacuum from making room', async () => {
    await lake.produce(1000, 500)
    await lake.run(['silver'])
    await lake.lake.optimize()
    const bronze = { tables: ['bronze_messages'], retainMs: 0 }
    const [vacuumed] = await whileFull(folder, 0, () => lake.lake.vacuum(bronze))
    expect(vacuumed?.files).toBeGreaterThan(1)
    expect(await lake.faults()).toEqual([])
  })

  test.each(Object.entries(WRITERS))(
    'at any moment of %s stops it with an error that names the file, and the same command goes on later',
    async (_, { prepare, run }) => {
      const failures: unknown[] = []
      for (const freeKb of FREE_KB) {
        await prepare?.()
        const failure = await whileFull(folder, freeKb * 1024, () =>
          run().then(
            () => undefined,
            (error) => error,
          ),
        )
        if (failure !== undefined) {
          failures.push(failure)
          expect(failure).toBeInstanceOf(LakeError)
          const { code, message, state, remedy, exitCode } = failure as LakeError
          expect({ code, message, state, remedy, exitCode }, `${freeKb} kB free`).toEqual({
            code: expect.stringMatching(/^LAKE_(DISK|PUBLISH)_FAILED$/),
            message: expect.stringContaining(`${lake.root}/`),
            state: expect.stringMatching(/nothing|what was (committed|joined before) stays/i),
            remedy: expect.stringMatching(/start|free space/),
            exitCode: 1,
          })
        }
        await run()
      }
      await lake.run(['silver'])
      expect(await lake.faults()).toEqual([])
      expect(failures.length).toBeGreaterThan(0)
    },
  )

  test('stops no command where only temporary files would be written there', async () => {
    const elsewhere = join(temporaryFolder(), 'lake')
    for (const args of [PRODUCE, ['run', 'silver', '--available-now'], ['validate'], ['report', 'event-types']]) {
      const end = await whileFull(folder, 0, () => Program.run(args, { lake: elsewhere, env: { TMPDIR: folder } }))
      expect(end).toMatchObject({ exitCode: 0, stderr: expect.not.stringContaining('LAKE_') })
    }
  })

  test.each([
    ['report user-activity', 'report.csv'],
    ['sql', 'views.csv'],
  ])('is told by %s --output, which leaves what stood there before', async (line, name) => {
    await lake.run(['silver'])
    const output = join(folder, name)
    writeFileSync(output, 'before')
    const args = [...line.split(' '), '--output', output]
    const full = await whileFull(folder, 0, () => runInProcess(args, { lake: lake.root }))
    expect(full).toEqual({
      exitCode: 1,
      stdout: '',
      stderr: expect.stringMatching(
        new RegExp(
          `^LAKE_DISK_FAILED: ${output} cannot be written: ENOSPC: no space left on device, write\n` +
            'What stood there before still does, and the lake is as it was\\.\n' +
            'Free space there, or write elsewhere: --output FILE\n$',
        ),
      ),
    })
    expect(readFileSync(output, 'utf8')).toBe('before')
    expect(readdirSync(folder).filter((entry) => entry.startsWith(name))).toEqual([name])
    expect(await runInProcess(args, { lake: lake.root })).toMatchObject({ exitCode: 0, stdout: '' })
    expect(readFileSync(output, 'utf8')).not.toBe('before')
  })
})

describeWith(canMount(), 'right to mount a tmpfs', 'a lake on a disk that is full', () => {
  test('stops with a clear error and goes on, exactly once, when there is room again', async () => {
    const folder = temporaryFolder()
    mountSmall(folder, 2)
    onTestFinished(() => {
      unmount(folder)
    })
    const lake = join(folder, 'lake')
    const produce = [
      'run',
      'produce',
      '--rows',
      '600k',
      '--max-rows-per-batch',
      '30k',
      '--seed',
      '7',
      '--json',
      '--no-retry',
    ]
    const full = await Program.run(produce, { lake })
    expect(full).toMatchObject({ exitCode: 1 })
    expect(full.stderr).toMatch(/^LAKE_(DISK|PUBLISH)_FAILED: /m)
    expect(full.stderr).toMatch(/no space left/i)
    const made = full.stdout.trim().split('\n').length
    expect(made).toBeGreaterThan(1)

    execFileSync('mount', ['-o', 'remount,size=64m', folder])
    expect(await Program.run(['run', 'produce', '--rows', '5'], { lake })).toMatchObject({ exitCode: 0 })
    expect(await Program.run(['run', 'silver', '--available-now'], { lake })).toMatchObject({ exitCode: 0 })
    const validated = await Program.run(['validate', '--deep', '--json'], { lake })
    expect(JSON.parse(validated.stdout)).toMatchObject({ ok: true })
    const values =
      'SELECT count(*) AS rows, count(DISTINCT value) AS kinds, max(value) + 1 AS next FROM bronze_messages'
    const [{ rows, kinds, next }] = JSON.parse(
      `[${(await Program.run(['sql', values, '--json'], { lake })).stdout.trim()}]`,
    ) as [{ rows: number; kinds: number; next: number }]
    expect(kinds).toBe(rows)
    expect(next).toBe(rows)
    expect(rows).toBeGreaterThanOrEqual(made * 30_000 + 5)
  })
})
