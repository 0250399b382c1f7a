import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmdirSync,
  statSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { archivedNames } from '../support/archive.ts'
import { LandingStream } from '../support/landingStream.ts'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { describeWith } from '../support/optionalTool.ts'
import { asNobody, isRoot, NOBODY } from '../support/otherUser.ts'
import { Program, type ProgramEnd } from '../support/program.ts'
import { removeFolder, temporaryFolder } from '../support/temporaryFolder.ts'

const LAND = ['run', 'land', '--available-now']

test('files of another user are taken where they may be read, named where they may not, and taken once they may', async () => {
  const folder = temporaryFolder()
  chmodSync(folder, 0o755)
  const messages = await MessagesLake.open(join(folder, 'lake'))
  onTestFinished(() => messages.close())
  // Of the landing folder the program's user may change the names; the files stay another's.
  mkdirSync(messages.landing, { recursive: true })
  const user = asNobody()
  if (isRoot) for (const path of ['', 'landing', 'landing/messages']) chownSync(messages.path(path), NOBODY, NOBODY)
  await messages.drop('open.parquet', messageRows(0, 2))
  await messages.drop('closed.parquet', messageRows(2, 2))
  chmodSync(join(messages.landing, 'closed.parquet'), 0)

  const run = (): Promise<ProgramEnd> => Program.run(LAND, { lake: messages.root, ...user })
  expect(await run()).toMatchObject({ exitCode: 0 })
  expect(await messages.bronzeValues()).toEqual([0, 1])
  const { streams } = await messages.lake.status()
  expect(streams.find(({ name }) => name === 'land')?.rejected).toEqual([
    { name: 'closed.parquet', reason: 'it cannot be read: permission denied' },
  ])
  chmodSync(join(messages.landing, 'closed.parquet'), 0o644)
  expect(await run()).toMatchObject({ exitCode: 0 })
  expect(await messages.bronzeValues()).toEqual([0, 1, 2, 3])
  expect(readdirSync(messages.landing)).toEqual(['_archive'])
  expect(archivedNames(messages.landing)).toEqual(['closed.parquet', 'open.parquet'])
})

/** A file system in memory, on Linux. */
const OTHER = '/dev/shm'
const hasOther = existsSync(OTHER) && statSync(OTHER).dev !== statSync(tmpdir()).dev

describeWith(hasOther, 'second file system', 'a landing folder on a real other file system', () => {
  let messages: MessagesLake
  let other: string

  beforeAll(async () => {
    messages = await MessagesLake.open()
    other = mkdtempSync(join(OTHER, 'lakeweir-test-'))
    mkdirSync(messages.root)
    symlinkSync(other, messages.path('landing'))
  })

  afterAll(() => {
    messages.close()
    removeFolder(other)
  })

  const run = (): Promise<ProgramEnd> => Program.run(LAND, { lake: messages.root })
  /** The name of the folder of claims beside the archive. */
  const claims = (): string => {
    const found = readdirSync(messages.landing).filter((name) => name.startsWith('_claimed.'))
    expect(found).toHaveLength(1)
    return String(found[0])
  }

  test('is landed like any other: each file once, with the archive there', async () => {
    await messages.drop('one.parquet', messageRows(0, 3))
    await messages.drop('bad.parquet', "SELECT 'x' AS value")
    expect(await run()).toMatchObject({ exitCode: 0 })
    expect(await messages.bronzeValues()).toEqual([0, 1, 2])
    expect(readdirSync(join(messages.landing, claims()))).toEqual([])
    expect(archivedNames(messages.landing)).toEqual(['one.parquet'])
    expect(existsSync(join(messages.landing, 'bad.parquet'))).toBe(true)
  })

  test('is missed where it is not mounted, and goes on where it was when it is back', async () => {
    await messages.drop('two.parquet', messageRows(3, 2))
    const name = claims()
    renameSync(messages.path('landing'), messages.path('unmounted'))
    expect(await run()).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining(
        `LAKE_DISK_UNSUITABLE: ${messages.landing} is not the folder that files were taken from before.\n` +
          `Nothing was taken: it has no ${name}, in which taken files are kept until their rows are committed.\n` +
          `Mount the file system that it was on. If that is gone for good: mkdir '${join(messages.landing, name)}'`,
      ),
    })
    removeFolder(messages.path('landing'))
    renameSync(messages.path('unmounted'), messages.path('landing'))
    expect(await run()).toMatchObject({ exitCode: 0 })
    expect(await messages.bronzeValues()).toEqual([0, 1, 2, 3, 4])
  })

  test('is refused where only its archive is elsewhere: no rename could bring a file there', async () => {
    const stream = await LandingStream.open()
    symlinkSync(other, stream.archive)
    await stream.drop('a.parquet')
    await expect(stream.run()).rejects.toMatchObject({
      code: 'LAKE_DISK_UNSUITABLE',
      message: `${stream.archive} is on another file system than ${stream.landing}.`,
      state: 'Nothing was taken.',
      remedy: 'Make it a plain folder: files are moved there by a rename.',
    })
    expect(stream.waiting()).toEqual(['a.parquet'])
  })

  test("that was on the lake's while files were taken from it is refused until they are settled there", async () => {
    const stream = await LandingStream.open()
    const claims = stream.checkpoint.claimFolder(1)
    mkdirSync(claims)
    renameSync(await stream.drop('a.parquet'), join(claims, 'a.parquet'))
    const moved = join(other, 'moved')
    mkdirSync(moved)
    rmdirSync(stream.landing)
    symlinkSync(moved, stream.landing)
    await expect(stream.run()).rejects.toMatchObject({
      code: 'LAKE_DISK_UNSUITABLE',
      message: `${stream.landing} has moved to another file system.`,
      state: `Files that were taken from it before are still in ${stream.checkpoint.claimed}.`,
      remedy: 'Move the folder back to where it was, run the stream once, then move it again.',
    })
    unlinkSync(stream.landing)
    mkdirSync(stream.landing)
    await stream.run()
    expect(await stream.rows()).toEqual([{ id: 1, name: 'a' }])
  })
})
