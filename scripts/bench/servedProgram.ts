import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { CONFIG, REPOSITORY } from './lakes.ts'
import { residentBytesOf } from './program.ts'

const BIN = join(REPOSITORY, 'dist/cli/bin.cjs')

/** The built command line while it runs streams of a lake, keeps what is live and serves it: a process of its own. */
export class ServedProgram {
  readonly url: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, url: string) {
    this.#child = child
    this.url = url
  }

  static async start(streams: readonly string[], lake: string): Promise<ServedProgram> {
    const options = ['--serve', '--port', '0', '--log-level', 'error', '--json', '--config', CONFIG, '--lake', lake]
    const child = spawn(process.execPath, [BIN, 'run', ...streams, ...options], {
      cwd: REPOSITORY,
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const said: string[] = []
    const lines = createInterface({ input: child.stderr })
    const address = new Promise<string>((resolve, reject) => {
      lines.on('line', (line) => {
        said.push(line)
        const [, url] = /serves (http\S+)/.exec(line) ?? []
        if (url !== undefined) resolve(url)
      })
      child.once('exit', (exitCode) => reject(new Error(`run --serve ended with ${exitCode}: ${said.join('\n')}`)))
    })
    return new ServedProgram(child, await address)
  }

  /** Its resident memory now, in bytes. */
  residentBytes(): number {
    return residentBytesOf(this.#child)
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGINT')
    await ended
  }
}
