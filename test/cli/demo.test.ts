import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { DEMO_HELP, DEMO_NEXT } from '../../scripts/demoTexts.ts'
import { createClient } from '../../src/client/index.ts'
import { Program } from '../support/program.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

test('a demo whose command fails ends with its exit code, and takes the follower with it', async () => {
  const lake = join(temporaryFolder(), 'lake')
  const producer = Program.start(['run', 'produce'], { lake })
  await producer.said(/produce +begins/)
  const jiti = join(REPOSITORY, 'node_modules/jiti/lib/jiti-cli.mjs')
  const args = [jiti, 'scripts/demo.ts', '--for', '1s', '--lake', lake]
  // A group of its own, so that an orphan can be ended with it.
  const demo = spawn(process.execPath, args, { cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  onTestFinished(() => {
    try {
      process.kill(-(demo.pid ?? Number.NaN), 'SIGKILL')
    } catch {
      // All of it has ended, as it should.
    }
  })
  let said = ''
  demo.stdout.resume()
  demo.stderr.on('data', (chunk) => {
    said += String(chunk)
  })
  // The follower has inherited both: they close once it has ended too.
  const [exitCode] = await once(demo, 'close')
  expect(exitCode).toBe(4)
  expect(said).toContain(
    `another process already runs produce (process ${producer.process.pid}).\nNothing was changed. Stop that process,`,
  )
  expect(said).not.toMatch(/\n {4}at /)
})

test('with --serve its numbers move on a page whose address is printed, until Ctrl-C', async () => {
  const lake = join(temporaryFolder(), 'lake')
  const jiti = join(REPOSITORY, 'node_modules/jiti/lib/jiti-cli.mjs')
  const args = [jiti, 'scripts/demo.ts', '--serve', '--port', '0', '--lake', lake]
  const demo = spawn(process.execPath, args, { cwd: REPOSITORY, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  onTestFinished(() => {
    try {
      process.kill(-(demo.pid ?? Number.NaN), 'SIGKILL')
    } catch {
      // All of it has ended, as it should.
    }
  })
  let said = ''
  demo.stdout.resume()
  demo.stderr.on('data', (chunk) => {
    said += String(chunk)
  })
  const ended = once(demo, 'close')
  let url: string | undefined
  while (url === undefined) {
    await Promise.race([once(demo.stderr, 'data'), ended])
    url = /serves (http:\S+)/.exec(said)?.[1]
    if (url === undefined && demo.exitCode !== null) throw new Error(said)
  }
  expect(await (await fetch(url)).text()).toContain('assets/page.js')
  const numbers = new Set<unknown>()
  const followed = { messages: { panel: 'messages', parameters: { range: '1h' } } }
  for await (const { panels } of createClient({ url }).follow(followed)) {
    const messages = panels.messages?.rows[0]?.[0]
    if (messages !== undefined) numbers.add(messages)
    if (numbers.size >= 2) break
  }
  process.kill(-(demo.pid ?? Number.NaN), 'SIGINT')
  expect(await ended).toEqual([130, null])
  expect(existsSync(join(lake, 'gold/live.duckdb'))).toBe(true)
  expect(existsSync(join(lake, 'gold/live.server.json'))).toBe(false)
})

test.each([
  [['--help'], 0, /^npm run demo -- \[--for 10s\]/],
  [['--fro', '10s'], 2, /^LAKE_USAGE: .*--fro/],
  [['--for', 'ever'], 2, /^LAKE_USAGE: --for: "ever" is no/],
])('a demo with %j says how it is called, without a stack', async (args, code, says) => {
  const jiti = join(REPOSITORY, 'node_modules/jiti/lib/jiti-cli.mjs')
  const demo = spawn(process.execPath, [jiti, 'scripts/demo.ts', ...args], { cwd: REPOSITORY })
  let said = ''
  for (const output of [demo.stdout, demo.stderr]) output.on('data', (chunk) => (said += String(chunk)))
  const [exitCode] = await once(demo, 'close')
  expect(said).toMatch(says)
  expect(said).not.toMatch(/\n {4}at /)
  expect(exitCode).toBe(code)
})

test('what the demo says of itself fits 80 columns', () => {
  for (const line of `${DEMO_HELP}${DEMO_NEXT}`.split('\n')) expect(line.length, line).toBeLessThanOrEqual(80)
})
