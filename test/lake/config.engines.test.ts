import { join } from 'node:path'
import { expect, test } from 'vitest'
import { LakeError } from '../../src/errors.ts'
import { defineLake, parquetFolder } from '../../src/index.ts'
import { resolveLake } from '../../src/lake/config/resolve.ts'
import { wordOf } from '../../src/lake/config/resolveEngines.ts'
import { lakeFolder } from '../support/lakeFolder.ts'
import { CONFIG, engineLakeFolder, TOY_KINDS, toyLog } from '../support/toyEngines.ts'

// What a config says about engines is checked when its lake is opened.

function resolved(stream: 'land' | 'split', engine: unknown, engines: unknown): string {
  const folder = engineLakeFolder()
  const streams = { ...CONFIG.streams, [stream]: { ...CONFIG.streams[stream], engine } }
  const config = { ...CONFIG, streams, ...(engines === undefined ? {} : { engines }) }
  try {
    const lake = resolveLake(config, join(folder, 'lakeweir.config.ts'), undefined, TOY_KINDS(toyLog()))
    return lake.streams.map((one) => `${one.name} ${wordOf(one.engine)}`).join(', ')
  } catch (error) {
    if (!(error instanceof LakeError)) throw error
    expect(error.code).toBe('LAKE_CONFIG_INVALID')
    return `${error.message.split('lakeweir.config.ts: ')[1]} ${error.remedy ?? ''}`.trimEnd()
  }
}

test.each<[unknown, unknown, string]>([
  [undefined, undefined, 'land duckdb, split duckdb'],
  ['duckdb', undefined, 'land duckdb, split duckdb'],
  ['big', undefined, 'land duckdb, split big'],
  ['auto', undefined, 'land duckdb, split auto'],
  [{ big: { site: 'there' } }, undefined, 'land duckdb, split big'],
  [{ told: ['python3', 'engine.py'] }, undefined, 'land duckdb, split told'],
  ['told', { told: ['python3', 'engine.py'] }, 'land duckdb, split told'],
])('a stream may have the engine %j where the lake says %j', (engine, engines, says) => {
  expect(resolved('split', engine, engines)).toBe(says)
})

const EXAMPLES = `Write it like one of these: engine: 'duckdb', engine: 'big', engine: { told: ['python3', 'engine.py'] }`

test.each<[unknown, unknown, string]>([
  ['bgi', undefined, 'streams.split.engine is "bgi", which is not an engine. Did you mean "big"?'],
  [
    'hadoop',
    undefined,
    'streams.split.engine is "hadoop", which is not an engine. Available: duckdb, big, told, auto.',
  ],
  [3, undefined, `streams.split.engine must be an engine, not 3. ${EXAMPLES}`],
  [null, undefined, `streams.split.engine must be an engine, not null. ${EXAMPLES}`],
  [['big'], undefined, `streams.split.engine must be an engine, not a list. ${EXAMPLES}`],
  [{}, undefined, `streams.split.engine must be an engine, not an object. ${EXAMPLES}`],
  [{ big: {}, told: ['x'] }, undefined, `streams.split.engine must be an engine, not an object. ${EXAMPLES}`],
  [{ bgi: {} }, undefined, 'streams.split.engine names "bgi", which is not an engine. Did you mean "big"?'],
  [{ big: { siet: 'x' } }, undefined, 'streams.split.engine.big has an unknown key "siet". Did you mean "site"?'],
  [
    { big: { site: 3 } },
    undefined,
    "streams.split.engine.big.site must be a text, not 3. Write it like this: site: 'here'",
  ],
  [
    { told: 'python3' },
    undefined,
    "streams.split.engine.told must be a list, not \"python3\". Write it like this: engine: { told: ['python3', 'engine.py'] }",
  ],
  [
    'told',
    undefined,
    "streams.split.engine is \"told\", which has to be told more. Write it like this: engine: { told: ['python3', 'engine.py'] }",
  ],
  [undefined, { bgi: {} }, 'engines has an unknown key "bgi". Did you mean "big"?'],
  [undefined, { big: { siet: 'x' } }, 'engines.big has an unknown key "siet". Did you mean "site"?'],
  [undefined, { big: { site: '' } }, "engines.big.site is empty. Write it like this: site: 'here'"],
  [undefined, { duckdb: { threads: 3 } }, 'engines.duckdb has an unknown key "threads". There is none.'],
  [undefined, 'big', 'engines must be an object, not "big".'],
])('the engine %j of a stream, where the lake says %j, is refused with its place', (engine, engines, says) => {
  expect(resolved('split', engine, engines)).toBe(says)
})

test.each<[unknown, string]>([
  ['big', 'is "big", which cannot run this stream: landed files need checks that only DuckDB makes. Leave it out.'],
  [
    'auto',
    'is "auto", which cannot run this stream: landed files need checks that only DuckDB makes, so that only DuckDB can. Leave it out.',
  ],
])('the engine %j, which cannot read what a stream reads, is refused with the reason', (engine, says) => {
  expect(resolved('land', engine, undefined)).toBe(`streams.land.engine ${says}`)
})

test('auto needs an engine for large batches', () => {
  const folder = lakeFolder()
  const config = { ...CONFIG, streams: { land: { ...CONFIG.streams.land, engine: 'auto' } } }
  const [duckdb] = TOY_KINDS(toyLog())?.engines ?? []
  if (duckdb === undefined) throw new Error('there is no first kind')
  expect(() => resolveLake(config, join(folder, 'lakeweir.config.ts'), undefined, { engines: [duckdb] })).toThrow(
    'streams.land.engine is "auto", but there is no engine for large batches.',
  )
})

test('the compiler knows which engines there are, and what they are told', () => {
  const tables = { events: { path: 'events', columns: { id: 'BIGINT' } } } as const
  const land = { from: parquetFolder('landing'), into: ['events'] } as const
  const config = defineLake({
    root: 'lake',
    tables,
    streams: {
      one: { ...land, engine: 'auto' },
      two: { ...land, engine: { program: ['python3', 'engine.py'] } },
      three: { ...land, engine: { spark: { master: 'yarn', arguments: ['--conf', 'a=b'] } } },
    },
    engines: { spark: { autoOver: '50GB', driverMemory: '2 GiB' } },
  })
  expect(Object.keys(config.streams)).toEqual(['one', 'two', 'three'])
  // @ts-expect-error: there is no such engine
  defineLake({ root: 'lake', tables, streams: { one: { ...land, engine: 'sprak' } } })
  // @ts-expect-error: a program has a name
  defineLake({ root: 'lake', tables, streams: { one: { ...land, engine: { program: [] } } } })
  // @ts-expect-error: that is no size
  defineLake({ root: 'lake', tables, streams: { one: land }, engines: { spark: { autoOver: '50' } } })
})
