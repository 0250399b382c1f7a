import { copyFileSync, existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { durationFigure, type Figure } from './figure.ts'
import { phasesOf, withLake } from './lakes.ts'
import { medians } from './measure.ts'
import { FollowingProgram } from './program.ts'
import { RawDuckdb } from './raw.ts'
import { writeSmallFile } from './small.ts'
import type { SuiteContext } from './suiteContext.ts'

const ROWS = 1_000
const PERIOD_MS = 1_000
/** The first files meet a program that is still starting. */
const WARM_UP = 3
const LOOK_MS = 1
const PATIENCE_MS = 60_000

/** The time from renaming a file into a running program's landing folder until both silver commits are visible. */
export async function* latency({ folder, isQuick }: SuiteContext): AsyncGenerator<Figure> {
  const root = join(folder, 'lake')
  await withLake(root, (lake) => lake.run({ streams: ['land', 'silver'], availableNow: true }))
  const raw = await RawDuckdb.open()
  const file = await writeSmallFile(raw, join(folder, 'some.parquet'), ROWS)
  raw.close()
  const { latenciesMs, phases } = await dropFiles(root, file, WARM_UP + (isQuick ? 60 : 600))
  const samples = { latency: latenciesMs.slice(WARM_UP) }
  const name = 'landing rename → both silver commits seen'
  yield durationFigure(`${name}, p50`, samples, 'latency', 0.5, { reach: { atMost: 50 }, phases })
  yield durationFigure(`${name}, p95`, samples, 'latency', 0.95, { reach: { atMost: 120 }, phases })
}

async function dropFiles(
  root: string,
  file: string,
  files: number,
): Promise<{ latenciesMs: number[]; phases: Record<string, number> }> {
  const landing = join(root, 'landing/messages')
  mkdirSync(landing, { recursive: true })
  const silver = new SilverLogs(root)
  const program = new FollowingProgram(['land', 'silver'], root)
  const latenciesMs: number[] = []
  const phases: Record<string, number>[] = []
  const firstMs = performance.now()
  for (let index = 1; index <= files; index++) {
    const written = join(root, `${index}.parquet`)
    copyFileSync(file, written) // its bytes are newly written, as those of a real file would be
    const renamedMs = performance.now()
    renameSync(written, join(landing, `${index}.parquet`))
    const seenMs = await silver.nextCommits()
    latenciesMs.push(seenMs - renamedMs)
    phases.push({ ...(await phasesOfNext(program, 'land')), ...(await phasesOfNext(program, 'silver')) })
    await delay(Math.max(0, firstMs + index * PERIOD_MS - performance.now()))
  }
  await program.stop()
  return { latenciesMs, phases: medians(phases.slice(WARM_UP)) }
}

async function phasesOfNext(program: FollowingProgram, stream: string): Promise<Record<string, number>> {
  const { durationMs } = await program.batchOf(stream)
  const phases = Object.entries(phasesOf((phase) => durationMs[phase]))
  return Object.fromEntries(phases.map(([phase, ms]) => [`${stream} ${phase}`, ms]))
}

/** The logs of both silver tables, as seen by a process other than the writer. */
export class SilverLogs {
  readonly #folders: readonly string[]
  #version: number

  constructor(root: string) {
    this.#folders = ['messages', 'messages_corrupted'].map((table) => join(root, 'silver', table, 'data/_delta_log'))
    const versions = this.#folders.flatMap((folder) => readdirSync(folder).map((name) => Number.parseInt(name, 10)))
    this.#version = Math.max(...versions.filter(Number.isFinite))
  }

  /** Waits until both have their next commit. @returns when that was seen, on the clock of `performance.now` */
  async nextCommits(): Promise<number> {
    this.#version += 1
    const name = `${String(this.#version).padStart(20, '0')}.json`
    const untilMs = performance.now() + PATIENCE_MS
    while (!this.#folders.every((folder) => existsSync(join(folder, name)))) {
      if (performance.now() > untilMs) throw new Error(`no commit ${this.#version} of silver in ${PATIENCE_MS} ms`)
      await delay(LOOK_MS)
    }
    return performance.now()
  }
}
