import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Lake } from '../../src/index.ts'

/** One line of the bench: what was measured, what it should reach, what it was. */
export interface Figure {
  readonly name: string
  readonly unit: 'ratio' | 'ms'
  readonly value: number
  readonly reach: { readonly atLeast: number } | { readonly atMost: number }
  /** How many samples the medians stand on. */
  readonly samples: number
  /** The measurements behind it, in milliseconds. */
  readonly detail: Readonly<Record<string, number>>
}

export function isReached({ value, reach }: Figure): boolean {
  return 'atLeast' in reach ? value >= reach.atLeast : value <= reach.atMost
}

/** The p-th quantile (0 to 1) of some measurements, by the nearest rank. */
export function quantile(values: readonly number[], p: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(p * sorted.length))] ?? Number.NaN
}

/** How long something takes, in milliseconds. */
export async function timed(work: () => Promise<unknown>): Promise<number> {
  const startMs = performance.now()
  await work()
  return performance.now() - startMs
}

/** Gives a temporary folder to some work and removes it afterwards. */
export async function inTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'lakeweir-bench-'))
  try {
    return await work(folder)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const CONFIG = join(import.meta.dirname, '../../lakeweir.config.ts')

/** Opens the messages lake in a folder of its own, for as long as the work takes. */
export async function withLake<T>(folder: string, work: (lake: Lake) => Promise<T>): Promise<T> {
  const lake = await Lake.open({ config: CONFIG, lake: folder })
  try {
    return await work(lake)
  } finally {
    lake.close()
  }
}
