import { closeSync, existsSync, openSync } from 'node:fs'
import { afterAll, describe, expect, test } from 'vitest'
import { COMMANDS, OPTIONS } from '../../src/cli/words.ts'
import { describeWith } from '../support/optionalTool.ts'
import { Program } from '../support/program.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporaryFolder.ts'

const lake = makeTemporaryFolder()
afterAll(() => removeFolder(lake))

/** Arguments → the first lines of stderr; all of these exit with 2 and write nothing to stdout. */
const SLIPS: readonly (readonly [string, string])[] = [
  ['rn', 'LAKE_USAGE: Unknown argument: rn\nDid you mean "run"?'],
  ['validat', 'LAKE_USAGE: Unknown argument: validat\nDid you mean "validate"?'],
  ['run --avalable-now', 'LAKE_USAGE: Unknown arguments: avalable-now, avalableNow\nDid you mean "--available-now"?'],
  ['run prodce', 'LAKE_USAGE: there is no stream "prodce".\nDid you mean "produce"?'],
  ['run elsewhere', 'LAKE_USAGE: there is no stream "elsewhere".\nThere are: produce, land, silver.'],
  ['report event-type', 'LAKE_USAGE: there is no report "event-type".\nDid you mean "event-types"?'],
  ['report xyz', 'LAKE_USAGE: there is no report "xyz".\nThere are: event-types, user-activity.'],
  [
    'run --for 3',
    'LAKE_USAGE: --for: "3" is not a duration.\nWrite a number and a unit: 500ms, 5 seconds, 1 minute, 2h.',
  ],
  ['run --trigger soon', 'LAKE_USAGE: --trigger: "soon" is not a duration.'],
  ['run --poll 0s', 'LAKE_USAGE: --poll must be more than 0.\nWrite --poll 1s, or leave it out.'],
  ['run --poll=-1s', 'LAKE_USAGE: --poll: "-1s" is not a duration.'],
  [
    'run produce --rows 0',
    'LAKE_USAGE: --rows: "0" is not a count.\nWrite a whole number above 0: 1000, 20_000_000 or 20M.',
  ],
  ['run produce --rows many', 'LAKE_USAGE: --rows: "many" is not a count.'],
  ['run produce --rows-per-second 0', 'LAKE_USAGE: --rows-per-second must be a number above 0.'],
  ['run produce --seed 1.5', 'LAKE_USAGE: --seed must be a whole number of 0 or more.'],
  ['run produce --start-time noon', 'LAKE_USAGE: --start-time: "noon" is not a time.'],
  ['run silver --rows 5', 'LAKE_USAGE: --rows is for generated streams, and none is named.\nName one: produce.'],
  ['run --max-files-per-batch 0', 'LAKE_USAGE: --max-files-per-batch: "0" is not a count.'],
  ['run --available-now --for 1s', 'LAKE_USAGE: Arguments available-now and for are mutually exclusive'],
  ['run produce --rows 5 --for 1s', 'LAKE_USAGE: Arguments rows and for are mutually exclusive'],
  ['report event-types --json --csv', 'LAKE_USAGE: Arguments json and csv are mutually exclusive'],
  ['sql ;', 'LAKE_USAGE: the query is empty.\nlakeweir sql "SELECT 1"'],
  ['run --seed 1 --seed 2', 'LAKE_USAGE: --seed is given more than once.'],
]

describe('a slip on the command line', () => {
  test.each(SLIPS)('lakeweir %s', async (line, said) => {
    const end = await Program.run(line.split(' '), { lake })
    expect(end.stderr.startsWith(said), end.stderr).toBe(true)
    expect(end.exitCode).toBe(2)
    expect(end.stdout).toBe('')
  })
})

test('every command and option that the help shows may be meant by a slip', async () => {
  const helps = await Promise.all(
    [[], ...COMMANDS.map((name) => [name])].map((name) => Program.run([...name, '--help'], { lake })),
  )
  const [main, ...others] = helps.map(({ stdout }) => stdout)
  const commands = [...(main ?? '').matchAll(/^ {2}lakeweir ([a-z]+)/gm)].map(([, name]) => name)
  expect([...new Set(commands)].sort()).toEqual([...COMMANDS].sort())
  const options = [main, ...others].flatMap((text = '') => [...text.matchAll(/ --([a-z-]+) /g)].map(([, name]) => name))
  expect([...new Set(options)].sort()).toEqual([...OPTIONS].sort())
})

describe('the help of', () => {
  test.each(COMMANDS)('%s names its options and shows an example', async (name) => {
    const end = await Program.run([name, '--help'], { lake })
    expect(end.exitCode).toBe(0)
    expect(end.stdout).toContain('Options:')
    expect(end.stdout).toMatch(new RegExp(`Examples:\\s+lakeweir ${name}`))
  })
})

test.each([
  [
    'is a file',
    import.meta.filename,
    /^LAKE_CONFIG_INVALID: .*usage\.test\.ts is not a folder\.\nName another one: --lake DIR/,
  ],
  ['is empty', '', /^LAKE_USAGE: --lake is empty\.\nPerhaps a variable in your shell is not set\./],
  ['has a backslash', `${lake}\\in`, /^LAKE_CONFIG_INVALID: the lake's path .* has a backslash\./],
])('a lake whose path %s is refused before anything is made', async (_, at, says) => {
  const end = await Program.run(['run', 'produce', '--rows', '1'], { lake: at })
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
  const end = await Program.run(['sql', 'SELECT nothing FROM messages'], { lake })
  expect(end.stderr).toContain('LAKE_QUERY_FAILED: the query: Binder Error: Referenced column "nothing" not found')
  expect(end.exitCode).toBe(1)
})

test('a missing config is named, with what to do', async () => {
  const end = await Program.run(['status', '--config', 'no.config.ts'], { lake, config: undefined })
  expect(end.stderr).toMatch(
    /^LAKE_CONFIG_INVALID: there is no .*no\.config\.ts\.\nRun in the folder of a lakeweir\.config\.ts/,
  )
  expect(end.exitCode).toBe(2)
})

test('--debug shows the stack of an error', async () => {
  const end = await Program.run(['report', 'xyz', '--debug'], { lake })
  expect(end.stderr).toMatch(/\n {4}at /)
})
