import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { MessagesLake } from './support/messagesLake.ts'
import { programCommand } from './support/program.ts'
import { SparkQueries } from './support/sparkQueries.ts'

const PAGE = readFileSync(new URL('../docs/from-spark.md', import.meta.url), 'utf8')
const REPOSITORY = fileURLToPath(new URL('..', import.meta.url))

const lake = await MessagesLake.open()
const queries = new SparkQueries(lake)

afterAll(() => lake.close())

/** The commands of the page in order, each with what it shows below. */
function commands(): (readonly [command: string, output: string])[] {
  const blocks = [...PAGE.matchAll(/```console\n(.*?)```/gs)].map(([, block = '']) => block)
  return blocks.flatMap((block) =>
    block
      .replaceAll(/ \\\n +/g, ' ')
      .split(/^\$ /m)
      .slice(1)
      .map((text) => {
        const [command = '', ...output] = text.split('\n')
        return [command, output.join('\n')] as const
      }),
  )
}

/** The lines of an output, without what differs from run to run: streams that run side by side say things in turns. */
function linesOf(output: string): readonly string[] {
  const settled = output
    .replaceAll(queries.folder, '/etl')
    .replaceAll(`${lake.folder}/`, '')
    .replaceAll(/ --(lake|config) \S+/g, '')
    .replaceAll(/(npx lakeweir|node \S+|lakeweir) (?=run )/g, 'npx lakeweir ')
    .replaceAll(/^\d{4}-\S+Z {2}/gm, '')
    .replaceAll(/[\d.,]+k? (ms|s|rows\/s)(?= )/g, '…')
    .replaceAll(/ +/g, ' ')
  return settled
    .split('\n')
    .filter((line) => line !== '')
    .sort()
}

async function run(command: string): Promise<string> {
  const [program, ...words] = command.replaceAll('/etl', queries.folder).split(' ')
  const [file = '', ...args] =
    program === 'npx'
      ? programCommand(words.slice(1), { lake: lake.root })
      : ['sh', '-c', [program, ...words].join(' ')]
  const { stdout, stderr } = await promisify(execFile)(file, args, {
    cwd: program === 'npx' ? REPOSITORY : lake.folder,
  })
  return stdout + stderr
}

test('every command of docs/from-spark.md shows what the page says, over what the notebook has left', async () => {
  queries.clear()
  const source = join(queries.folder, 'bronze/messages')
  mkdirSync(source, { recursive: true })
  mkdirSync(dirname(lake.landing), { recursive: true })
  symlinkSync(source, lake.landing)
  await queries.batches(4)
  await queries.drop()
  rmSync(lake.landing)
  for (const [command, output] of commands()) expect(linesOf(await run(command))).toEqual(linesOf(output))
}, 120_000)

test('docs/json.md has every key that the import prints', async () => {
  const { checkpoints, sinks } = queries
  const words = ['import-spark-checkpoint', ...checkpoints, ...sinks.flatMap((sink) => ['--sink', sink]), '--json']
  queries.clear()
  await queries.batches(1)
  const printed = await run(`npx lakeweir ${words.join(' ').replaceAll(queries.folder, '/etl')} --dry-run`)
  const section = readFileSync(new URL('../docs/json.md', import.meta.url), 'utf8').split('\n## import-')[1] ?? ''
  const keys = [...printed.matchAll(/"(\w+)":/g)].map(([, key = '']) => key)
  expect(keys).toContain('leftOut')
  expect(keys.filter((key) => !section.includes(`\`${key}\``))).toEqual([])
}, 60_000)
