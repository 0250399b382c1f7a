import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Program } from '../support/program.ts'
import { servedLake, shopsOnceThey } from '../support/servedLake.ts'

/** Where a program says that it serves. */
async function addressOf(program: Program): Promise<string> {
  return (await program.said(/serves (http:\/\/127\.0\.0\.1:\d+\/)/))[1] ?? ''
}

describe('run --serve', () => {
  test('follows, keeps the live aggregates and serves them until it is stopped', async () => {
    const lake = await servedLake()
    await lake.drop('1.parquet', "(1, 'a', 5, 0), (2, 'b', 7, 1), (3, 'a', -1, 3)")
    const where = { lake: lake.root, config: lake.config }
    const program = Program.start(['run', '--serve', '--port', '0'], where)
    const url = await addressOf(program)
    expect(await shopsOnceThey(url, (rows) => rows.length === 2)).toEqual([
      ['a', 1, 5],
      ['b', 1, 7],
    ])
    await lake.drop('2.parquet', "(4, 'b', 2, 4)")
    expect(await shopsOnceThey(url, ([, b]) => JSON.stringify(b) === '["b",2,9]')).toHaveLength(2)
    expect(await (await fetch(url)).text()).toContain('assets/page.js')

    // Who has it is told to other processes of the lake, and no longer once it has ended.
    const server = lake.path('gold/live.server.json')
    expect(JSON.parse(readFileSync(server, 'utf8'))).toEqual({
      processId: program.process.pid,
      address: url.slice(0, -1),
      key: expect.stringMatching(/^[\w-]{43}$/),
    })
    program.kill('SIGTERM')
    expect(await program.ended).toMatchObject({ exitCode: 143, stdout: '' })
    expect(existsSync(server)).toBe(false)
    await expect(fetch(url)).rejects.toThrow()
  })

  test('logs JSON lines on stderr, each request with its id, and leaves stdout to the batches', async () => {
    const lake = await servedLake()
    await lake.drop('1.parquet', "(1, 'a', 5, 0)")
    const where = { lake: lake.root, config: lake.config }
    const program = Program.start(['run', '--serve', '--port', '0', '--json'], where)
    const url = await addressOf(program)
    await shopsOnceThey(url, (rows) => rows.length === 1)
    await fetch(new URL('api/panels', url), { headers: { 'X-Request-Id': 'mine' } })
    program.kill('SIGINT')
    const { exitCode, stdout, stderr } = await program.ended
    expect(exitCode).toBe(130)
    const batches = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(batches.map(({ stream }) => stream).sort()).toEqual(['land', 'live', 'split'])
    const logged = stderr.split('\n').flatMap((line) => (line.startsWith('{') ? [JSON.parse(line)] : []))
    expect(logged).toContainEqual(expect.objectContaining({ requestId: 'mine', path: '/api/panels', status: 200 }))
    expect(logged.at(-1)).toMatchObject({ level: 'info', msg: 'the server has ended' })
  })

  test('ends streams of clients, and does not wait for those that never end', async () => {
    const lake = await servedLake()
    await lake.fill()
    await lake.close()
    const program = Program.start(['run', '--serve', '--port', '0'], { lake: lake.root, config: lake.config })
    const url = await addressOf(program)
    await shopsOnceThey(url, (rows) => rows.length === 2)
    const stream = await fetch(new URL('api/stream?panel=shops', url))
    const reader = stream.body?.getReader()
    await reader?.read()
    program.kill('SIGINT')
    expect(await program.ended).toMatchObject({ exitCode: 130 })
  })
})

describe('serve', () => {
  test('keeps and serves the live aggregates beside streams that run elsewhere', async () => {
    const lake = await servedLake()
    const where = { lake: lake.root, config: lake.config }
    const streams = Program.start(['run', 'land', 'split'], where)
    await streams.said(/split +begins/)
    const program = Program.start(['serve', '--port', '0'], where)
    const url = await addressOf(program)
    await lake.drop('1.parquet', "(1, 'a', 5, 0), (2, 'b', 7, 1)")
    await shopsOnceThey(url, (rows) => rows.length === 2)

    const second = await Program.run(['serve', '--port', '0'], where)
    expect(second.exitCode).toBe(4)
    expect(second.stderr).toContain(
      `LAKE_STREAM_HELD: stream live is run by process ${program.process.pid}, which serves it at ${url}.`,
    )
  })

  test('a port that is taken is named, with what to do', async () => {
    const lake = await servedLake()
    const other = createServer()
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void other.close())
    const { port } = other.address() as { readonly port: number }
    const end = await Program.run(['serve', '--port', String(port)], { lake: lake.root, config: lake.config })
    expect(end.exitCode).toBe(1)
    expect(end.stderr).toContain(
      `LAKE_LISTEN_FAILED: the server cannot listen at 127.0.0.1 port ${port}: another process already listens there.`,
    )
    expect(end.stderr).toContain('--port 0 takes a free one.')
  })

  test('an address that others reach needs a secret', async () => {
    const lake = await servedLake()
    const where = { lake: lake.root, config: lake.config }
    const end = await Program.run(['serve', '--host', '0.0.0.0', '--port', '0'], where)
    expect(end.exitCode).toBe(2)
    expect(end.stderr).toContain('LAKE_CONFIG_INVALID: the server would listen at 0.0.0.0')
  })
})
