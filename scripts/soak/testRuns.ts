import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import type { Soak } from './soak.ts'

const VITEST = fileURLToPath(new URL('../../node_modules/vitest/vitest.mjs', import.meta.url))
const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** So much of what a test said is shown when it fails. */
const SHOWN_CHARACTERS = 8_000

/** A soak that is a test file: what it does is repeated, over rows of the seed. */
export function soakOf(file: string, runs: number): Soak {
  return async (seed) => {
    const env = { ...process.env, NO_COLOR: '1', LAKEWEIR_TEST_RUNS: String(runs), LAKEWEIR_TEST_SEED: String(seed) }
    const child = spawn(process.execPath, [VITEST, 'run', '--maxWorkers=1', '--testTimeout=1800000', file], {
      cwd: ROOT,
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const startedMs = performance.now()
    const [said, errors, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
    const passed = /Tests +(\d+) passed(?: \((\d+)\))?$/m.exec(said)
    if (exitCode !== 0 || passed === null || passed[1] !== passed[2]) {
      throw new Error(`seed ${seed}: ${file} failed\n${`${said}${errors}`.slice(-SHOWN_CHARACTERS)}`)
    }
    return `${passed[1]} tests of ${file}, ${runs} runs, ${Math.round((performance.now() - startedMs) / 1000)} s`
  }
}
