import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { env, LakeError, parquetFolder, postgres } from '../../src/index.ts'
import { loadLake } from '../../src/lake/config/load.ts'
import type { ResolvedLake } from '../../src/lake/config/resolve.ts'
import { fromEnvironment } from '../../src/serving/environment.ts'
import { type ConfigCase, EVENT, expectRefused, refusalOf } from '../support/configCases.ts'
import { lakeFolder } from '../support/lakeFolder.ts'

const MODEL = `-- per_kind.sql: good events by kind; one row per kind.
--
-- in   good   good events
-- out  kind, n
SELECT kind, count(*) AS n FROM good GROUP BY kind
`
const PANEL = `-- kinds.sql: events by kind; one row per kind.
--
-- in   live.per_kind   good events by kind
-- out  kind, n
SELECT kind, n FROM live.per_kind
`
const FILES = { 'live/per_kind.sql': MODEL, 'panels/kinds.sql': PANEL }
const LIVE = { follows: 'split', models: 'live', panels: 'panels' }

/** Cases in which something besides a sound `live` is wrong, or something of it. */
const live = (...cases: readonly ConfigCase[]): readonly ConfigCase[] => {
  return cases.map((given) => ({
    ...given,
    files: { ...FILES, ...given.files },
    set: { live: { ...LIVE }, ...given.set },
  }))
}

const ofLive = live(
  {
    name: 'an unknown key',
    set: { 'live.model': 'live' },
    message: 'live has an unknown key "model".',
    remedy: 'Did you mean "models"?',
  },
  {
    name: 'no stream to follow',
    set: { 'live.follows': undefined },
    message: 'live.follows is missing.',
    remedy: "Write it like this: follows: 'split'",
  },
  {
    name: 'a stream that does not exist',
    set: { 'live.follows': 'splits' },
    message: 'live.follows names "splits", which is not a stream.',
    remedy: 'Did you mean "split"?',
  },
  {
    name: 'a stream whose table another one writes, too',
    set: { 'live.follows': 'land', 'streams.copy': { from: parquetFolder('copies'), into: ['events'] } },
    message: 'live.follows names land, but events is written by copy too.',
    remedy: 'Models would lack those rows: follow a stream that alone writes its tables.',
  },
  {
    name: 'a store outside of the lake',
    set: { 'live.store': '../live.duckdb' },
    message: 'live.store must be a path below the lake without . and .., not "../live.duckdb".',
    remedy: undefined,
  },
  {
    name: 'a store in the folder of a table',
    set: { 'live.store': 'checked/good/live.duckdb' },
    message: 'live.store "checked/good/live.duckdb" overlaps with table good at "checked/good".',
  },
  {
    name: 'a store where files land',
    set: { 'live.store': 'landing/live.duckdb' },
    message: 'live.store "landing/live.duckdb" overlaps with stream land at "landing".',
  },
  {
    name: 'no models',
    set: { 'live.models': undefined },
    message: 'live.models is missing.',
    remedy: "Write it like this: models: 'sql/live'",
  },
  {
    name: 'a folder without models',
    set: { 'live.models': 'none' },
    files: { 'none/readme.md': '' },
    message: 'live.models names "none", which has no .sql files.',
    remedy: 'A model is a file: one SELECT … GROUP BY.',
  },
  {
    name: 'a model that SQL cannot name',
    set: {},
    files: { 'live/per-kind.sql': MODEL },
    message: 'live.models has a file per-kind.sql; a name has letters, digits and _, and no digit first.',
    remedy: 'Rename it to the name that SQL will use.',
  },
  {
    name: 'models that differ in case',
    set: {},
    files: { 'live/Per_Kind.sql': MODEL },
    message: 'live.models: per_kind.sql differs from Per_Kind.sql only in case, which SQL ignores.',
  },
  {
    name: 'a model with the name of what every store has',
    set: {},
    files: { 'live/batches.sql': MODEL },
    message: 'live.models: batches.sql has a name that Lakeweir uses itself.',
    remedy: 'Give it another name.',
  },
  {
    name: 'a text for another store without its panel',
    set: {},
    files: { 'panels/kindes.postgres.sql': PANEL },
    message: 'live.panels: kindes.postgres.sql stands for a panel that does not exist: there is no kindes.sql.',
  },
  {
    name: 'a size that is none',
    set: { 'live.memory': 'much' },
    message: 'live.memory must be a size in KB, MB, GB, TB, KiB, MiB, GiB or TiB, not "much".',
    remedy: "Write it like this: memory: '8GB'",
  },
  {
    name: 'an event time that no table has',
    set: { 'live.eventTime': 'seen' },
    message: 'live.eventTime names "seen", which is not a column of the tables of stream split.',
    remedy: 'Available: seen_at, kind, amount, date.',
  },
  {
    name: 'an event time that is no time',
    set: { 'live.eventTime': 'kind' },
    message: 'live.eventTime names kind, which is VARCHAR, not TIMESTAMPTZ.',
  },
  {
    name: 'a copy of an unknown kind',
    set: { 'live.publishTo': { kind: 'mysql' } },
    message: 'live.publishTo must be a copy, not one of kind "mysql".',
    remedy: "Write it like this: publishTo: postgres({ url: env('DATABASE_URL') })",
  },
  {
    name: 'a copy without an address',
    // @ts-expect-error: the compiler says so too
    set: { 'live.publishTo': postgres({}) },
    message: "live.publishTo.url must be a text, or be read from the environment by env('NAME').",
  },
  {
    name: 'a copy with an option that it does not have',
    set: { 'live.publishTo': { ...postgres({ url: env('URL') }), uri: 'x' } },
    message: 'live.publishTo has an unknown key "uri".',
    remedy: 'Did you mean "url"?',
  },
  {
    name: 'a stream with the name of the live one',
    set: { 'streams.live': { from: { kind: 'parquetFolder', path: 'other' }, into: ['events'] } },
    message: 'streams.live has a name that Lakeweir uses itself.',
    remedy: 'Give it another name.',
  },
  {
    name: 'a stream with nearly the name of the live one',
    set: { 'streams.Live': { from: { kind: 'parquetFolder', path: 'other' }, into: ['events'] } },
    message: 'streams.Live differs from live only in case, which some disks ignore.',
  },
  {
    name: 'a table with the name of the schema of the models',
    set: { 'tables.live': { path: 'x', columns: EVENT } },
    message: 'tables.live has a name that Lakeweir uses itself.',
    remedy: 'Give it another name.',
  },
)

const ofServer: readonly ConfigCase[] = [
  {
    name: 'an unknown key',
    set: { server: { origin: [] } },
    message: 'server has an unknown key "origin".',
    remedy: 'Did you mean "origins"?',
  },
  {
    name: 'a port that is none',
    set: { server: { port: 70_000 } },
    message: 'server.port must be a whole number from 0 to 65535, not 70000.',
  },
  {
    name: 'rows of what is no table',
    set: { server: { rows: ['bads'] } },
    message: 'server.rows names "bads", which is not a table.',
    remedy: 'Did you mean "bad"?',
  },
  {
    name: 'rows of a table twice',
    set: { server: { rows: ['bad', 'bad'] } },
    message: 'server.rows names a table twice.',
  },
  {
    name: 'a secret in the config, which is not repeated',
    set: { server: { secrets: ['swordfish'] } },
    message: 'server.secrets.0 must be read from the environment.',
    remedy: "Write it like this: env('LAKEWEIR_SECRET')",
  },
  {
    name: 'a limit that does not exist',
    set: { server: { limits: { connection: 1 } } },
    message: 'server.limits has an unknown key "connection".',
    remedy: 'Did you mean "connections"?',
  },
  {
    name: 'an origin with a path',
    set: { server: { origins: ['https://shop.example/'] } },
    message:
      'server.origins.0 must be the origin of a website, without a path and without *, not "https://shop.example/".',
    remedy: "Write it like this: 'https://shop.example'",
  },
  {
    name: 'any origin',
    set: { server: { origins: ['https://shop.example', '*'] } },
    message: 'server.origins.1 must be the origin of a website, without a path and without *, not "*".',
    remedy: "Write it like this: 'https://shop.example'",
  },
  {
    name: 'a host with a scheme',
    set: { server: { hosts: ['https://dash.example'] } },
    message: 'server.hosts.0 must be the name of a host, not "https://dash.example".',
    remedy: "Write it like this: 'dash.example', or 'dash.example:8443' for one port alone.",
  },
  {
    name: 'a secret for metrics in the config, which is not repeated',
    set: { server: { metricsSecret: 'swordfish' } },
    message: 'server.metricsSecret must be read from the environment.',
    remedy: "Write it like this: env('LAKEWEIR_SECRET')",
  },
  {
    name: 'a time without a unit',
    set: { server: { staleAfter: '5' } },
    message: 'server.staleAfter: "5" is not a duration.',
    remedy: 'Write a number and a unit: 500ms, 5 seconds, 1 minute, 2h, 7 days.',
  },
]

describe('what is wrong in `live` is named', () => {
  test.each(ofLive)('$name', expectRefused)
})

describe('what is wrong in `server` is named', () => {
  test.each(ofServer)('$name', expectRefused)
})

describe('what is wrong in a header is named', () => {
  test.each([
    { name: 'a model', file: 'live/per_kind.sql', text: MODEL, from: 'in   good ', to: 'in   goods', says: 'good' },
    {
      name: 'a panel',
      file: 'panels/kinds.sql',
      text: PANEL,
      from: 'per_kind ',
      to: 'per_king ',
      says: 'live.per_kind',
    },
  ])('$name', ({ file, text, from, to, says }) => {
    const files = { ...FILES, [file]: text.replace(from, to) }
    const error = refusalOf(liveConfig(), files)
    expect(error).toMatchObject({ code: 'LAKE_SQL_INVALID', remedy: `Did you mean "${says}"?` })
    expect(error?.message).toContain(`${file}: its header names an input`)
  })
})

function liveConfig(): object {
  return {
    root: 'lake',
    tables: { events: { path: 'raw', columns: EVENT }, good: { path: 'good', columns: EVENT } },
    streams: {
      land: { from: { kind: 'parquetFolder', path: 'landing' }, into: ['events'] },
      split: { from: { kind: 'deltaTable', table: 'events' }, into: ['good'] },
    },
    live: LIVE,
  }
}

describe('a lake with live aggregates', () => {
  async function resolved(live: object, server: object | undefined = undefined): Promise<[string, ResolvedLake]> {
    const config = { ...liveConfig(), live: { ...LIVE, ...live }, ...(server === undefined ? {} : { server }) }
    const files = { 'lakeweir.config.mjs': `export default ${JSON.stringify(config)}`, ...FILES }
    const folder = lakeFolder({ ...files, 'panels/kinds.postgres.sql': PANEL })
    return [folder, await loadLake({ config: join(folder, 'lakeweir.config.mjs') })]
  }

  test('has defaults where its config says nothing', async () => {
    const [folder, { live, server }] = await resolved({})
    expect(live).toMatchObject({
      store: join(folder, 'lake/gold/live.duckdb'),
      follows: { name: 'split' },
      models: [{ called: 'per_kind', name: 'live/per_kind.sql' }],
      panels: [{ called: 'kinds', name: 'panels/kinds.sql' }],
      memoryBytes: 1e9,
      eventTime: undefined,
      publishTo: undefined,
      relations: ['live.per_kind', 'live.batches'],
    })
    expect([...(live?.panels[0]?.variants ?? [])]).toMatchObject([['postgres', { name: 'panels/kinds.postgres.sql' }]])
    expect(server).toEqual({
      host: '127.0.0.1',
      port: 4080,
      origins: [],
      hosts: [],
      rows: [],
      secrets: [],
      publicKeys: [],
      metricsSecret: undefined,
      limits: {
        connections: 1000,
        panelRows: 10_000,
        panelTimeMs: 5000,
        clientsPerToken: 20,
        requestsPerToken: 32,
        tokenLifeMs: 900_000,
      },
      staleAfterMs: 60_000,
      dashboard: {
        title: 'Lakeweir',
        panels: undefined,
        range: 10_800_000,
        presets: [900_000, 3_600_000, 10_800_000, 'today', 604_800_000],
        catchingUpAfterMs: 60_000,
        disconnectedAfterMs: 30_000,
      },
    })
  })

  test('has what its config says', async () => {
    const publishTo = postgres({ url: env('DATABASE_URL') })
    const [folder, { live, server }] = await resolved(
      { store: 'x/y.duckdb', eventTime: 'seen_at', memory: '96MB', publishTo },
      {
        rows: ['good'],
        publicKeys: ['keys/a.pem'],
        limits: { panelTime: '1s' },
        dashboard: {
          title: 'Shop',
          panels: { batches: { width: 4, wallWidth: 2 }, kinds: { alarm: 35 } },
          range: 'today',
          presets: ['1h', 'today'],
          catchingUpAfter: '5s',
          disconnectedAfter: '10s',
        },
      },
    )
    expect(live).toMatchObject({ store: join(folder, 'lake/x/y.duckdb'), eventTime: 'seen_at', memoryBytes: 96e6 })
    expect(live?.publishTo).toEqual({ kind: 'postgres', url: { kind: 'env', name: 'DATABASE_URL' } })
    expect(server).toMatchObject({ rows: [{ name: 'good' }], publicKeys: [join(folder, 'keys/a.pem')] })
    expect(server.limits.panelTimeMs).toBe(1000)
    expect(server.dashboard).toEqual({
      title: 'Shop',
      panels: [
        { name: 'batches', width: 4, wallWidth: 2, alarm: undefined },
        { name: 'kinds', width: undefined, wallWidth: undefined, alarm: 35 },
      ],
      range: 'today',
      presets: [3_600_000, 'today'],
      catchingUpAfterMs: 5_000,
      disconnectedAfterMs: 10_000,
    })
  })
})

describe('a value from the environment', () => {
  const place = 'live.publishTo.url'

  test('is read when it is needed', () => {
    expect(fromEnvironment(env('URL'), place, { URL: 'secret' })).toBe('secret')
    expect(fromEnvironment('postgresql://localhost/x', place, {})).toBe('postgresql://localhost/x')
  })

  test.each([
    [{}, 'live.publishTo.url reads URL from the environment, where it is not set.'],
    [{ URL: '' }, 'live.publishTo.url reads URL from the environment, where it is empty.'],
  ])('that is not there is named: %j', (environment, message) => {
    const remedy = 'Set it for the process: URL=… lakeweir …'
    expect(() => fromEnvironment(env('URL'), place, environment)).toThrow(
      new LakeError('LAKE_CONFIG_INVALID', message, { remedy }),
    )
  })
})
