import { generateKeyPairSync } from 'node:crypto'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LakeError } from '../../../src/errors.ts'
import { loadLake } from '../../../src/lake/config/load.ts'
import { guardSettings } from '../../../src/server/guard/configured.ts'
import type { GuardSettings } from '../../../src/server/guard/guard.ts'
import { systemClock } from '../../../src/stream/clock.ts'
import { lakeFolder } from '../../support/lakeFolder.ts'

const LONG = 'a-secret-of-more-than-thirty-two-bytes'
const env = (name: string): object => ({ kind: 'env', name })

const KEY = String(generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' }))

async function settingsOf(
  server: object,
  environment: Record<string, string> = {},
  host = '127.0.0.1',
): Promise<GuardSettings> {
  const config = {
    root: 'lake',
    tables: { events: { path: 'raw', columns: { id: 'BIGINT' } } },
    streams: { land: { from: { kind: 'parquetFolder', path: 'landing' }, into: ['events'] } },
    server,
  }
  const folder = lakeFolder({ 'lakeweir.config.mjs': `export default ${JSON.stringify(config)}`, 'keys/shop.pem': KEY })
  const lake = await loadLake({ config: join(folder, 'lakeweir.config.mjs') })
  return guardSettings(lake.server, { host, localKey: undefined }, environment, systemClock)
}

describe('the guard of a config', () => {
  test('takes its names, websites, limits and keys from there, and the values of secrets from the environment', async () => {
    const settings = await settingsOf(
      {
        hosts: ['dash.example'],
        origins: ['https://Shop.example'],
        secrets: [env('NEW'), env('OLD')],
        publicKeys: ['keys/shop.pem'],
        metricsSecret: env('METRICS'),
        limits: { tokenLife: '5 minutes', requestsPerToken: 3 },
      },
      { NEW: LONG, OLD: `${LONG}er`, METRICS: `${LONG}est` },
      '0.0.0.0',
    )
    expect(settings).toMatchObject({
      names: { host: '0.0.0.0', hosts: ['dash.example'] },
      origins: ['https://shop.example'],
      metricsSecret: `${LONG}est`,
      tokenLifeMs: 300_000,
      requestsPerToken: 3,
    })
    const { secrets, publicKeys } = settings.keys
    expect(secrets.map(({ key }) => key.export().toString())).toEqual([LONG, `${LONG}er`])
    expect(publicKeys.map(({ id, algorithms }) => [id, ...algorithms])).toEqual([['shop', 'EdDSA', 'Ed25519']])
  })

  test.each<[name: string, server: object, environment: Record<string, string>, host: string, says: string]>([
    ['an open address without keys', {}, {}, '0.0.0.0', 'the server would listen at 0.0.0.0, where other machines'],
    ['the same with names', { hosts: ['dash.example'] }, {}, '192.168.1.7', 'without asking for a token'],
    ['an open address without names', { secrets: [env('A')] }, { A: LONG }, '::', 'by which names it is reached'],
    ['a secret that is not set', { secrets: [env('A')] }, {}, '127.0.0.1', 'server.secrets.0 reads A from the'],
    ['a secret that is empty', { secrets: [env('A')] }, { A: '' }, '127.0.0.1', 'server.secrets.0 reads A from the'],
    ['a short secret', { secrets: [env('A')] }, { A: 'tiny!' }, '127.0.0.1', 'the secret in A has 5 bytes'],
    ['a key that is not there', { publicKeys: ['keys/none.pem'] }, {}, '127.0.0.1', 'none.pem cannot be read'],
    ['a metrics secret that is not set', { metricsSecret: env('M') }, {}, '127.0.0.1', 'server.metricsSecret reads M'],
    ['a short one', { metricsSecret: env('M') }, { M: 'tiny!' }, '127.0.0.1', 'the secret in M has 5 bytes'],
    [
      'one that cannot be sent',
      { metricsSecret: env('M') },
      { M: `${LONG} ü` },
      '127.0.0.1',
      'characters that no header',
    ],
  ])('is refused with %s', async (_, server, environment, host, says) => {
    const error = await settingsOf(server, environment, host).catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(LakeError)
    expect(error).toMatchObject({ code: 'LAKE_CONFIG_INVALID', message: expect.stringContaining(says) })
    for (const value of Object.values(environment)) {
      if (value !== '') expect((error as LakeError).describe()).not.toContain(value)
    }
  })
})
