import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { defineCommand } from '../../src/cli/command.ts'
import { COMMANDS } from '../../src/cli/commands/index.ts'
import { OPTION_NAMES } from '../../src/cli/parse.ts'
import { Terminal } from '../../src/cli/terminal.ts'
import { describeWith } from '../support/optionalTool.ts'
import { Program, runInProcess } from '../support/program.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporaryFolder.ts'

const SILENT = { write: () => undefined, on: () => undefined }
const NAMES = COMMANDS.map(({ name }) => name)
const lake = makeTemporaryFolder()
afterAll(() => removeFolder(lake))

test('sql - reads the query from stdin', async () => {
  const folder = makeTemporaryFolder()
  onTestFinished(() => removeFolder(folder))
  const query = join(folder, 'query.sql')
  writeFileSync(query, '-- a file\nSELECT 41 + 1 AS answer;\n')
  const stdin = openSync(query, 'r')
  const end = await Program.run(['sql', '--csv', '-'], { lake, stdin })
  closeSync(stdin)
  expect(end).toMatchObject({ stdout: 'answer\n42\n', exitCode: 0 })
})

test('every command and option that the help shows may be meant by a slip', async () => {
  const helps = await Promise.all(
    [[], ...NAMES.map((name) => [name])].map((name) => runInProcess([...name, '--help'], { lake })),
  )
  const [main, ...others] = helps.map(({ stdout }) => stdout)
  const commands = [...(main ?? '').matchAll(/^ {2}lakeweir ([a-z][a-z-]*)/gm)].map(([, name]) => name)
  expect([...new Set(commands)].sort()).toEqual([...NAMES].sort())
  const options = [main, ...others].flatMap((text = '') => [...text.matchAll(/ --([a-z-]+) /g)].map(([, name]) => name))
  expect([...new Set(options)].sort()).toEqual([...OPTION_NAMES].sort())
})

test('an option of one name is of one type in all commands, so that a line can be read before its command is known', () => {
  const types = new Map(
    COMMANDS.flatMap(({ options }) => Object.entries(options).map(([name, { type }]) => [name, type])),
  )
  for (const { options } of COMMANDS) {
    for (const [name, { type }] of Object.entries(options)) expect([name, type]).toEqual([name, types.get(name)])
  }
})

describe('the arguments of a command', () => {
  test('have the types that its options and words say', async () => {
    let argv: unknown
    const command = defineCommand({
      name: 'look',
      describe: '',
      words: { name: 'tables', describe: '', isMany: true },
      options: { deep: { type: 'boolean', describe: '' }, rows: { type: 'string', describe: '' } },
      examples: [],
      run: async ({ deep, rows, tables, lake: at, ...rest }) => {
        const typed: [boolean | undefined, string | undefined, readonly string[], string | undefined] = [
          deep,
          rows,
          tables,
          at,
        ]
        // @ts-expect-error an option that it does not have
        argv = [...typed, rest.seed]
        return 0
      },
    })
    await command.run({ deep: true, rows: '5', tables: ['a'], lake: 'b' } as object, new Terminal(SILENT, SILENT, {}))
    expect(argv).toEqual([true, '5', ['a'], 'b', undefined])
  })
})

describe('the help of', () => {
  test.each(NAMES)('%s names its options and shows an example', async (name) => {
    const end = await runInProcess([name, '--help'], { lake })
    expect(end.exitCode).toBe(0)
    expect(end.stdout).toContain('Options:')
    expect(end.stdout).toMatch(new RegExp(`Examples:\\s+lakeweir ${name}`))
  })
})

test('the help is in one language where the shell has another', async () => {
  const plain = await runInProcess(['--help'], { lake })
  onTestFinished(() => void vi.unstubAllEnvs())
  for (const name of ['LC_ALL', 'LC_MESSAGES', 'LANG', 'LANGUAGE']) vi.stubEnv(name, 'de_DE.UTF-8')
  expect((await runInProcess(['--help'], { lake })).stdout).toBe(plain.stdout)
  expect(plain.stdout).toContain('Show help')
})

test.each([
  [
    'is a file',
    import.meta.filename,
    /^LAKE_CONFIG_INVALID: .*usage\.test\.ts is not a folder\.\nName another one: --lake DIR/,
  ],
  ['is empty', '', /^LAKE_USAGE: --lake is empty\.\nPerhaps a variable in your shell is not set\./],
  ['has a backslash', `${lake}\\in`, /^LAKE_CONFIG_INVALID: the lake's path .* contains a backslash\./],
])('a lake whose path %s is refused before anything is made', async (_, at, says) => {
  const end = await runInProcess(['run', 'produce', '--rows', '1'], { lake: at })
  expect(end.stderr).toMatch(says)
  expect(end.exitCode).toBe(2)
})

describeWith(existsSync('/dev/full'), '/dev/full', 'a stdout that takes no more', () => {
  test('ends the command with a clear error', async () => {
    const full = openSync('/dev/full', 'w')
    const end = await Program.run(['sql', '--json', 'FROM range(100000)'], { lake, stdout: full })
    closeSync(full)
    expect(end.stderr).toMatch(/^LAKE_DISK_FAILED: stdout took no more: .*ENOSPC/)
    expect(end.exitCode).toBe(1)
  })
})

test('a query that fails says why and exits with 1', async () => {
  const end = await runInProcess(['sql', 'SELECT nothing FROM messages'], { lake })
  expect(end.stderr).toContain('LAKE_QUERY_FAILED: the query: Binder Error: Referenced column "nothing" not found')
  expect(end.exitCode).toBe(1)
})

test('--debug shows the stack of an error', async () => {
  const end = await runInProcess(['report', 'xyz', '--debug'], { lake })
  expect(end.stderr).toMatch(/\n {4}at /)
})
