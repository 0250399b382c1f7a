import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { asTyped, commandLine, programName } from '../../src/cli/commandLine.ts'
import { runProgram } from '../../src/cli/main.ts'
import { Terminal } from '../../src/cli/terminal.ts'
import { runInProcess } from '../support/program.ts'
import { makeTemporaryFolder, removeFolder, temporaryFolder } from '../support/temporaryFolder.ts'

const lake = makeTemporaryFolder()
afterAll(() => removeFolder(lake))

/** Runs a command as npm runs a script, with what npm leaves in its environment. */
async function byNpm(event: string, argv: readonly string[], kept: Readonly<Record<string, string>>) {
  const said: string[] = []
  const output = {
    write: (text: string, done?: () => void) => {
      said.push(text)
      done?.()
    },
    on: () => undefined,
  }
  const script = `node dist/cli/bin.cjs ${argv.join(' ')}`
  const env = { npm_lifecycle_event: event, npm_lifecycle_script: script, ...kept }
  const exitCode = await runProgram(argv, new Terminal(output, output, {}), env)
  return { exitCode, text: said.join('') }
}

describe('an option that npm took, because -- was forgotten, is not lost in silence:', () => {
  test.each([
    ['silver', ['run', 'land', 'silver'], { npm_config_available_now: 'true' }, '--available-now'],
    ['produce', ['run', 'produce', '20'], { npm_config_rows: 'true' }, '--rows VALUE'],
    ['produce', ['run', 'produce'], { npm_config_rows: '20M', npm_config_seed: '7' }, '--rows 20M --seed 7'],
    ['silver', ['run', 'land', 'silver'], { npm_config_max_files_per_batch: '3' }, '--max-files-per-batch 3'],
    ['silver', ['run', 'land', 'silver'], { npm_config_retry: '' }, '--no-retry'],
    ['silver', ['run', 'land'], { npm_config_fresh: 'true', npm_config_yes: 'true' }, '--fresh --yes'],
    ['validate', ['validate'], { npm_config_deep: 'true' }, '--deep'],
    ['status', ['status'], { npm_config_lake: '/other' }, '--lake /other'],
  ])('npm run %s, with %j', async (event, argv, kept, options) => {
    const { exitCode, text } = await byNpm(event, argv, kept as Record<string, string>)
    expect(exitCode).toBe(2)
    expect(text).toContain(`\nType: npm run ${event} -- ${options}\n`)
  })

  test('one that npm has too is told, and refuses nothing', async () => {
    const { exitCode, text } = await byNpm('status', ['status', '--lake', lake], { npm_config_json: 'true' })
    expect(text).toContain('Type: npm run status -- --json')
    expect(text).toContain('npm kept --json for itself')
    expect(exitCode).not.toBe(undefined)
  })

  test.each([
    ['the option came through', 'silver', ['status', '--json'], { npm_config_json: 'true' }],
    ['npm has its setting off', 'silver', ['status'], { npm_config_yes: '', npm_config_all: '', npm_config_json: '' }],
    ['it is one of another command', 'silver', ['status'], { npm_config_rows: '3' }],
  ])('nothing is said where %s', async (_, event, argv, kept) => {
    const { text } = await byNpm(event, [...argv, '--lake', lake], kept as Record<string, string>)
    expect(text).not.toContain('npm kept')
  })

  test('nothing is said by a program that a script of npm starts', async () => {
    const { text } = await byNpm('test', ['status', '--lake', lake], {
      npm_lifecycle_script: 'vitest',
      npm_config_debug: '1',
    })
    expect(text).not.toContain('npm kept')
  })
})

describe('help', () => {
  test.each([
    [['help'], ['--help']],
    [
      ['help', 'run'],
      ['run', '--help'],
    ],
    [
      ['help', 'sql'],
      ['sql', '--help'],
    ],
    [
      ['run', 'help'],
      ['run', '--help'],
    ],
  ])('lakeweir %j is what %j is', async (words, options) => {
    const asked = await runInProcess(words, {})
    expect(asked).toEqual(await runInProcess(options, {}))
    expect(asked.exitCode).toBe(0)
    expect(asked.stdout).toContain('Options:')
  })

  test('of no command says which there are', async () => {
    expect(await runInProcess(['help', 'rum'])).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('"run"') })
  })
})

describe('a command to type', () => {
  test('names the lake and the config that this one was about', () => {
    const place = { lake: '/a lake', config: 'x.ts', program: 'npx lakeweir' }
    expect(commandLine('status', place)).toBe("npx lakeweir status --config x.ts --lake '/a lake'")
    expect(commandLine('status', { lake: '-l' })).toBe('lakeweir status --lake=-l')
    expect(asTyped('Fix it. Then: lakeweir run silver', place)).toBe(
      "Fix it. Then: npx lakeweir run silver --config x.ts --lake '/a lake'",
    )
    expect(asTyped('Restore it, or: lakeweir run land --fresh\nMore.', { lake: 'l' })).toBe(
      'Restore it, or: lakeweir run land --fresh --lake l\nMore.',
    )
    expect(asTyped('lakeweir is no command here', place)).toBe('lakeweir is no command here')
  })

  test.each([
    ['/usr/local/bin/lakeweir', {}, 'lakeweir'],
    ['/home/a/etl/node_modules/.bin/lakeweir', {}, 'npx lakeweir'],
    ['/home/a/etl/node_modules/lakeweir/dist/cli/bin.cjs', { npm_command: 'exec' }, 'npx lakeweir'],
    [join(process.cwd(), 'dist/cli/bin.cjs'), { npm_lifecycle_event: 'status' }, 'npx lakeweir'],
    [join(process.cwd(), 'dist/cli/bin.cjs'), {}, 'node dist/cli/bin.cjs'],
  ])('%s with %j is called as %s', (script, env, says) => {
    expect(programName(script, env)).toBe(says)
  })

  test('stands in an error with the options that were given', async () => {
    const missing = join(temporaryFolder(), 'nothing')
    const { stderr } = await runInProcess(['status'], { lake: missing })
    expect(stderr).toContain(`--lake ${missing}`)
  })
})

test('run and the overview name files that were dropped and are none to take, and status before any run', async () => {
  const folder = makeTemporaryFolder()
  onTestFinished(() => removeFolder(folder))
  const landing = join(folder, 'landing/messages')
  mkdirSync(landing, { recursive: true })
  for (const name of ['a.csv', 'b.json', 'c.parquet']) writeFileSync(join(landing, name), 'id,name\n1,a\n')
  const before = await runInProcess(['status'], { lake: folder })
  expect(before.stdout).toContain('land ignores a.csv: its name does not end in .parquet')
  const run = await runInProcess(['run', 'land', '--available-now'], { lake: folder })
  expect(run.stderr).toContain('land ignores a.csv: its name does not end in .parquet\n')
  expect(run.stderr).toContain('land ignores b.json: its name does not end in .parquet\n')
  expect(run.stderr).toMatch(/land rejected c\.parquet: /)
  expect(run.stderr).toMatch(/begins: takes \.parquet files in .*landing\/messages\n/)
  const overview = await runInProcess([], { lake: folder })
  expect(overview.stdout).toContain('land rejected c.parquet · land ignores a.csv, b.json\n')
})
