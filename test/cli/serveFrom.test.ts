import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { postgresTarget } from '../../src/serving/copies/postgres/target.ts'
import { changes, modelOf } from '../serving/copies/kit.ts'
import { describeWith } from '../support/optionalTool.ts'
import { hasPostgres, POSTGRES_NEED, PostgresServer } from '../support/postgres.ts'
import { Program } from '../support/program.ts'
import { servedLake } from '../support/servedLake.ts'

let server: PostgresServer

/** Writes the model of the panel, as the process of the lake does. */
async function copy(batch: number, shops: readonly (readonly [shop: string, orders: number])[]): Promise<void> {
  const columns = { shop: 'VARCHAR', orders: 'BIGINT', total: 'BIGINT' }
  const rows = shops.map(([shop, orders], index) => ({
    key: String(index).padStart(32, '0'),
    batch,
    isGone: false,
    values: [shop, String(orders), String(orders)],
  }))
  const writer = await postgresTarget(server.url).open()
  await writer.write(changes(batch, modelOf(true, rows, { name: 'per_shop', columns })))
  await writer.close()
}

describeWith(hasPostgres, POSTGRES_NEED, 'serve --from postgres', () => {
  beforeAll(async () => {
    server = await PostgresServer.start()
  }, 120_000)
  afterAll(() => server.stop())

  test('answers panels from the copy, as it changes, on a machine without the lake', async () => {
    await copy(7, [['a', 1]])
    const lake = await servedLake({}, { publishTo: { kind: 'postgres', url: { kind: 'env', name: 'COPY_URL' } } })
    const where = { lake: lake.path('elsewhere'), config: lake.config }
    const program = Program.start(['serve', '--from', 'postgres', '--port', '0'], {
      ...where,
      env: { COPY_URL: server.url },
    })
    const [, url = ''] = await program.said(/serves (http:\S+)/)
    const seen: string[] = []
    for await (const { panels } of createClient({ url }).follow({ shops: { panel: 'shops' } })) {
      if (panels.shops === undefined) continue
      seen.push(JSON.stringify([panels.shops.position?.batch, panels.shops.rows]))
      if (seen.length === 1) await copy(8, [['a', 2]])
      else break
    }
    expect(seen).toEqual(['[7,[["a",1,1]]]', '[8,[["a",2,2]]]'])
    program.kill('SIGTERM')
    const { exitCode, stderr } = await program.ended
    expect(exitCode).toBe(143)
    expect(stderr).not.toContain('secret-word')
  })

  test('a copy that cannot be reached is named, without its password', async () => {
    const lake = await servedLake({}, { publishTo: { kind: 'postgres', url: { kind: 'env', name: 'COPY_URL' } } })
    const env = { COPY_URL: 'postgresql://owner:secret-word@127.0.0.1:1/website' }
    const where = { lake: lake.root, config: lake.config, env }
    const { exitCode, stderr } = await Program.run(['serve', '--from', 'postgres', '--port', '0'], where)
    expect(exitCode).not.toBe(0)
    expect(stderr).toContain('127.0.0.1:1')
    expect(stderr).not.toContain('secret-word')
  })
})
