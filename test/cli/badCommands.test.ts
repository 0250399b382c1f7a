import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { runInProcess } from '../support/program.ts'
import { makeTemporaryFolder, removeFolder } from '../support/temporaryFolder.ts'
import { listTree } from '../support/tree.ts'

const folder = makeTemporaryFolder()
const lake = join(folder, 'lake')
const NOT_A_DURATION = 'Write a number and a unit: 500ms, 5 seconds, 1 minute, 2h, 7 days.'
const NOT_A_COUNT = 'Write a whole number above 0: 1000, 20_000_000 or 20M.'
const NOT_A_TIME = 'Write 2026-11-22 or 2026-11-22T10:00:00Z.'
const LEAVE_OUT = 'Leave one of them out.'
const AVAILABLE =
  'Available: run, serve, validate, report, sql, status, history, doctor, optimize, vacuum, import-spark-checkpoint, token, test-engine.'

beforeAll(() => mkdirSync(lake))
afterAll(() => removeFolder(folder))

/** A command line, what is wrong with it, and what to do; all end with LAKE_USAGE and 2. */
type Slip = readonly [line: string, what: string, remedy: string]

// biome-ignore format: a table
const WORDS: readonly Slip[] = [
  ['rn', 'there is no command "rn".', 'Did you mean "run"?'],
  ['validat', 'there is no command "validat".', 'Did you mean "validate"?'],
  ['stats', 'there is no command "stats".', 'Did you mean "status"?'],
  ['compact', 'there is no command "compact".', AVAILABLE],
  ['-- -x', 'there is no command "-x".', AVAILABLE],
  ['run -- --seed 7', 'there is no stream "--seed".', 'Available: produce, land, silver, live. What is for an engine needs one that takes it: --engine spark'],
  ['run --json true', 'there is no stream "true".', 'Available: produce, land, silver, live.'],
  ['run prodce', 'there is no stream "prodce".', 'Did you mean "produce"?'],
  ['run Silver', 'there is no stream "Silver".', 'Did you mean "silver"?'],
  ['run elsewhere', 'there is no stream "elsewhere".', 'Available: produce, land, silver, live.'],
  ['run produce elsewhere --rows 1', 'there is no stream "elsewhere".', 'Available: produce, land, silver, live.'],
  ['report event-type', 'there is no report "event-type".', 'Did you mean "event-types"?'],
  ['report xyz', 'there is no report "xyz".', 'Available: event-types, user-activity.'],
  ['status silver', '"silver" is a word too many for status.', 'See: lakeweir status --help'],
  ['validate bronze', '"bronze" is a word too many for validate.', 'See: lakeweir validate --help'],
  ['report event-types user-activity', '"user-activity" is a word too many for report.', 'See: lakeweir report --help'],
  ['sql SELECT 1', '"1" is a word too many for sql.', 'Put the query in quotes: lakeweir sql "SELECT 1"'],
  ['sql ;', 'the query is empty.', 'For example: lakeweir sql "SELECT 1"'],
  ['sql --\tnothing', 'the query is empty.', 'For example: lakeweir sql "SELECT 1"'],
  ['sql /*nothing*/;', 'the query is empty.', 'For example: lakeweir sql "SELECT 1"'],
]

// biome-ignore format: a table
const OPTIONS: readonly Slip[] = [
  ['run --avalable-now', 'there is no option --avalable-now.', 'Did you mean "--available-now"?'],
  ['run --row 5', 'there is no option --row.', 'Did you mean "--rows"?'],
  ['run --no-json', 'there is no option --no-json.', 'See: lakeweir run --help'],
  ['run --quiet=1', 'there is no option --quiet.', 'See: lakeweir run --help'],
  ['run -x', 'there is no option -x.', 'See: lakeweir run --help'],
  ['run -json', 'there is no option -json.', 'Did you mean "--json"?'],
  ['run --lake.x 5', 'there is no option --lake.x.', 'Did you mean "--lake"?'],
  ['run --help --avalable-now', 'there is no option --avalable-now.', 'Did you mean "--available-now"?'],
  ['--lak x', 'there is no option --lak.', 'Did you mean "--lake"?'],
  ['validate --rows 5', 'validate has no option --rows.', 'It is an option of run, token.'],
  ['--rows 5 status', 'status has no option --rows.', 'It is an option of run, token.'],
  ['status --csv', 'status has no option --csv.', 'It is an option of report, sql.'],
  ['--json', 'lakeweir has no option --json.', 'It is an option of run, serve, validate, report, sql, status, history, doctor, optimize, vacuum, import-spark-checkpoint, token, test-engine.'],
  ['run --for', '--for needs a value.', 'For example: --for 20s'],
  ['run --for --json', '--for needs a value.', 'For example: --for 20s'],
  ['run --trigger', '--trigger needs a value.', 'For example: --trigger "5 seconds"'],
  ['status --lake', '--lake needs a value.', 'For example: --lake lake'],
  ['status --lake --json', '--lake needs a value.', 'For example: --lake lake'],
  ['status --lake --jsn', '--lake needs a value.', 'For example: --lake lake'],
  ['status --lake=', '--lake is empty.', 'Perhaps a variable in your shell is not set.'],
  ['status --config=', '--config is empty.', 'Perhaps a variable in your shell is not set.'],
  ['report event-types --output=', '--output is empty.', 'Perhaps a variable in your shell is not set.'],
  ['run --available-now=maybe', '--available-now takes no value.', 'Write --available-now, or leave it out.'],
  ['run --help=no', '--help takes no value.', 'Write --help, or leave it out.'],
  ['run -h=1', '--help takes no value.', 'Write --help, or leave it out.'],
  ['run --json=false', '--json takes no value.', 'Write --json, or leave it out.'],
]

// biome-ignore format: a table
const VALUES: readonly Slip[] = [
  ['run --for 3', '--for: "3" is not a duration.', NOT_A_DURATION],
  ['run --for -1s', '--for: "-1s" is not a duration.', NOT_A_DURATION],
  ['run --for=-1s', '--for: "-1s" is not a duration.', NOT_A_DURATION],
  ['run --for 5fortnights', '--for: "5fortnights" is not a duration.', NOT_A_DURATION],
  ['run --for 0s', '--for must be more than 0.', 'Write --for 1s, or leave it out.'],
  ['run --trigger soon', '--trigger: "soon" is not a duration.', NOT_A_DURATION],
  ['run --poll 0s', '--poll must be more than 0.', 'Write --poll 1s, or leave it out.'],
  ['run --poll -1s', '--poll: "-1s" is not a duration.', NOT_A_DURATION],
  ['run produce --rows 0', '--rows: "0" is not a count.', NOT_A_COUNT],
  ['run produce --rows -5', '--rows: "-5" is not a count.', NOT_A_COUNT],
  ['run produce --rows many', '--rows: "many" is not a count.', NOT_A_COUNT],
  ['run produce --rows 1.5', '--rows: "1.5" is not a count.', NOT_A_COUNT],
  ['run produce --rows 1,5', '--rows: "1,5" is not a count.', NOT_A_COUNT],
  ['run produce --rows 20MB', '--rows: "20MB" is not a count.', NOT_A_COUNT],
  ['run produce --rows 99999999G', '--rows: "99999999G" is not a count.', NOT_A_COUNT],
  ['run --max-rows-per-batch 1e6', '--max-rows-per-batch: "1e6" is not a count.', NOT_A_COUNT],
  ['run --max-files-per-batch 0', '--max-files-per-batch: "0" is not a count.', NOT_A_COUNT],
  ['run produce --rows-per-second 0', '--rows-per-second: "0" is not a number above 0.', 'Write 100, or 0.5 for a row every two seconds.'],
  ['run produce --rows-per-second fast', '--rows-per-second: "fast" is not a number above 0.', 'Write 100, or 0.5 for a row every two seconds.'],
  ['run produce --seed 1.5', '--seed: "1.5" is not a whole number of 0 or more.', 'Write --seed 7.'],
  ['run produce --seed -1', '--seed: "-1" is not a whole number of 0 or more.', 'Write --seed 7.'],
  ['run produce --start-time noon', '--start-time: "noon" is not a time.', NOT_A_TIME],
  ['run produce --start-time 2026-02-30', '--start-time: "2026-02-30" is not a time.', NOT_A_TIME],
  ['run produce --start-time 2026-13-01', '--start-time: "2026-13-01" is not a time.', NOT_A_TIME],
  ['run produce --start-time 2026-11-22T24:00Z', '--start-time: "2026-11-22T24:00Z" is not a time.', NOT_A_TIME],
  ['run produce --start-time 2026-11-22T10:00+1', '--start-time: "2026-11-22T10:00+1" is not a time.', NOT_A_TIME],
  ['run produce --start-time 22.11.2026', '--start-time: "22.11.2026" is not a time.', NOT_A_TIME],
  ['serve --port no', '--port: "no" is not a port.', 'Write a whole number from 0 to 65535: --port 4080.'],
  ['run --serve --port 65536', '--port: "65536" is not a port.', 'Write a whole number from 0 to 65535: --port 4080.'],
  ['serve --log-level wran', '--log-level: "wran" is not a level.', 'Did you mean "warn"?'],
  ['serve --host=', '--host is empty.', 'Perhaps a variable in your shell is not set.'],
  ['serve --from oracle', 'the lake has no copy "oracle" to serve from.', "Its config says where one is kept: live: { publishTo: postgres({ url: env('DATABASE_URL') }) }"],
]

// biome-ignore format: a table
const CONFLICTS: readonly Slip[] = [
  ['run --seed 1 --seed 2', '--seed is given more than once.', ''],
  ['run --json --json', '--json is given more than once.', ''],
  ['run --available-now --for 1s', '--available-now and --for contradict: one ends when nothing is left, the other after a time.', LEAVE_OUT],
  ['run --available-now --trigger 5s', '--available-now and --trigger contradict: one takes at once what there is, the other spaces batches in time.', LEAVE_OUT],
  ['run --available-now --serve', '--available-now and --serve contradict: one ends when nothing is left, the other goes on until it is stopped.', LEAVE_OUT],
  ['run --port 4080', '--port is for --serve.', 'Add --serve, or leave it out.'],
  ['run --log-level info', '--log-level is for --serve.', 'Add --serve, or leave it out.'],
  ['serve --from postgres --rebuild', '--from and --rebuild contradict: whoever serves from a copy takes no batch.', 'Leave one of them out.'],
  ['run produce --rows 5 --for 1s', '--rows and --for contradict: one ends when the rows are made, the other after a time.', LEAVE_OUT],
  ['run produce --rows 5 --rows-per-second 2', '--rows and --rows-per-second contradict: one makes rows as fast as possible, the other at a pace.', 'Leave one of them out, or add --start-time, from which the pace then spaces timestamps.'],
  ['run produce --rows 5 --trigger 1s', '--rows and --trigger contradict: one makes rows as fast as possible, the other spaces batches in time.', LEAVE_OUT],
  ['run produce --available-now', '--available-now: a generated stream has no end.', 'Say how many rows it makes: --rows 20M.'],
  ['run silver --rows 5', '--rows is for generated streams, and none is named.', 'Name one: produce.'],
  ['run --seed 7', '--seed is for generated streams, and none is named.', 'Name one: produce.'],
  ['run produce --poll 1s', '--poll is for streams that read files or tables, and none is named.', 'Name one: land, silver, live.'],
  ['run produce --max-files-per-batch 5', '--max-files-per-batch is for streams that read files or tables, and none is named.', 'Name one: land, silver, live.'],
  ['run silver --strict', '--strict is for streams that read a landing folder, and none is named.', 'Name one: land.'],
  ['report event-types --json --csv', '--json and --csv contradict: a result has one form.', LEAVE_OUT],
  ['sql --csv --output x.json', '--csv and --output x.json contradict: a result has one form.', LEAVE_OUT],
  ['report event-types --json --output x.csv', '--json and --output x.csv contradict: a result has one form.', LEAVE_OUT],
]

describe.each([
  ['a word that means nothing', WORDS],
  ['an option that is none', OPTIONS],
  ['a value that is none', VALUES],
  ['options that contradict', CONFLICTS],
])('%s', (_, slips) => {
  test.each(slips)('is refused before anything is made: %s', async (line, what, remedy) => {
    const hasLake = /--lake\b|--config\b/.test(line)
    const end = await runInProcess(line.split(' '), hasLake ? { config: undefined } : { lake })
    expect(end).toEqual({
      exitCode: 2,
      stdout: '',
      stderr: `LAKE_USAGE: ${what}\n${remedy === '' ? '' : `${remedy}\n`}`,
    })
    expect(listTree(lake)).toEqual([])
  })
})

describe('a folder without a lake', () => {
  const missing = join(folder, 'no where')
  const other = join(folder, 'other')
  const first = (at: string): string => `lakeweir run produce --for 10s --config ${CONFIG_WORD} --lake ${at}`
  const CONFIG_WORD = join(import.meta.dirname, '../../lakeweir.config.ts')
  beforeAll(() => {
    mkdirSync(other)
    writeFileSync(join(other, 'letter.txt'), 'not a lake')
  })

  test.each(['validate', 'validate --json', 'status', 'report event-types', 'sql', 'sql SHOW'])(
    'is told apart from an empty lake by %s, which makes nothing',
    async (line) => {
      for (const [at, word] of [
        [missing, `'${missing}'`],
        [other, other],
      ] as const) {
        const end = await runInProcess(line.split(' '), { lake: at })
        expect(end).toEqual({
          exitCode: 2,
          stdout: '',
          stderr: `LAKE_USAGE: there is no lake at ${at}.\nNothing was made.\nMake one: ${first(word)}\n`,
        })
      }
      expect(listTree(folder).map(({ path }) => path)).toEqual(['lake', 'other', 'other/letter.txt'])
    },
  )

  test('welcomes a newcomer who types lakeweir alone', async () => {
    expect(await runInProcess([], { lake: missing })).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: [
        `lake     ${missing} (no lake yet)`,
        'tables   bronze_messages · messages · messages_corrupted',
        'streams  produce · land · silver · live',
        'reports  event-types · user-activity',
        `next     ${first(`'${missing}'`)}`,
        '',
      ].join('\n'),
    })
  })

  test('is an empty lake once it is an empty folder', async () => {
    const status = await runInProcess(['status'], { lake })
    expect(status).toMatchObject({ exitCode: 0, stderr: '' })
    expect(status.stdout).toContain('\nbronze_messages        0      0   0 B        –\n')
    expect(await runInProcess(['validate'], { lake })).toEqual({
      exitCode: 0,
      stderr: `validate: the lake is empty; rows come with: ${first(lake)}\n`,
      stdout: [
        'bronze_messages                0',
        'messages                       0',
        'messages_corrupted             0',
        'pending                        0',
        'rejected files                 0',
        '',
      ].join('\n'),
    })
    const report = await runInProcess(['report', 'event-types', '--csv'], { lake })
    expect(report).toEqual({ exitCode: 0, stderr: '', stdout: 'date,channel,CLICKED,CREATED,OPEN,RECEIVED,SENT\n' })
    expect(listTree(lake)).toEqual([])
  })
})

test('a lake of a newer Lakeweir is refused by name', async () => {
  const newer = join(folder, 'newer')
  const record = join(newer, 'silver/messages/checkpoint/silver/commits/00000000000000000001.json')
  expect(await runInProcess(['run', 'produce', '--rows', '1'], { lake: newer })).toMatchObject({ exitCode: 0 })
  mkdirSync(dirname(record), { recursive: true })
  writeFileSync(record, '{"format":99,"batch":1}\n')
  const end = await runInProcess(['run', 'silver', '--available-now'], { lake: newer })
  expect(end.stderr).toMatch(/^LAKE_NEWER: .* format 99/)
  expect(end).toMatchObject({ exitCode: 2, stdout: '' })
  removeFolder(newer)
})

test('a config that is missing is named, with what to do', async () => {
  const config = join(folder, 'no.config.ts')
  expect(await runInProcess(['status'], { config, lake })).toEqual({
    exitCode: 2,
    stdout: '',
    stderr:
      `LAKE_CONFIG_INVALID: there is no file ${config}.\n` +
      'Run this in the folder of a lakeweir.config.ts, or name a config: --config FILE\n',
  })
})

test('a config that is a folder is refused by name', async () => {
  const end = await runInProcess(['status'], { config: lake, lake })
  expect(end.stderr.startsWith(`LAKE_CONFIG_INVALID: ${lake} `), end.stderr).toBe(true)
  expect(end).toMatchObject({ exitCode: 2, stdout: '' })
})
