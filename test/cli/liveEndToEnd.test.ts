import { expect, test } from 'vitest'
import type { LiveLake } from '../support/liveLake.ts'
import { Program, type ProgramOptions } from '../support/program.ts'
import { servedLake, shopsOnceThey } from '../support/servedLake.ts'

// Everything at once, as it runs in production: files land, streams and live aggregates follow, a server answers, and
// people query the lake from other processes.

const FILES = 12

/** Shop `a` has one order a file, and shop `b` two: whatever whole batches somebody has, b's are twice a's. */
function rowsOf(file: number): string {
  return [`(${file}, 'a', 1, ${file})`, `(${100 + file}, 'b', 1, ${file})`, `(${200 + file}, 'b', 2, ${-file})`].join(
    ', ',
  )
}

async function dropAll(lake: LiveLake, first: number): Promise<void> {
  for (let file = first; file < first + FILES; file++) await lake.drop(`${file}.parquet`, rowsOf(file))
}

const shopsOf = (files: number) => [
  ['a', files, files],
  ['b', 2 * files, 3 * files],
]

interface Shop {
  readonly shop: string
  readonly orders: number
  readonly total: number
}

const SHOPS = 'SELECT shop, orders, total FROM live.per_shop ORDER BY shop'

/** Asks as people do, from processes of their own, until the work is done. @returns how often everybody was answered */
async function askedDuring(where: ProgramOptions, work: Promise<void>): Promise<number> {
  let isOver = false
  void work.then(
    () => (isOver = true),
    () => (isOver = true),
  )
  let answers = 0
  for (let before = 0; !isOver || answers === 0; answers++) {
    const [sql, report, validated] = await Promise.all([
      Program.run(['sql', '--json', SHOPS], where),
      Program.run(['report', 'top-shop', '--json'], where),
      Program.run(['validate', '--json'], where),
    ])
    for (const end of [sql, report, validated]) expect(end, end.stderr).toMatchObject({ exitCode: 0 })
    const [a, b] = linesOf<Shop>(sql.stdout)
    const files = a?.orders ?? 0
    expect([a, b].map((row) => [row?.shop, row?.orders, row?.total])).toEqual(shopsOf(files))
    expect(files).toBeGreaterThanOrEqual(before)
    before = files
    expect(linesOf(report.stdout)).toEqual([{ shop: 'b', orders: expect.any(Number) }])
    const { live } = JSON.parse(validated.stdout) as { live: { problems: string[]; notCompared: string[] }[] }
    expect(live.flatMap(({ problems, notCompared }) => [...problems, ...notCompared])).toEqual([])
    expect(live).toHaveLength(3)
  }
  await work
  return answers
}

function linesOf<Row>(text: string): Row[] {
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Row)
}

async function addressOf(program: Program): Promise<string> {
  return (await program.said(/serves (http:\/\/127\.0\.0\.1:\d+\/)/))[1] ?? ''
}

/** Starts programs, the last of which serves. @returns its address, and how to end them */
async function started(commands: readonly string[][], where: ProgramOptions) {
  const programs = commands.map((args) => Program.start(args, where))
  const last = programs.at(-1)
  if (last === undefined) throw new Error('nothing was started')
  const url = await addressOf(last)
  const end = async (): Promise<void> => {
    for (const program of programs) {
      program.kill('SIGTERM')
      const { exitCode, stderr } = await program.ended
      expect(exitCode, stderr).toBe(143)
    }
  }
  return { url, end }
}

test.each([
  { name: 'run --serve, all in one process', commands: [['run', '--serve', '--port', '0']] },
  {
    name: 'serve beside a run in another process',
    commands: [
      ['run', 'land', 'split'],
      ['serve', '--port', '0'],
    ],
  },
])(
  '$name: others query, report and validate while files land; it is ended, and served again',
  {
    timeout: 300_000,
  },
  async ({ commands }) => {
    const lake = await servedLake()
    const where = { lake: lake.root, config: lake.config }
    const first = await started(commands, where)
    await lake.drop('0.parquet', rowsOf(0))
    await shopsOnceThey(first.url, (rows) => rows.length === 2)
    expect(await askedDuring(where, dropAll(lake, 1))).toBeGreaterThan(0)
    const all = shopsOf(FILES + 1)
    expect(await shopsOnceThey(first.url, (rows) => JSON.stringify(rows) === JSON.stringify(all))).toEqual(all)
    await first.end()

    // Nobody keeps it: its file is read.
    expect(linesOf((await Program.run(['sql', '--json', SHOPS], where)).stdout)).toEqual(
      all.map(([shop, orders, total]) => ({ shop, orders, total })),
    )
    const again = await started([['serve', '--port', '0']], where)
    expect(await shopsOnceThey(again.url, () => true)).toEqual(all)
    await askedDuring(where, Promise.resolve())
    await again.end()
    expect(await Program.run(['validate'], where)).toMatchObject({ exitCode: 0 })
  },
)
