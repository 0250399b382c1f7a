import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { MessagesLake } from '../support/messagesLake.ts'
import { Program } from '../support/program.ts'

let lake: MessagesLake

beforeAll(async () => {
  lake = await MessagesLake.open()
})

beforeEach(() => lake.clear())

afterAll(() => lake.close())

const START = ['run', 'silver']
const DRAIN = ['run', 'silver', '--available-now']

test('a second process on a stream exits 4 and names the first; kill -9 frees the stream at once', async () => {
  await lake.produce(5)
  const holder = Program.start(START, { lake: lake.root })
  try {
    await holder.said(/silver +batch +1/)
    const second = await Program.run(DRAIN, { lake: lake.root })
    expect(second).toMatchObject({ exitCode: 4, stdout: '' })
    expect(second.stderr).toContain('LAKE_STREAM_HELD')
    expect(second.stderr).toContain(`process ${holder.process.pid}`)
  } finally {
    holder.kill('SIGKILL')
  }
  await holder.ended

  await lake.produce(4)
  expect(await Program.run(DRAIN, { lake: lake.root })).toMatchObject({ exitCode: 0 })
  expect(await lake.faults()).toEqual([])
})

test('two streams of one lake run in two processes side by side', async () => {
  const holder = Program.start(START, { lake: lake.root })
  try {
    await holder.said(/silver +begins/)
    expect(await Program.run(['run', 'produce', '--rows', '9'], { lake: lake.root })).toMatchObject({ exitCode: 0 })
    await holder.said(/silver +batch +1 +9 rows/)
  } finally {
    holder.kill('SIGTERM')
  }
  expect(await holder.ended).toMatchObject({ exitCode: 143 })
  expect(await lake.faults()).toEqual([])
})

test('processes that all start the lake for the first time make one lake of it', async () => {
  const rows = ['run', 'produce', '--rows', '4']
  const ends = await Promise.all([rows, rows, DRAIN, DRAIN].map((args) => Program.run(args, { lake: lake.root })))
  for (const end of ends) expect([0, 4], end.stderr).toContain(end.exitCode)
  const producers = ends.slice(0, 2).filter(({ exitCode }) => exitCode === 0)
  expect(producers.length).toBeGreaterThan(0)

  await lake.run(['silver'])
  expect(await lake.bronzeValues()).toHaveLength(4 * producers.length)
  expect(await lake.faults()).toEqual([])
})

test('a process that empties a lake waits for nobody and refuses where a stream is running', async () => {
  await lake.produce(5)
  const holder = Program.start(START, { lake: lake.root })
  try {
    await holder.said(/silver +batch +1/)
    const fresh = await Program.run(['run', 'produce', '--rows', '1', '--fresh'], { lake: lake.root })
    expect(fresh).toMatchObject({ exitCode: 4 })
    expect(fresh.stderr).toContain(`process ${holder.process.pid}`)
  } finally {
    holder.kill('SIGKILL')
  }
  await holder.ended
  await lake.run(['silver']) // clears up after the one that was killed
  expect(await lake.bronzeValues()).toEqual([0, 1, 2, 3, 4])
  expect(await lake.faults()).toEqual([])
})
