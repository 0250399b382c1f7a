import { copyFileSync, existsSync, linkSync, lstatSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type Disk, nodeDisk } from '../../src/files/disk.ts'
import { type CrashRecord, type CrashState, stepOf } from './crashStates.ts'
import { type DiskCall, serialDisk } from './hookedDisk.ts'
import type { MessagesLake } from './messagesLake.ts'

type Name = { readonly kind: 'file'; readonly inode: string } | { readonly kind: 'folder'; readonly folder: string }
/** Folder (by its inode, so that it keeps its names when it is renamed) → the names in it. */
type Names = Map<string, ReadonlyMap<string, Name>>

/**
 * What a disk may hold after a power cut, by the rules that POSIX gives: the names in a folder are sure as of its last
 * sync, a file's contents once they were synced, and a rename happens in both folders or in none. What is not sure may
 * have come through or not.
 */
class SureView {
  readonly #root: string
  readonly #keptInodes: string
  #now: Names
  readonly #sure: Names
  readonly #sureContents: Set<string>
  readonly #renamed = new Set<string>()

  constructor(root: string, keptInodes: string) {
    this.#root = root
    this.#keptInodes = keptInodes
    mkdirSync(keptInodes, { recursive: true })
    this.#now = this.#scan()
    this.#sure = new Map(this.#now)
    this.#sureContents = new Set(readdirSync(keptInodes))
  }

  note({ operation, path }: Pick<DiskCall, 'operation' | 'path'>): void {
    this.#now = this.#scan()
    if (!existsSync(path)) return
    const key = keyOf(path)
    if (operation === 'syncFolder') this.#sure.set(key, this.#now.get(key) ?? new Map())
    if (operation === 'syncFile') this.#sureContents.add(key)
    if (operation === 'rename') this.#renamed.add(key)
  }

  /** Path → inode for: what is sure alone; that and the unsure names of one folder, each; all that was done. */
  possibleTrees(): Map<string, string>[] {
    const unsure = [...this.#now.keys()].filter((folder) => !sameNames(this.#now.get(folder), this.#sure.get(folder)))
    const choices = [new Set<string>(), ...unsure.map((folder) => new Set([folder])), new Set(unsure)]
    return choices.map((through) => this.#treeWith(through))
  }

  /** Makes a tree real; a file whose contents are not sure is empty. */
  build(tree: ReadonlyMap<string, string>, folder: string): void {
    const copies = new Map<string, string>()
    mkdirSync(folder, { recursive: true })
    for (const [path, inode] of tree) {
      const target = join(folder, path)
      const copied = copies.get(inode)
      if (inode === FOLDER) mkdirSync(target)
      else if (copied !== undefined) linkSync(copied, target)
      else if (this.#sureContents.has(inode)) copyFileSync(join(this.#keptInodes, inode), target)
      else writeFileSync(target, '')
      copies.set(inode, target)
    }
  }

  /** What tells two trees apart. */
  printOf(tree: ReadonlyMap<string, string>): string {
    return [...tree].map(([path, inode]) => `${path} ${inode} ${this.#sureContents.has(inode)}`).join('\n')
  }

  #treeWith(through: ReadonlySet<string>): Map<string, string> {
    const tree = new Map<string, string>()
    const walk = (folder: string, below: string): void => {
      const names = (through.has(folder) ? this.#now.get(folder) : this.#sure.get(folder)) ?? new Map<string, Name>()
      for (const [name, what] of names) {
        tree.set(below + name, what.kind === 'folder' ? FOLDER : what.inode)
        if (what.kind === 'folder') walk(what.folder, `${below}${name}/`)
      }
    }
    walk(keyOf(this.#root), '')
    this.#keepRenamed(tree)
    return tree
  }

  /** A renamed file that one folder has lost and the other has not got yet: the rename went through. */
  #keepRenamed(tree: Map<string, string>): void {
    const found = new Set(tree.values())
    for (const [folder, names] of this.#now) {
      for (const [name, what] of names) {
        if (what.kind !== 'file' || !this.#renamed.has(what.inode) || found.has(what.inode)) continue
        const path = this.#pathOf(folder)
        if (path !== undefined && (path === '' || tree.has(path))) tree.set(join(path, name), what.inode)
      }
    }
  }

  #pathOf(wanted: string): string | undefined {
    const walk = (folder: string, path: string): string | undefined => {
      if (folder === wanted) return path
      for (const [name, what] of this.#now.get(folder) ?? []) {
        const found = what.kind === 'folder' ? walk(what.folder, join(path, name)) : undefined
        if (found !== undefined) return found
      }
      return undefined
    }
    return walk(keyOf(this.#root), '')
  }

  /** Reads the names as they are, and keeps every file that was ever there: its name may go before its sync. */
  #scan(): Names {
    const names: Names = new Map()
    const walk = (path: string): void => {
      const inFolder = new Map<string, Name>()
      for (const entry of readdirSync(path, { withFileTypes: true })) {
        const child = join(path, entry.name)
        const key = keyOf(child)
        if (entry.isDirectory()) walk(child)
        else if (!existsSync(join(this.#keptInodes, key))) linkSync(child, join(this.#keptInodes, key))
        inFolder.set(entry.name, entry.isDirectory() ? { kind: 'folder', folder: key } : { kind: 'file', inode: key })
      }
      names.set(keyOf(path), inFolder)
    }
    walk(this.#root)
    return names
  }
}

const FOLDER = 'folder'

/** Inode numbers of removed folders are used again; with the time of birth they are not. */
function keyOf(path: string): string {
  const { ino, birthtimeNs } = lstatSync(path, { bigint: true })
  return `${ino}-${birthtimeNs}`
}

function sameNames(a: ReadonlyMap<string, Name> | undefined, b: ReadonlyMap<string, Name> | undefined): boolean {
  return JSON.stringify([...(a ?? [])].sort()) === JSON.stringify([...(b ?? [])].sort())
}

/**
 * Runs `work` once and keeps what a power cut after each of its disk calls might leave, each state once.
 * @param before  what an earlier process does; it may have died without a sync of what it did
 * @param inner   the disk that the calls are made on
 */
export async function powerCutStatesOf(
  lake: MessagesLake,
  work: () => Promise<unknown>,
  before: (disk: Disk) => Promise<unknown> = async () => undefined,
  inner: Disk = nodeDisk,
): Promise<CrashRecord> {
  const calls: DiskCall[] = []
  const states = new Map<string, CrashState>()
  const view = new SureView(lake.root, join(lake.folder, 'inodes'))
  const notingDisk = (capture: (call: DiskCall) => void): Disk =>
    serialDisk(inner, async (call, perform) => {
      const result = await perform()
      view.note(call)
      capture(call)
      return result
    })
  await before(notingDisk(() => undefined))
  const capture = (call: DiskCall): void => {
    calls.push(call)
    const point = `power cut after call ${call.number}: ${stepOf(lake.root, call)}`
    for (const tree of view.possibleTrees()) {
      const print = view.printOf(tree)
      const known = states.get(print)
      if (known !== undefined) {
        known.points.push(point)
        continue
      }
      const folder = join(lake.folder, `power-cut-${states.size}`)
      view.build(tree, folder)
      states.set(print, { folder, points: [point] })
    }
  }
  await lake.on(notingDisk(capture), work)
  return { calls, states: [...states.values()] }
}
