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
 * What this process may use. Node reports the machine's memory and the cores that the process may run on. The limits
 * of control groups, by which containers and services are bounded, are read here: Node 20 reports neither quotas of
 * processor time nor the memory limits of groups further up. The lowest limit counts.
 * @param root  the root of the file system; tests pass another one
 */
export function thisMachine(root = '/', host: Machine = nodesLimits()): Machine {
  const folders = groupFolders(root)
  return {
    cores: Math.min(host.cores, ...folders.flatMap(coresIn)),
    memoryBytes: Math.min(host.memoryBytes, ...folders.flatMap(memoryIn)),
  }
}

function nodesLimits(): Machine {
  const limit = process.constrainedMemory()
  return { cores: availableParallelism(), memoryBytes: limit > 0 ? Math.min(totalmem(), limit) : totalmem() }
}

/**
 * The folders of this process's control groups, and of all groups above them that it can see. A container may name its
 * groups as its host does, and yet see only its own and those below: folders that do not exist are skipped later.
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
    // Version 2 has one tree, whose line names no controller; version 1 has a tree for one or several controllers.
    const of = type === 'cgroup2' ? [''] : options
    const group = groups.find(({ controllers }) => controllers.some((controller) => of.includes(controller)))
    return group === undefined ? [] : levels(join(root, folder), stepsBelow(shows, group.path))
  })
}

/** The folders on the way from the top to a group; none if the group is outside what is mounted. */
function stepsBelow(top: string, path: string): string[] {
  const start = top === '/' ? '' : top
  const steps = path.startsWith(`${start}/`) ? path.slice(start.length).split('/').filter(Boolean) : []
  return steps.includes('..') ? [] : steps
}

function levels(mount: string, steps: readonly string[]): string[] {
  return Array.from({ length: steps.length + 1 }, (_, depth) => join(mount, ...steps.slice(0, depth)))
}

/** A quota of one and a half cores counts as two. */
function coresIn(folder: string): number[] {
  const [, newer, newerPeriod] = /^(\d+) (\d+)$/.exec(textOf(join(folder, 'cpu.max'))) ?? []
  const older = textOf(join(folder, 'cpu.cfs_quota_us'))
  const quota = numberOf(newer ?? older)
  const period = numberOf(newerPeriod ?? textOf(join(folder, 'cpu.cfs_period_us')))
  return quota === undefined || period === undefined ? [] : [Math.ceil(quota / period)]
}

/** Version 2 kills what exceeds `memory.max`, and slows what exceeds `memory.high` almost to a halt. */
function memoryIn(folder: string): number[] {
  return ['memory.max', 'memory.high', 'memory.limit_in_bytes'].flatMap(
    (name) => numberOf(textOf(join(folder, name))) ?? [],
  )
}

/** Undefined for `max` and -1, which mean that there is no limit, for 0, and for what is not a number. */
function numberOf(text: string): number | undefined {
  return /^\d+$/.test(text) && Number(text) > 0 ? Number(text) : undefined
}

/** Empty if the file cannot be read, for whatever reason: an unknown limit limits nothing. */
function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}
