import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { beforeEach, describe, expect, test } from 'vitest'
import { describeWith } from '../support/optionalTool.ts'
import { runInProcess, type Said } from '../support/program.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'
import { hasTerminals, runOnTerminal } from '../support/terminal.ts'

const CONFIG = fileURLToPath(new URL('../../lakeweir.config.ts', import.meta.url))

let folder: string
let lake: string
let config: string

beforeEach(async () => {
  folder = temporaryFolder()
  lake = join(folder, 'lake')
  config = CONFIG
})

const run = (...args: readonly string[]): Promise<Said> => runInProcess(['run', ...args], { lake, config })

/** The repository's lake, except that files are deleted once they were taken. */
function withoutArchive(): void {
  config = join(folder, 'lakeweir.config.ts')
  const text = readFileSync(CONFIG, 'utf8').replaceAll("'sql/", `'${join(CONFIG, '../sql')}/`)
  writeFileSync(config, text.replace("parquetFolder('landing/messages'", "$&, { afterCommit: 'delete' }"))
}

async function drop(name: string): Promise<void> {
  const landing = join(lake, 'landing/messages')
  mkdirSync(landing, { recursive: true })
  const copy = `COPY (SELECT 1::BIGINT AS value, 'OPEN' AS event_type) TO '${join(landing, name)}' (FORMAT parquet)`
  expect(await runInProcess(['sql', copy], { lake, config })).toMatchObject({ exitCode: 0 })
}

async function bronzeRows(): Promise<number> {
  const { stdout } = await runInProcess(['sql', '--csv', 'SELECT count(*) FROM bronze_messages'], { lake, config })
  return Number(stdout.split('\n')[1])
}

describe('run --fresh', () => {
  test('goes on by itself where all can come again, and says where from', async () => {
    await run('produce', '--rows', '20', '--seed', '7')
    await drop('a.parquet')
    await run('land', 'silver', '--available-now')
    const end = await run('land', '--fresh', '--available-now')
    expect(end).toMatchObject({ exitCode: 0 })
    expect(end.stderr.split('\n').map((line) => line.trim().replaceAll(/ +/g, ' '))).toEqual(
      expect.arrayContaining([
        '--fresh empties bronze_messages, messages, messages_corrupted',
        'bronze_messages 21 rows: 20 of produce: --seed 7 makes them again, with new timestamps',
        '1 of land: --reland takes their files again',
        expect.stringMatching(/^messages \d+ rows: made again from bronze_messages$/),
        expect.stringMatching(/^messages_corrupted \d+ rows: made again from bronze_messages$/),
        `land keeps 1 archived file of ${join(lake, 'landing/messages')}`,
      ]),
    )
    expect(await bronzeRows()).toBe(0)
  })

  test.each([
    ['rows', ['--rows', '100', '--start-time', '9999-12-31T23:59:00Z']],
    ['the first of a run without an end', ['--start-time', '0000-12-31T23:59:59Z']],
  ])('is refused before it empties where no table could hold the times of %s', async (_, options) => {
    await run('produce', '--rows', '20', '--seed', '7')
    const end = await run('produce', '--fresh', '--yes', ...options)
    expect(end.stderr).toMatch(
      /^LAKE_USAGE: a row would have a timestamp outside the years 1 to 9999\.\nNothing was emptied\.\n/,
    )
    expect(end.exitCode).toBe(2)
    expect(await bronzeRows()).toBe(20)
  })

  test('is refused where no single seed makes the rows again, until --yes', async () => {
    await run('produce', '--rows', '20', '--seed', '7')
    await run('produce', '--rows', '20', '--seed', '8')
    const refused = await run('land', '--fresh', '--available-now')
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain('they were made with 2 seeds, one after the other')
    expect(await bronzeRows()).toBe(40)
    expect(await run('land', '--fresh', '--available-now', '--yes')).toMatchObject({ exitCode: 0 })
    expect(await bronzeRows()).toBe(0)
  })

  test('--reland takes the archive again, each file once, however often', async () => {
    await drop('a.parquet')
    await drop('b.parquet')
    await run('land', '--available-now')
    for (const _ of ['once', 'twice']) {
      const end = await run('land', '--fresh', '--reland', '--available-now')
      expect(end.stderr).toContain('land moves back 2 archived files of')
      expect(await bronzeRows()).toBe(2)
    }
    expect(readdirSync(join(lake, 'landing/messages'))).toEqual(['_archive'])
  })

  test('is refused where rows would be gone for good, until --yes', async () => {
    withoutArchive()
    await drop('a.parquet')
    await run('land', '--available-now')
    const refused = await run('land', '--fresh', '--available-now')
    expect(refused.exitCode).toBe(2)
    expect(refused.stderr).toContain('1 row: gone for good, their files were deleted once they were taken')
    expect(refused.stderr).toContain(
      'LAKE_USAGE: 1 row would be gone for good.\nNothing was changed.\nAdd --yes if that is meant.\n',
    )
    expect(await bronzeRows()).toBe(1)
    expect(await run('land', '--fresh', '--yes', '--available-now')).toMatchObject({ exitCode: 0 })
    expect(await bronzeRows()).toBe(0)
  })

  test('counts the rows of files that are no longer in the archive as gone', async () => {
    await drop('a.parquet')
    await run('land', '--available-now')
    const archive = join(lake, 'landing/messages/_archive')
    rmSync(archive, { recursive: true })
    const refused = await run('land', '--fresh', '--reland', '--available-now')
    expect(refused.stderr).toContain('gone for good, only 0 of their 1 files are still in the archive')
    expect(refused.exitCode).toBe(2)
    expect(await bronzeRows()).toBe(1)
  })
})

describeWith(hasTerminals(), 'python3', 'on a terminal, run --fresh', () => {
  test.each([
    ['y\n', 0, 0],
    ['n\n', 1, 5],
    ['\n', 1, 5],
    ['\u0003', 1, 5],
    ['\u0004', 1, 5],
  ])('asks, and %j ends it with %i and leaves %i rows', async (typed, exitCode, rows) => {
    await run('produce', '--rows', '5')
    const how = { lake, columns: 80, typed, typedAt: 'Empty them? [y/N]' }
    const end = await runOnTerminal(['run', 'land', '--fresh', '--available-now'], how)
    expect(end.exitCode, end.text).toBe(exitCode)
    expect(end.text.includes('Nothing was changed.')).toBe(rows > 0)
    expect(await bronzeRows()).toBe(rows)
  })
})
