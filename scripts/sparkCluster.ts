import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { descendants } from './processes.ts'

/** How long a daemon may take to say that it is there, in milliseconds. */
const PATIENCE_MS = 120_000

/** A Spark of its own on this machine, from the package pyspark: a master and workers, each a process. */
export class SparkCluster {
  /** As for `--spark-master`. */
  readonly master: string
  readonly #daemons: readonly Daemon[]

  private constructor(master: string, daemons: readonly Daemon[]) {
    this.master = master
    this.#daemons = daemons
  }

  /**
   * @param python  one that has pyspark
   * @param folder  where workers keep what their executors need
   */
  static async start(python: string, folder: string, workers: number): Promise<SparkCluster> {
    const home = sparkHome(python)
    const daemons: Daemon[] = []
    try {
      const master = new Daemon(home, ['master.Master', '--host', '127.0.0.1', '--port', '0', '--webui-port', '0'])
      daemons.push(master)
      const [, address = ''] = await master.said(/Starting Spark master at (spark:\/\/\S+)/)
      for (let number = 1; number <= workers; number++) {
        const place = join(folder, `worker-${number}`)
        mkdirSync(place, { recursive: true })
        const resources = ['--cores', '1', '--memory', '1g', '--work-dir', place]
        daemons.push(
          new Daemon(home, ['worker.Worker', '--host', '127.0.0.1', '--webui-port', '0', ...resources, address]),
        )
      }
      for (const worker of daemons.slice(1)) await worker.said(/Successfully registered with master/)
      return new SparkCluster(address, daemons)
    } catch (error) {
      for (const daemon of daemons) daemon.kill()
      throw error
    }
  }

  /** Kills a worker with its executors, as if its machine were gone. @returns how many processes that were */
  killWorker(number: number): number {
    return this.#daemons[number]?.kill() ?? 0
  }

  stop(): void {
    for (const daemon of this.#daemons) daemon.kill()
  }
}

/** A process of the cluster, and what it says. */
class Daemon {
  readonly #process: ChildProcess
  readonly #ended: Promise<unknown>
  #text = ''

  constructor(home: string, [name = '', ...words]: readonly string[]) {
    this.#process = spawn(join(home, 'bin/spark-class'), [`org.apache.spark.deploy.${name}`, ...words], {
      env: { ...process.env, SPARK_LOCAL_IP: '127.0.0.1', SPARK_DAEMON_MEMORY: '384m', SPARK_HOME: home },
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    this.#process.stderr?.on('data', (chunk) => {
      this.#text += String(chunk)
    })
    this.#ended = once(this.#process, 'close')
  }

  /** Waits until it has said something. */
  async said(pattern: RegExp): Promise<RegExpExecArray> {
    const signal = AbortSignal.timeout(PATIENCE_MS)
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

  kill(): number {
    const { pid } = this.#process
    if (pid === undefined) return 0
    const all = [pid, ...descendants(pid)]
    for (const id of all) {
      try {
        process.kill(id, 'SIGKILL')
      } catch {
        // It has ended by itself.
      }
    }
    return all.length
  }
}

/** The folder of Spark in the package of a Python. */
function sparkHome(python: string): string {
  const program = 'import os, pyspark; print(os.path.dirname(pyspark.__file__))'
  return execFileSync(python, ['-c', program], { encoding: 'utf8' }).trim()
}
