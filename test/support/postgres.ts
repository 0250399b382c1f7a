import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { chownSync, mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import pg from 'pg'
import { postgresFolder } from '../../scripts/postgresPrograms.ts'
import { descendants, isAlive } from '../../scripts/processes.ts'
import { isRoot, NOBODY } from './otherUser.ts'
import { makeTemporaryFolder, removeFolder } from './temporaryFolder.ts'

const programs = postgresFolder()

export const hasPostgres = programs !== undefined
export const POSTGRES_NEED = 'PostgreSQL server: npx jiti scripts/install-postgres.ts'

const PATIENCE_MS = 60_000
const LOOK_MS = 20

/** A server of its own on a free port of 127.0.0.1, with an empty database `website`. */
export class PostgresServer {
  readonly #folder: string
  readonly port: number
  #child: ChildProcess | undefined

  private constructor(folder: string, port: number) {
    this.#folder = folder
    this.port = port
  }

  static async start(): Promise<PostgresServer> {
    const folder = await makeTemporaryFolder()
    const server = new PostgresServer(folder, await freePort())
    // PostgreSQL refuses to run as root.
    if (isRoot) chownSync(folder, NOBODY, NOBODY)
    const options = ['--auth=trust', '--username=owner', '--encoding=UTF8', '--locale=C.UTF-8', '--no-sync']
    const made = spawnSync(join(programs ?? '', 'initdb'), ['-D', server.#data, ...options], {
      ...asUser(),
      encoding: 'utf8',
    })
    if (made.status !== 0) throw new Error(`initdb failed: ${made.stderr}`)
    await server.run()
    await server.query('postgres', 'CREATE DATABASE website')
    return server
  }

  get url(): string {
    return `postgresql://owner:secret-word@127.0.0.1:${this.port}/website`
  }

  get #data(): string {
    return join(this.#folder, 'data')
  }

  /** Starts it, also again, and waits until it answers. */
  async run(): Promise<void> {
    const sockets = join(this.#folder, 'sockets')
    mkdirSync(sockets, { recursive: true })
    if (isRoot) chownSync(sockets, NOBODY, NOBODY)
    // Nothing here survives a power cut: the tests kill processes, not machines.
    const settings = ['listen_addresses=127.0.0.1', `unix_socket_directories=${sockets}`, 'fsync=off']
    const args = ['-D', this.#data, '-p', String(this.port), ...settings.flatMap((setting) => ['-c', setting])]
    const child = spawn(join(programs ?? '', 'postgres'), args, { ...asUser(), stdio: 'ignore' })
    this.#child = child
    const untilMs = performance.now() + PATIENCE_MS
    for (;;) {
      if (child.exitCode !== null) throw new Error(`postgres ended with ${child.exitCode}`)
      try {
        return void (await this.query('postgres', 'SELECT 1'))
      } catch (error) {
        if (performance.now() > untilMs) throw error
        await delay(LOOK_MS)
      }
    }
  }

  /** Kills it without warning. Its processes notice and end; until the last has, no server can start on their data. */
  async kill(): Promise<void> {
    const left = descendants(this.#pid)
    await this.#end('SIGKILL')
    while (left.some(isAlive)) await delay(LOOK_MS)
  }

  /** Stops it so that it says nothing more, with all of its connections open; as a network that is gone does. */
  freeze(): void {
    this.#signalAll('SIGSTOP')
  }

  thaw(): void {
    this.#signalAll('SIGCONT')
  }

  #signalAll(signal: NodeJS.Signals): void {
    const children = descendants(this.#pid)
    // First who would start another, then those; the other way round to go on.
    const all = signal === 'SIGSTOP' ? [this.#pid, ...children] : [...children, this.#pid]
    for (const each of all) process.kill(each, signal)
  }

  get #pid(): number {
    const { pid } = this.#child ?? {}
    if (pid === undefined) throw new Error('postgres does not run')
    return pid
  }

  /** Ends it at once, and removes what it has written. */
  async stop(): Promise<void> {
    await this.#end('SIGQUIT')
    await removeFolder(this.#folder)
  }

  /** The rows of a query, as PostgreSQL's driver returns them. */
  async query(database: string, sql: string): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({ host: '127.0.0.1', port: this.port, user: 'owner', database })
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows
    } finally {
      await client.end()
    }
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    await ended
  }
}

function asUser(): { uid?: number; gid?: number } {
  return isRoot ? { uid: NOBODY, gid: NOBODY } : {}
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port')
  return address.port
}
