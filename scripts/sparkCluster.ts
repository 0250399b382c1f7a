import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { descendants } from './processes.ts'

/** How long a daemon may take to say that it is there, in milliseconds. */
const PATIENCE_MS = 120_000

const REGISTERED = /Successfully registered with master/

/** A Spark of its own on this machine, from the package pyspark: a master and workers, each a process. */
export class SparkCluster {
  /** As for `--spark-master`. */
  readonly master: string
  readonly #home: string
  readonly #folder: string
  /** The master, then the workers. */
  readonly #daemons: Daemon[]

  private constructor(master: string, home: string, folder: string, daemon: Daemon) {
    this.master = master
    this.#home = home
    this.#folder = folder
    this.#daemons = [daemon]
  }

  /**
   * @param python  one that has pyspark
   * @param folder  where workers keep what their executors need
   */
  static async start(python: string, folder: string, workers: number): Promise<SparkCluster> {
    const home = sparkHome(python)
    const daemon = new Daemon(home, ['master.Master', '--host', '127.0.0.1', '--port', '0', '--webui-port', '0'])
    const [, address = ''] = await daemon.said(/Starting Spark master at (spark:\/\/\S+)/)
    const cluster = new SparkCluster(address, home, folder, daemon)
    try {
      const started = Array.from({ length: workers }, () => cluster.#startWorker([]))
      for (const worker of started) await worker.said(REGISTERED)
      return cluster
    } catch (error) {
      cluster.stop()
      throw error
    }
  }

  /**
   * Adds a worker, and waits until the master knows it.
   * @param prefix  the program and words that run its command, such as with folders of its own
   * @returns its number
   */
  async addWorker(prefix: readonly string[] = []): Promise<number> {
    await this.#startWorker(prefix).said(REGISTERED)
    return this.#daemons.length - 1
  }

  #startWorker(prefix: readonly string[]): Daemon {
    const place = join(this.#folder, `worker-${this.#daemons.length}`)
    mkdirSync(place, { recursive: true })
    const resources = ['--cores', '1', '--memory', '1g', '--work-dir', place]
    const words = ['worker.Worker', '--host', '127.0.0.1', '--webui-port', '0', ...resources, this.master]
    const worker = new Daemon(this.#home, words, prefix)
    this.#daemons.push(worker)
    return worker
  }

  /** Kills a worker with its executors, as if its machine were gone. @returns how many processes that were */
  killWorker(number: number): number {
    return this.signalWorker(number, 'SIGKILL').length
  }

  /** Sends a signal to a worker and its executors. @returns the ids of all of them, the worker's first */
  signalWorker(number: number, signal: NodeJS.Signals): readonly number[] {
    return this.#daemons[number]?.signal(signal) ?? []
  }

  stop(): void {
    for (const daemon of this.#daemons) daemon.signal('SIGKILL')
  }
}

/** A process of the cluster, and what it says. */
class Daemon {
  readonly #process: ChildProcess
  readonly #ended: Promise<unknown>
  #text = ''

  constructor(home: string, [name = '', ...words]: readonly string[], prefix: readonly string[] = []) {
    const command = [...prefix, join(home, 'bin/spark-class'), `org.apache.spark.deploy.${name}`, ...words]
    this.#process = spawn(command[0] ?? '', command.slice(1), {
      env: { ...process.env, SPARK_LOCAL_IP: '127.0.0.1', SPARK_DAEMON_MEMORY: '384m', SPARK_HOME: home },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#process.stderr?.on('data', (chunk) => {
      this.#text += String(chunk)
    })
    this.#ended = once(this.#process, 'close')
  }

  /** Waits until it has said something. One that does not is killed. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    try {
      return await this.#found(pattern, AbortSignal.timeout(PATIENCE_MS))
    } catch (error) {
      this.signal('SIGKILL')
      throw error
    }
  }

  async #found(pattern: RegExp, signal: AbortSignal): Promise<RegExpExecArray> {
    for (;;) {
      const found = pattern.exec(this.#text)
      if (found !== null) return found
      const ended = this.#ended.then(() => {
        throw new Error(`it ended without ${pattern}: ${this.#text}`)
      })
      const stderr = this.#process.stderr
      if (stderr === null) throw new Error('its stderr is no pipe')
      await Promise.race([once(stderr, 'data', { signal }), ended])
    }
  }

  signal(signal: NodeJS.Signals): readonly number[] {
    const { pid } = this.#process
    if (pid === undefined) return []
    const all = [pid, ...descendants(pid)]
    for (const id of all) {
      try {
        process.kill(id, signal)
      } catch {
        // It has ended by itself.
      }
    }
    return all
  }
}

/** The folder of Spark in the package of a Python. */
function sparkHome(python: string): string {
  const program = 'import os, pyspark; print(os.path.dirname(pyspark.__file__))'
  return execFileSync(python, ['-c', program], { encoding: 'utf8' }).trim()
}
