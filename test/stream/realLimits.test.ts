import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { withSession } from '../../src/lake/sessions.ts'
import { messageRows } from '../support/messageRows.ts'
import { MessagesLake } from '../support/messagesLake.ts'
import { describeWith } from '../support/optionalTool.ts'
import { Program, programCommand } from '../support/program.ts'
import { rawSql } from '../support/sql.ts'

const works = (command: string, ...args: string[]): boolean => spawnSync(command, args).status === 0
const run = promisify(execFile)

let messages: MessagesLake

beforeAll(async () => {
  messages = await MessagesLake.open()
})

beforeEach(() => messages.clear())

afterAll(() => messages.close())

/** Runs a shell script in a namespace of its own; `$LAND …` in it is the program that lands. */
function inNamespace(kinds: readonly string[], script: string): Promise<{ stdout: string; stderr: string }> {
  const land = programCommand(['run', 'land'], { lake: messages.root })
  return run('unshare', [...kinds, 'bash', '-ec', script], {
    env: { ...process.env, NO_COLOR: '1', LAND: land.join(' '), LANDING: messages.landing, LAKE: messages.root },
  })
}

/** Writes a file of rows where nobody looks for it. */
async function written(name: string, select: string): Promise<string> {
  const path = join(mkdtempSync(join(messages.folder, 'written-')), name)
  await withSession(messages.open, (session) => session.run(rawSql`COPY (${select}) TO '${path}' (FORMAT parquet)`))
  return path
}

/** Waits in a script until the program in the background has made so many batches. */
const untilBatch = (count: number): string =>
  `until [ "$(grep -c '"batch":' "$LAKE.out")" -ge ${count} ]; do kill -0 $program; sleep 0.05; done`

/** Ends that program as Ctrl-C does. */
const END = 'kill -INT $program; wait $program || [ $? = 130 ]'

const USER = ['--user', '--map-root-user']

describeWith(works('unshare', ...USER, 'true'), 'user namespace', 'a system without a watch left', () => {
  test('is no reason not to take what is there, and is told once by a run that follows', async () => {
    await messages.drop('a.parquet', messageRows(0, 2))
    const none = 'echo 0 > /proc/sys/user/max_inotify_watches'
    const drained = await inNamespace(USER, `${none}; $LAND --available-now`)
    expect(await messages.bronzeValues()).toEqual([0, 1])
    expect(drained.stderr).not.toContain('watch')
    // One after another, so that it looks several times.
    const files = [await written('b.parquet', messageRows(2, 2)), await written('c.parquet', messageRows(4, 2))]
    const drops = files.map((file, index) => `mv ${file} "$LANDING"; ${untilBatch(index + 1)}`)
    const { stdout } = await inNamespace(
      USER,
      `${none}; $LAND --json > "$LAKE.out" 2>&1 & program=$!
      ${drops.join('\n')}
      ${END}; cat "$LAKE.out"; rm "$LAKE.out"`,
    )
    expect(await messages.bronzeValues()).toEqual([0, 1, 2, 3, 4, 5])
    expect(stdout.match(/the system does not let it watch .* \(ENOSPC\)/g)).toHaveLength(1)
  })
})

const MOUNTS = ['--mount']

describeWith(works('unshare', ...MOUNTS, 'true'), 'mount namespace', 'a volume that is mounted', () => {
  test('over the landing folder while land runs is landed from', async () => {
    await messages.drop('early.parquet', messageRows(0, 2))
    const late = await written('late.parquet', messageRows(2, 2))
    const { stdout } = await inNamespace(
      MOUNTS,
      `$LAND --json > "$LAKE.out" & program=$!
      ${untilBatch(1)}
      mount -t tmpfs tmpfs "$LANDING"; cp ${late} "$LANDING/late.parquet"
      ${untilBatch(2)}
      ${END}; $LAND --available-now >&2; ls -A "$LANDING"; rm "$LAKE.out"`,
    )
    expect(stdout.split('\n').filter((name) => /^_claimed\./.test(name))).toHaveLength(1)
    expect(await messages.bronzeValues()).toEqual([0, 1, 2, 3])
    expect(readdirSync(messages.path('bronze/messages/checkpoint/land/claimed'))).toEqual([])
  })

  test('on a single file, which no rename takes from there, is named; the others are taken', async () => {
    for (const [index, name] of ['a', 'b', 'c'].entries()) {
      await messages.drop(`${name}.parquet`, messageRows(2 * index, 2))
    }
    const { stderr } = await inNamespace(
      MOUNTS,
      'mount --bind "$LANDING/b.parquet" "$LANDING/b.parquet"; $LAND --available-now',
    )
    expect(stderr).toContain('b.parquet: it cannot be moved away: it is in use, or something is mounted on it (EBUSY)')
    expect(await messages.bronzeValues()).toEqual([0, 1, 4, 5])
    expect(await Program.run(['run', 'land', '--available-now'], { lake: messages.root })).toMatchObject({
      exitCode: 0,
    })
    expect((await messages.bronzeValues()).length).toBe(6)
  })
})
