import { readFileSync } from 'node:fs'
import { availableParallelism, totalmem } from 'node:os'
import { join } from 'node:path'
import { mountsSeen } from '../files/mounts.ts'

/** What this process may use of the machine that it runs on. */
export interface Machine {
  readonly cores: number
  readonly memoryBytes: number
}

/**
 * What this process may use. Node knows the machine and the cores that the process may run on; the limits of control
 * groups, which is how containers and services are bounded, are read here: Node 20 knows no quota of processor time,
 * and no limit of memory that a group further up has. The lowest limit counts.
 * @param root  where the system's files are; a test puts others there
 */
export function thisMachine(root = '/', host: Machine = nodesView()): Machine {
  const folders = groupFolders(root)
  return {
    cores: Math.min(host.cores, ...folders.flatMap(coresIn)),
    memoryBytes: Math.min(host.memoryBytes, ...folders.flatMap(memoryIn)),
  }
}

function nodesView(): Machine {
  const limit = process.constrainedMemory()
  return { cores: availableParallelism(), memoryBytes: limit > 0 ? Math.min(totalmem(), limit) : totalmem() }
}

/**
 * The folders of this process's control groups, and of all groups above that it can see. A container may name its
 * groups as its host does, and yet see them from its own downwards: what is not there is passed over.
 */
function groupFolders(root: string): string[] {
  const groups = textOf(join(root, 'proc/self/cgroup'))
    .split('\n')
    .flatMap((line) => {
      const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? []
      return controllers === undefined || path === undefined ? [] : [{ controllers: controllers.split(','), path }]
    })
  return mountsSeen(root).flatMap(({ shows, folder, type, options }) => {
    if (type !== 'cgroup' && type !== 'cgroup2') return []
    // Version 2 has one tree, whose line names no controller; version 1 has one for each or some of them.
    const of = type === 'cgroup2' ? [''] : options
    const group = groups.find(({ controllers }) => controllers.some((controller) => of.includes(controller)))
    return group === undefined ? [] : levels(join(root, folder), stepsBelow(shows, group.path))
  })
}

/** The folders on the way from the top to a group; none where it lies outside of what the mount shows. */
function stepsBelow(top: string, path: string): string[] {
  const start = top === '/' ? '' : top
  const steps = path.startsWith(`${start}/`) ? path.slice(start.length).split('/').filter(Boolean) : []
  return steps.includes('..') ? [] : steps
}

function levels(mount: string, steps: readonly string[]): string[] {
  return Array.from({ length: steps.length + 1 }, (_, depth) => join(mount, ...steps.slice(0, depth)))
}

/** A group with the time of one core and a half runs on two. */
function coresIn(folder: string): number[] {
  const [, newer, newerPeriod] = /^(\d+) (\d+)$/.exec(textOf(join(folder, 'cpu.max'))) ?? []
  const older = textOf(join(folder, 'cpu.cfs_quota_us'))
  const quota = numberOf(newer ?? older)
  const period = numberOf(newerPeriod ?? textOf(join(folder, 'cpu.cfs_period_us')))
  return quota === undefined || period === undefined ? [] : [Math.ceil(quota / period)]
}

/** Version 2 kills what is above `memory.max`, and slows down what is above `memory.high` until it hardly moves. */
function memoryIn(folder: string): number[] {
  return ['memory.max', 'memory.high', 'memory.limit_in_bytes'].flatMap(
    (name) => numberOf(textOf(join(folder, name))) ?? [],
  )
}

/** Undefined for `max` and -1, which say that there is no limit, for 0, and for what is no number. */
function numberOf(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) > 0 ? Number(text) : undefined
}

/** Empty for a file that cannot be read, for whatever reason: a limit that is not known bounds nothing. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
