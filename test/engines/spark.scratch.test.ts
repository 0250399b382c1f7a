import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { describeWith } from '../support/optionalTool.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

// Where Spark's driver has its scratch files. No Spark is needed to see that.

const hasPython3 = spawnSync('python3', ['--version']).status === 0

const RUNNER = fileURLToPath(new URL('../../src/engines/spark/runner', import.meta.url))

/** Has a folder until its stdin ends. */
const HOLDER = `
import sys
sys.path.insert(0, sys.argv[1])
from lakeweir_spark.session import Scratch
scratch = Scratch(sys.argv[2])
print(scratch.folder, flush=True)
sys.stdin.read()
scratch.remove()
`

interface Holder {
  readonly folder: string
  end(how: 'by itself' | 'killed'): Promise<void>
}

async function hold(top: string): Promise<Holder> {
  const holder: ChildProcess = spawn('python3', ['-B', '-c', HOLDER, RUNNER, top], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => {
    holder.kill('SIGKILL')
  })
  const ended = once(holder, 'close')
  const [line] = await Promise.race([once(holder.stdout ?? holder, 'data'), ended])
  return {
    folder: String(line).trim(),
    end: async (how) => {
      if (how === 'killed') holder.kill('SIGKILL')
      else holder.stdin?.end()
      await ended
    },
  }
}

describeWith(hasPython3, 'Python 3: python3', 'the scratch files of Spark', () => {
  test('of two drivers are in folders of their own, which no other removes', async () => {
    const top = join(temporaryFolder(), 'spark-scratch')
    const [one, other] = [await hold(top), await hold(top)]
    expect(one.folder).not.toBe(other.folder)
    expect(readdirSync(top).sort()).toEqual([basename(one.folder), basename(other.folder)].sort())
    await one.end('by itself')
    expect(readdirSync(top)).toEqual([basename(other.folder)])
    await other.end('by itself')
    expect(readdirSync(top)).toEqual([])
  })

  test('of a driver that was killed are removed by the next one, and others are left', async () => {
    const top = join(temporaryFolder(), 'spark-scratch')
    const [dead, alive] = [await hold(top), await hold(top)]
    await dead.end('killed')
    expect(existsSync(dead.folder)).toBe(true)
    mkdirSync(join(top, 'being made'))
    const next = await hold(top)
    expect(readdirSync(top).sort()).toEqual(
      ['being made', ...[alive, next].map(({ folder }) => basename(folder))].sort(),
    )
  })

  test('are elsewhere where a comma in the path would make Spark take it for several', async () => {
    const { folder, end } = await hold(join(temporaryFolder(), 'a, b'))
    expect(folder).not.toContain(',')
    expect(basename(dirname(folder))).toBe(`lakeweir-spark-${process.getuid?.()}`)
    await end('by itself')
    expect(existsSync(folder)).toBe(false)
  })
})
