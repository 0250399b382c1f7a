import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type Disk, nodeDisk } from '../../src/files/disk.ts'
import { OWNER } from '../../src/files/temporaryNames.ts'
import { type DiskCall, serialDisk } from './hookedDisk.ts'
import { type MessagesLake, rubbishIn } from './messagesLake.ts'
import { removeFolder } from './temporaryFolder.ts'
import { copyTree, listTree, treeFingerprint } from './tree.ts'

/** What is left on disk when the process dies at one or more points in a row. */
export interface CrashState {
  /** A copy of the lake. */
  readonly folder: string
  /** The points, as sentences: `before call 12: link bronze/…/commits/N.json`. */
  readonly points: string[]
}

export interface CrashRecord {
  readonly calls: readonly DiskCall[]
  readonly states: readonly CrashState[]
}

/**
 * Runs `work` once and keeps what a crash before and after each of its disk calls would leave: a dead process runs no
 * `catch`, so a copy of the disk in that moment is the whole truth. Points between which nothing changed share a copy.
 * @param inner  the disk that the calls are made on
 */
export async function crashStatesOf(
  lake: MessagesLake,
  work: () => Promise<unknown>,
  inner: Disk = nodeDisk,
): Promise<CrashRecord> {
  const calls: DiskCall[] = []
  const states: CrashState[] = []
  let lastPrint: string | undefined
  const note = (point: string): void => {
    const print = treeFingerprint(lake.root)
    const last = states.at(-1)
    if (last !== undefined && print === lastPrint) {
      last.points.push(point)
      return
    }
    lastPrint = print
    const folder = join(lake.folder, `crash-${states.length}`)
    copyTree(lake.root, folder)
    states.push({ folder, points: [point] })
  }
  const disk = serialDisk(inner, async (call, perform) => {
    calls.push(call)
    const what = `call ${call.number}: ${stepOf(lake.root, call)}`
    note(`before ${what}`)
    const result = await perform()
    note(`after ${what}`)
    return result
  })
  await lake.on(disk, work)
  return { calls, states }
}

/**
 * Puts each state in place and lets a new process go on from it.
 * @param goOn   runs the streams to their end
 * @param check  says what is wrong then
 * @returns the states that came to no good end, each with its points and why
 */
export async function recoverEach(
  lake: MessagesLake,
  { states }: CrashRecord,
  goOn: () => Promise<unknown>,
  check: (state: CrashState) => Promise<string[]>,
): Promise<string[]> {
  const failures: string[] = []
  for (const state of states) {
    copyTree(state.folder, lake.root)
    disown(lake.root)
    removeFolder(state.folder)
    let faults: string[]
    try {
      await goOn()
      faults = [...(await check(state)), ...rubbishIn(lake.root)]
    } catch (error) {
      faults = [String(error), `because of ${String((error as Error).cause)}`]
    }
    if (faults.length > 0) failures.push(`${state.points.join('\n')}\n  → ${faults.join('\n  → ')}`)
  }
  return failures
}

/** So long that a temporary name of nobody's is known to be a dead process's. */
export const TWO_HOURS_MS = 7_200_000

/** Of no process: the numbers of processes end below. */
const DEAD = OWNER.replace(/-\d+-/, '-99999999-')

/** Makes what this process has left in a lake a dead process's, as it would be after a real crash. */
function disown(root: string): void {
  for (const { path, kind } of listTree(root).toReversed()) {
    const name = basename(path)
    if (kind === 'file' && path.includes('/commits/')) {
      const text = readFileSync(join(root, path), 'utf8')
      if (text.includes(OWNER)) writeFileSync(join(root, path), text.replaceAll(OWNER, DEAD))
    }
    if (name.includes(OWNER)) renameSync(join(root, path), join(root, path, '..', name.replaceAll(OWNER, DEAD)))
  }
}

/** A call by its kind: the operation, and the path with what differs from run to run left out. */
export function stepOf(root: string, { operation, path }: Pick<DiskCall, 'operation' | 'path'>): string {
  const below = path.startsWith(root) ? path.slice(root.length + 1) : path
  const kind = below
    .replaceAll(/\.[0-9a-f]{8}-\d+-[0-9a-f]{8}(?=[./]|$)/g, '')
    .replaceAll(/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g, '*')
    .replaceAll(/\d{4}-\d\d-\d\d/g, 'DATE')
    .replaceAll(/\d+/g, 'N')
  return `${operation} ${kind === '' ? '.' : kind}`
}

/** Steps of `wanted` that no call took: with one missing, a scenario does not show what it says. */
export function missingSteps(lake: MessagesLake, { calls }: CrashRecord, wanted: readonly RegExp[]): RegExp[] {
  const steps = calls.map((call) => stepOf(lake.root, call))
  return wanted.filter((step) => !steps.some((taken) => step.test(taken)))
}

/** The steps of any batch. */
export const BATCH_STEPS: readonly RegExp[] = [
  /^writeFile .*\/staging\/\.probe-\w+$/,
  /^link .*\/_delta_log\/\.probe-\w+$/,
  /^makeFolder .*\/staging\/N\.\*$/,
  /^syncFile .*\/staging\/N\.\*\/.*\.parquet$/,
  /^syncFolder .*\/staging\/N\.\*$/,
  /^syncFolder .*\/checkpoint\/\w+$/,
  /^writeFile .*\/staging\/N\.\*\/record\.\*\.tmp$/,
  /^link .*\/commits\/N\.json$/,
  /^syncFolder .*\/commits$/,
  /^link .*\/data\/.*\.parquet$/,
  /^syncFolder .*\/data$/,
  /^link .*\/_delta_log\/N\.json$/,
  /^syncFolder .*\/_delta_log$/,
  /^removeTree .*\/staging\/N\.\*$/,
]

export function valuesBetween(first: number, endExclusive: number): number[] {
  return Array.from({ length: endExclusive - first }, (_, index) => first + index)
}

/** What is wrong when bronze holds none of the allowed lists of values. */
export async function wrongBronze(lake: MessagesLake, ...allowed: readonly (readonly number[])[]): Promise<string[]> {
  const found = await lake.bronzeValues()
  const isAllowed = allowed.some((expected) => JSON.stringify(expected) === JSON.stringify(found))
  return isAllowed ? [] : [`bronze has the values ${found.join(' ')}`]
}
