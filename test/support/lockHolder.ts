import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { LockLook, type LockState } from '../../src/duckdb/lock.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** Opens a lock file as another process of ours would, says what came of it, and keeps it open until its stdin ends. */
const HOLD = `
import { DuckDBInstance } from '@duckdb/node-api'
try {
  await DuckDBInstance.create(process.argv[1], { access_mode: 'READ_WRITE', threads: '1' })
  console.log('held')
} catch (error) {
  console.log(error.message)
}
process.stdin.on('end', () => process.exit(0)).resume()
`

/** Another process that has a lock file open, or was refused it. */
export class LockHolder {
  readonly processId: number | undefined
  /** `held`, or why not. */
  readonly says: string
  readonly #process: ChildProcess

  private constructor(process: ChildProcess, says: string) {
    this.#process = process
    this.processId = process.pid
    this.says = says
  }

  static async take(path: string): Promise<LockHolder> {
    const child = spawn(process.execPath, ['--input-type=module', '-e', HOLD, path], {
      cwd: ROOT,
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const [said] = (await once(child.stdout, 'data')) as [Buffer]
    const holder = new LockHolder(child, String(said).trim())
    onTestFinished(() => holder.release())
    return holder
  }

  /** Ends the process, and with it its lock. */
  async release(): Promise<void> {
    if (this.#process.exitCode !== null) return
    const ended = once(this.#process, 'exit')
    this.#process.stdin?.end()
    await ended
  }
}

/** Whether a process holds a lock. */
export async function lockState(path: string): Promise<LockState> {
  const look = new LockLook()
  try {
    return await look.stateOf(path)
  } finally {
    await look.close()
  }
}
