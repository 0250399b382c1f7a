import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { SPARK_DEMO_HELP } from '../../scripts/demoTexts.ts'
import { describeWith } from '../support/optionalTool.ts'
import { hasSpark, SPARK_NEED } from '../support/spark.ts'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
const JITI = join(REPOSITORY, 'node_modules/jiti/lib/jiti-cli.mjs')

async function demo(
  words: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<[code: number, said: string]> {
  const child = spawn(process.execPath, [JITI, 'scripts/demoSpark.ts', ...words], { cwd: REPOSITORY, env })
  onTestFinished(() => void child.kill('SIGTERM')) // also when it has taken too long
  let said = ''
  for (const output of [child.stdout, child.stderr]) {
    output.on('data', (chunk) => {
      said += String(chunk)
    })
  }
  const [code] = await once(child, 'close')
  return [code, said]
}

test('the demo of Spark says what is missing, and installs nothing', async () => {
  const bare = { PATH: '/nowhere', JAVA_HOME: '/nowhere', PYSPARK_PYTHON: '/nowhere/python' }
  const [code, said] = await demo([], bare)
  expect(code).toBe(2)
  expect(said).toContain('Nothing was installed or changed.\n  Java: install version 17 or 21')
  expect(said).toContain('all of Lakeweir runs on DuckDB: npm run demo')
  expect(said).not.toMatch(/\n {4}at /)
  expect(await demo(['--rows', 'many'])).toEqual([2, expect.stringContaining('--rows: "many" is not a count.')])
  expect(await demo(['--help'])).toEqual([0, SPARK_DEMO_HELP])
})

describeWith(hasSpark, SPARK_NEED, 'the demo of Spark', () => {
  test('makes the same lake on two workers as on DuckDB', { timeout: 900_000 }, async () => {
    const [code, said] = await demo(['--rows', '20k'])
    expect({ code, said }).toMatchObject({ code: 0 })
    expect(said).toContain('Both lakes have the same rows, compared one by one in messages and messages_corrupted.')
  })
})
