import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { describeWith } from '../support/optionalTool.ts'
import { Program } from '../support/program.ts'
import { makeTemporaryFolder, removeFolder, temporaryFolder } from '../support/temporaryFolder.ts'
import { fileHashes } from '../support/tree.ts'

/** Whom the kernel gives no rights; root may write whatever the modes say. */
const NOBODY = 65_534
const isRoot = process.getuid?.() === 0

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

    const end = await Program.run(PRODUCE, { lake, ...(isRoot ? { uid: NOBODY } : {}) })
    expect(end).toMatchObject({ exitCode: 1, stdout: '' })
    expect(end.stderr).toMatch(/^LAKE_DISK_(FAILED|UNSUITABLE): /m)
    expect(end.stderr).toContain(lake)
    expect(end.stderr).toMatch(/EACCES|permission denied/i)
    expect(end.stderr).not.toMatch(/\n +at /)
    expect(fileHashes(lake)).toEqual(before)
  },
)

function mountSmall(folder: string, megabytes: number): void {
  execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m`, 'lakeweir-test', folder], { stdio: 'pipe' })
}

function canMount(): boolean {
  if (!isRoot || process.platform !== 'linux') return false
  const folder = makeTemporaryFolder()
  try {
    mountSmall(folder, 1)
    execFileSync('umount', [folder])
    return true
  } catch {
    // No right to mount, as in most containers.
    return false
  } finally {
    removeFolder(folder)
  }
}

describeWith(canMount(), 'right to mount a tmpfs', 'a lake on a disk that is full', () => {
  test('stops with a clear error and goes on, exactly once, when there is room again', async () => {
    const folder = temporaryFolder()
    mountSmall(folder, 2)
    onTestFinished(() => {
      execFileSync('umount', [folder])
    })
    const lake = join(folder, 'lake')
    const produce = ['run', 'produce', '--rows', '600k', '--max-rows-per-batch', '30k', '--seed', '7', '--json']
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
