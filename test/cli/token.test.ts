import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { tokenKeys } from '../../src/server/guard/keys.ts'
import { verifiedToken } from '../../src/server/guard/token.ts'
import { lakeFolder } from '../support/lakeFolder.ts'
import { runInProcess, type Said } from '../support/program.ts'

const SECRET = 'the secret of a test, of forty characters'
const OLDER = 'the secret of an older test, also as long'

const panel = (name: string, filters: string): string =>
  `-- ${name}.sql: numbers; one row a kind.
--
-- in   live.kinds  rows
-- out  kind, n
--
-- title: ${name}
-- kind: table
-- filters: ${filters}
SELECT kind, n FROM live.kinds WHERE ($kind IS NULL OR kind = ANY($kind))
`

const CONFIG = {
  root: 'lake',
  tables: {
    events: { path: 'raw', columns: { kind: 'VARCHAR' } },
    good: { path: 'good', columns: { kind: 'VARCHAR' } },
  },
  streams: {
    land: { from: { kind: 'parquetFolder', path: 'landing' }, into: ['events'] },
    split: { from: { kind: 'deltaTable', table: 'events' }, into: ['good'] },
  },
  live: { follows: 'split', models: 'models', panels: 'panels' },
  server: {
    origins: ['https://shop.example'],
    rows: ['events'],
    secrets: [
      { kind: 'env', name: 'TEST_SECRET' },
      { kind: 'env', name: 'TEST_OLDER_SECRET' },
    ],
  },
}

function run(args: readonly string[], config: object = CONFIG): Promise<Said> {
  const folder = lakeFolder({
    'lakeweir.config.mjs': `export default ${JSON.stringify(config)}`,
    'models/kinds.sql': `-- kinds.sql: events; one row a kind.\n--\n-- in   good     rows\n-- out  kind, n\nSELECT kind, count(*) AS n FROM good GROUP BY kind\n`,
    'panels/kinds.sql': panel('kinds', 'kind VARCHAR'),
    'panels/shops.sql': panel('shops', 'kind VARCHAR, shop VARCHAR'),
  })
  return runInProcess(['token', ...args], { lake: join(folder, 'lake'), config: join(folder, 'lakeweir.config.mjs') })
}

beforeEach(() => {
  vi.stubEnv('TEST_SECRET', SECRET)
  vi.stubEnv('TEST_OLDER_SECRET', OLDER)
})
afterEach(() => {
  vi.unstubAllEnvs()
})

describe('lakeweir token', () => {
  test.each<[name: string, args: readonly string[], claims: object, lifeMs: number]>([
    [
      'everything',
      ['--panels', 'all'],
      { panels: 'all', fixed: new Map(), origins: undefined, rows: new Set() },
      900_000,
    ],
    [
      'much that is fixed',
      [
        '--panels',
        'kinds, shops',
        '--fixed',
        'kind=a%26b&kind=c',
        '--origin',
        'https://shop.example',
        '--rows',
        'events',
        '--expires',
        '10m',
      ],
      {
        panels: new Set(['kinds', 'shops']),
        fixed: new Map([['kind', ['a&b', 'c']]]),
        origins: ['https://shop.example'],
        rows: new Set(['events']),
      },
      600_000,
    ],
    [
      'a filter that not all panels have',
      ['--panels', 'all', '--fixed', 'shop=x'],
      { fixed: new Map([['shop', ['x']]]) },
      900_000,
    ],
  ])('signs %s by the first secret', async (_, args, claims, lifeMs) => {
    const beforeMs = Date.now()
    const { stdout, stderr, exitCode } = await run(args)
    expect({ stderr, exitCode }).toMatchObject({ stderr: expect.stringMatching(/^token: valid until 20/), exitCode: 0 })
    const keys = await tokenKeys([{ value: SECRET, name: 'TEST_SECRET' }], [])
    const verified = await verifiedToken(stdout.trim(), keys, { nowMs: Date.now(), maxLifeMs: 900_000 })
    expect(verified).toMatchObject(claims)
    expect(verified.expiresMs).toBeGreaterThan(beforeMs + lifeMs - 2_000)
    expect(verified.expiresMs).toBeLessThanOrEqual(Date.now() + lifeMs + 5_000) // clocks may differ by that
  })

  test('says as JSON what it allows', async () => {
    const { stdout } = await run(['--panels', 'kinds', '--fixed', 'kind=a', '--json'])
    expect(JSON.parse(stdout)).toEqual({
      token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+$/),
      expires: expect.stringMatching(/^20.*Z$/),
      panels: ['kinds'],
      fixed: { kind: ['a'] },
      origins: null,
      rows: [],
    })
  })

  test.each<[args: readonly string[], says: string]>([
    [[], '--panels is missing.\nWrite --panels all, or names. Available: kinds, shops, batches.'],
    [['--panels', 'kind'], '--panels: the config knows no "kind".\nDid you mean "kinds"?'],
    [['--panels', 'kinds,'], '--panels: the config knows no "".'],
    [['--panels', 'all', '--fixed', 'kin=a'], '--fixed: no panel has a filter "kin".\nDid you mean "kind"?'],
    [['--panels', 'kinds', '--fixed', 'shop=a'], '--fixed: panel kinds cannot be filtered by "shop".'],
    [['--panels', 'all', '--fixed', 'kind='], '--fixed: "kind" has no value.'],
    [['--panels', 'all', '--fixed', 'kind'], '--fixed: "kind" has no value.'],
    [['--panels', 'all', '--origin', 'https://evil.example'], '--origin: the config knows no "https://evil.example".'],
    [['--panels', 'all', '--rows', 'good'], '--rows: the config knows no "good".'],
    [['--panels', 'all', '--expires', '1h'], '--expires: a token is valid for 1 to 900 seconds.'],
    [['--panels', 'all', '--expires', '1ms'], '--expires: a token is valid for 1 to 900 seconds.'],
  ])('%j is refused', async (args, says) => {
    const { stdout, stderr, exitCode } = await run(args)
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 })
    expect(stderr).toContain(says)
  })

  test.each<[name: string, secrets: object | undefined, secret: string | undefined, says: string]>([
    ['no secret in the config', [], SECRET, 'the config names no secret to sign with.'],
    [
      'no secret in the environment',
      undefined,
      undefined,
      'server.secrets.0 reads TEST_SECRET from the environment, where it is not set.',
    ],
    ['a short secret', undefined, 'tiny!', 'the secret in TEST_SECRET has 5 bytes, and needs 32'],
  ])('signs nothing with %s', async (_, secrets, secret, says) => {
    vi.stubEnv('TEST_SECRET', secret)
    const server = { ...CONFIG.server, ...(secrets === undefined ? {} : { secrets }) }
    const { stdout, stderr, exitCode } = await run(['--panels', 'all'], { ...CONFIG, server })
    expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 2 })
    expect(stderr).toContain(says)
    expect(stderr).not.toContain('tiny!')
  })
})
