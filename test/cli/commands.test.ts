import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { Program, runInProcess, type Said } from '../support/program.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const SOME = ['run', 'produce', '--rows', '1000', '--seed', '7']
const DRAIN = ['run', 'land', 'silver', '--available-now']

/** Runs commands over a lake of their own, one after another; each must exit with 0. @returns the last one's end */
async function runAll(lake: string, ...commands: readonly (readonly string[])[]): Promise<Said> {
  let end: Said | undefined
  for (const args of commands) {
    end = await runInProcess(args, { lake })
    expect(end.exitCode, end.stderr).toBe(0)
  }
  if (end === undefined) throw new Error('no command')
  return end
}

function objects(text: string): Record<string, unknown>[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}

/** All generated rows without their timestamps, in order. */
async function generatedRows(lake: string, columns: string): Promise<Record<string, unknown>[]> {
  const end = await runAll(lake, ['sql', '--json', `SELECT ${columns} FROM bronze_messages ORDER BY value`])
  return objects(end.stdout)
}

describe('run produce', () => {
  test('with a seed makes equal rows but for the timestamp, however they fall into batches', async () => {
    const folder = temporaryFolder()
    const [one, other] = [join(folder, 'one'), join(folder, 'other')]
    await runAll(one, SOME)
    await runAll(other, [...SOME, '--max-rows-per-batch', '300'])
    const rows = await generatedRows(one, '* EXCLUDE (timestamp)')
    expect(rows).toHaveLength(1000)
    expect(rows.map(({ value }) => value)).toEqual(Array.from({ length: 1000 }, (_, value) => value))
    expect(await generatedRows(other, '* EXCLUDE (timestamp)')).toEqual(rows)
  })

  test('with a seed and a start time makes entirely equal rows, and goes on where it stopped', async () => {
    const folder = temporaryFolder()
    const [one, other] = [join(folder, 'one'), join(folder, 'other')]
    const at = ['--start-time', '2026-11-22T23:50:00Z']
    await runAll(one, [...SOME, ...at])
    await runAll(other, ['run', 'produce', '--rows', '400', '--seed', '7', ...at])
    await runAll(other, ['run', 'produce', '--rows', '600', ...at])
    const rows = await generatedRows(one, '*')
    expect(rows.at(0)).toMatchObject({ timestamp: '2026-11-22 23:50:00+00', value: 0 })
    expect(rows.at(-1)).toMatchObject({ timestamp: '2026-11-23 00:06:39+00', value: 999 })
    expect(await generatedRows(other, '*')).toEqual(rows)
  })

  test('for a time makes rows at its pace and ends by itself', async () => {
    const lake = temporaryFolder()
    const end = await runAll(lake, [
      'run',
      'produce',
      '--rows-per-second',
      '20',
      '--trigger',
      '500ms',
      '--for',
      '2s',
      '--json',
    ])
    const batches = objects(end.stdout)
    expect(batches.reduce((sum, batch) => sum + Number(batch.inputRows), 0)).toBe(40)
    // Fewer on a busy machine, which makes up for it; one at each trigger where the clock is the test's.
    expect(batches.length).toBeLessThanOrEqual(6)
  })

  test('--fresh says what it empties, and begins again with all that follows', async () => {
    const lake = temporaryFolder()
    await runAll(lake, SOME, DRAIN)
    const end = await runAll(lake, ['run', 'produce', '--fresh', '--rows', '10'])
    expect(end.stderr).toContain('--fresh empties bronze_messages, messages, messages_corrupted\n')
    const validation = await runAll(lake, DRAIN, ['validate', '--json'])
    expect(objects(validation.stdout)[0]).toMatchObject({ bronze_messages: 10, pending: 0, ok: true })
  })
})

describe('run --json', () => {
  test('prints one object per batch on stdout, and nothing else there', async () => {
    const lake = temporaryFolder()
    await runAll(lake, SOME)
    const [batch, ...more] = objects((await runAll(lake, [...DRAIN, '--json'])).stdout)
    expect(more).toEqual([])
    expect(batch).toMatchObject({ stream: 'silver', batch: 1, inputRows: 1000, inputFiles: 1, startOffset: null })
    expect(batch?.endOffset).toMatchObject({ version: 1, path: null })
    expect(Object.values(batch?.rows as Record<string, number>).reduce((sum, rows) => sum + rows)).toBe(1000)
    expect(Object.keys(batch?.rows as object)).toEqual(['messages', 'messages_corrupted'])
    expect(Object.keys(batch?.durationMs as object)).toEqual(['plan', 'stage', 'sync', 'commit', 'publish', 'total'])
    expect(batch?.rowsPerSecond).toBeGreaterThan(0)
  })

  test('says how long ago the newest of its input was written, where rows are not made', async () => {
    const lake = temporaryFolder()
    const [made] = objects((await runAll(lake, [...SOME, '--json'])).stdout)
    expect(made?.lagMs).toBe(null)
    const anHourAgo = Date.now() / 1000 - 3600
    utimesSync(join(lake, 'bronze/messages/data/_delta_log/00000000000000000001.json'), anHourAgo, anHourAgo)
    const [late] = objects((await runAll(lake, [...DRAIN, '--json'])).stdout)
    expect(late?.lagMs).toBeGreaterThanOrEqual(3_600_000)
    expect(late?.lagMs).toBeLessThan(3_700_000)
  })

  test('a limit always admits at least one file', async () => {
    const lake = temporaryFolder()
    await runAll(lake, [...SOME, '--max-rows-per-batch', '250'])
    const batches = objects((await runAll(lake, [...DRAIN, '--json', '--max-rows-per-batch', '1'])).stdout)
    expect(batches.map(({ inputRows, inputFiles }) => [inputRows, inputFiles])).toEqual([
      [250, 1],
      [250, 1],
      [250, 1],
      [250, 1],
    ])
    await runAll(lake, [...SOME, '--max-rows-per-batch', '100'])
    const pairs = objects((await runAll(lake, [...DRAIN, '--json', '--max-files-per-batch', '4'])).stdout)
    expect(pairs.map(({ inputFiles }) => inputFiles)).toEqual([4, 4, 2])
  })
})

describe('a signal', () => {
  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends a run in good order with exit code %i', async (signal, exitCode) => {
    const lake = temporaryFolder()
    const running = Program.start(['run', 'produce', 'silver'], { lake })
    await running.said(/silver +batch +1 /)
    running.kill(signal)
    const end = await running.ended
    expect(end.exitCode).toBe(exitCode)
    expect(end.stderr).toContain('stopping after this batch')
    const validation = await runAll(lake, DRAIN, ['validate', '--json'])
    expect(objects(validation.stdout)[0]).toMatchObject({ pending: 0, ok: true })
  })
})

describe('validate', () => {
  test('prints one object, with the names of the config', async () => {
    const lake = temporaryFolder()
    await runAll(lake, SOME, DRAIN, ['run', 'produce', '--rows', '50'])
    const [found = {}] = objects((await runAll(lake, ['validate', '--json'])).stdout)
    const { messages, messages_corrupted } = found.tables as Record<string, number>
    const faultless = { pending: 50, problems: [], notCompared: [] }
    const silver = { name: 'silver', from: 'bronze_messages', into: ['messages', 'messages_corrupted'] }
    const tables = { bronze_messages: 1000, messages, messages_corrupted }
    expect(Number(messages) + Number(messages_corrupted)).toBe(1000)
    expect(found).toEqual({
      ok: true,
      ...faultless,
      rejectedFiles: 0,
      differences: [],
      foreignCommits: [],
      tables,
      streams: [{ ...silver, rowRule: 'kept', rowsIn: 1000, rowsOut: 1000, ...faultless }],
      live: expect.any(Array), // shown by liveAggregates
      // The keys of the version before.
      ...tables,
      rejected_files: 0,
      not_compared: [],
    })
  })

  test('exits with 1 on a lake with one silver file missing, and names it', async () => {
    const lake = temporaryFolder()
    await runAll(lake, SOME, DRAIN)
    const data = join(lake, 'silver/messages/data')
    const [date = ''] = readdirSync(data).filter((name) => name.startsWith('date='))
    const [file = ''] = readdirSync(join(data, date))
    rmSync(join(data, date, file))
    const end = await runInProcess(['validate'], { lake })
    expect(end.exitCode).toBe(1)
    expect(end.stderr).toContain(`validate: messages: 1 of its files are missing from the disk: ${date}/${file}.`)
    expect(end.stderr).toMatch(/validate: bronze_messages 1,000 ≠ messages 0 \+ messages_corrupted \d+ \(\d+ missing\)/)
    const json = await runInProcess(['validate', '--json'], { lake })
    expect(json.exitCode).toBe(1)
    expect(objects(json.stdout)[0]).toMatchObject({ ok: false, messages: 0, tables: { messages: 0 } })
  })

  test('--deep tells a changed row where the counts agree', async () => {
    const lake = temporaryFolder()
    await runAll(lake, SOME, DRAIN, ['validate', '--deep'])
    const data = join(lake, 'silver/messages_corrupted/data')
    const [date = ''] = readdirSync(data).filter((name) => name.startsWith('date='))
    const [file = ''] = readdirSync(join(data, date))
    const path = join(data, date, file).replaceAll("'", "''")
    await runAll(lake, [
      'sql',
      `CREATE TABLE t AS SELECT * REPLACE (user_id + 1 AS user_id) FROM read_parquet('${path}', hive_partitioning = false);
         COPY t TO '${path}' (FORMAT parquet)`,
    ])
    // The log says how long its files are: one of another length is told without any --deep.
    const log = join(data, '_delta_log/00000000000000000001.json')
    writeFileSync(
      log,
      readFileSync(log, 'utf8').replace(/"size":\d+/, `"size":${statSync(join(data, date, file)).size}`),
    )
    expect((await runInProcess(['validate'], { lake })).exitCode).toBe(0)
    const end = await runInProcess(['validate', '--deep'], { lake })
    expect(end.exitCode).toBe(1)
    expect(end.stderr).toContain('messages_corrupted: its ')
  })
})

test('sql without a query lists the views of the lake, and none that Lakeweir keeps for itself', async () => {
  const lake = temporaryFolder()
  await runAll(lake, SOME)
  const listed = objects((await runAll(lake, ['sql', '--json'])).stdout)
  const tables = ['bronze_messages', 'messages', 'messages_corrupted']
  expect(listed.map(({ view }) => view)).toEqual(['batches', ...tables, 'countries', 'first_messages'].toSorted())
})

describe('report', () => {
  test('gives a table, JSON, CSV and a file of the same rows', async () => {
    const folder = temporaryFolder()
    const lake = join(folder, 'lake')
    await runAll(lake, SOME, DRAIN)
    const json = (await runAll(lake, ['report', 'event-types', '--json'])).stdout
    const [first] = objects(json)
    expect(Object.keys(first ?? {})).toEqual(['date', 'channel', 'CLICKED', 'CREATED', 'OPEN', 'RECEIVED', 'SENT'])
    expect(typeof first?.CLICKED).toBe('number')
    const csv = (await runAll(lake, ['report', 'event-types', '--csv'])).stdout.trimEnd().split('\n')
    expect(csv[0]).toBe('date,channel,CLICKED,CREATED,OPEN,RECEIVED,SENT')
    expect(csv[1]).toBe(Object.values(first ?? {}).join(','))
    const table = (await runAll(lake, ['report', 'event-types'])).stdout.trimEnd().split('\n')
    expect(table[0]).toBe('date        channel  CLICKED  CREATED  OPEN  RECEIVED  SENT')
    expect(table).toHaveLength(2 + objects(json).length)
    const output = join(folder, 'out.ndjson')
    const end = await runAll(lake, ['report', 'event-types', '--output', output])
    expect(end.stdout).toBe('')
    expect(readFileSync(output, 'utf8')).toBe(json)
  })

  test('that is meant for a folder which is not there says so', async () => {
    const folder = temporaryFolder()
    const output = join(folder, 'no/such.csv')
    const lake = join(folder, 'lake')
    mkdirSync(lake)
    const end = await runInProcess(['report', 'event-types', '--output', output], { lake })
    expect(end).toMatchObject({
      exitCode: 2,
      stderr: `LAKE_USAGE: there is no folder ${join(folder, 'no')} to write such.csv to.\n`,
    })
  })
})

describe('lakeweir alone', () => {
  test('shows five lines, and the command that comes next', async () => {
    const lake = temporaryFolder()
    const lines = async (): Promise<string[]> => (await runAll(lake, [])).stdout.trimEnd().split('\n')
    const next = async (): Promise<string> => (await lines()).at(-1)?.split(' --config ')[0] ?? ''
    expect(await lines()).toHaveLength(5)
    expect(await next()).toBe('next     lakeweir run produce --for 10s')
    await runAll(lake, SOME)
    expect((await lines()).at(-2)).toBe('pending  silver 1,000 rows in 1 file')
    expect(await next()).toBe('next     lakeweir run --available-now')
    await runAll(lake, DRAIN)
    expect(await next()).toBe('next     lakeweir report event-types')
  })

  test('names a command that is about the same lake', async () => {
    const lake = temporaryFolder()
    const [, config] = (await runAll(lake, [])).stdout.trimEnd().split(' --config ')
    expect(config).toBe(`${join(import.meta.dirname, '../../lakeweir.config.ts')} --lake ${lake}`)
  })
})

describe('run --strict', () => {
  test('exits with 1 when a landing file is rejected, and status says why', async () => {
    const lake = temporaryFolder()
    const landing = join(lake, 'landing/messages')
    mkdirSync(landing, { recursive: true })
    writeFileSync(join(landing, 'broken.parquet'), 'this is no Parquet')
    expect((await runInProcess(DRAIN, { lake })).exitCode).toBe(0)
    const end = await runInProcess([...DRAIN, '--strict'], { lake })
    expect(end.exitCode).toBe(1)
    expect(end.stderr).toContain('land rejected broken.parquet: ')
    const status = await runAll(lake, ['status', '--json'])
    const { streams } = objects(status.stdout)[0] as { streams: { name: string; rejected: object[] }[] }
    const land = streams.find(({ name }) => name === 'land')
    expect(land?.rejected).toMatchObject([{ name: 'broken.parquet' }])
  })
})
