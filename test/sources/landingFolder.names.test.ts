import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { text } from '../../src/duckdb/sql/literals.ts'
import { LandingStream } from '../support/landingStream.ts'
import { makePipe } from '../support/pipe.ts'
import { rawSql } from '../support/sql.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

/** Legal names on Linux and macOS that something on the way might take for a pattern, a query or a code. */
const LEGAL_NAMES = [
  'two words.parquet',
  '100%.parquet',
  '%41.parquet',
  'a#b.parquet',
  'a?b=c&d.parquet',
  'part[1].parquet',
  '[a-z].parquet',
  "it's.parquet",
  'say "hi".parquet',
  'ünïcødé-日本-🦆.parquet',
  '*.parquet',
  '**.parquet',
  '?.parquet',
  '{a,b}.parquet',
  '~home.parquet',
  '-rf.parquet',
  '$HOME.parquet',
  'a;b.parquet',
  'back\\slash.parquet',
  'id=7.parquet',
  'a+b.parquet',
  'new\nline.parquet',
  'trailing .parquet',
  ' .parquet',
  'back\\slash[1].parquet',
  // One letter in both normal forms: to this file system two names.
  ...(process.platform === 'linux' ? ['\u00e9.parquet', 'e\u0301.parquet'] : []),
  `${'n'.repeat(247)}.parquet`,
  `${'[?*'.repeat(82)}.parquet`,
]

describe('the names of files', () => {
  test('every legal name is taken as it stands, each file once', async () => {
    const stream = await LandingStream.open()
    for (const [id, name] of LEGAL_NAMES.entries()) {
      await stream.drop(name, `SELECT ${id}::BIGINT AS id, ${text(name)} AS name`)
    }
    const batches = await stream.run()
    expect(await stream.rows('id')).toEqual(LEGAL_NAMES.map((name, id) => ({ id, name })))
    expect(batches.map(({ inputFiles }) => inputFiles)).toEqual([LEGAL_NAMES.length])
    expect(stream.waiting()).toEqual([])
    expect(stream.archived()).toEqual([...LEGAL_NAMES].sort())
    expect(await stream.notes()).toEqual({ rejected: {}, ignored: {}, extraColumns: {} })
  })

  test('a lake whose own path has a space, quotes, brackets and a glob lands its files', async () => {
    const folder = join(temporaryFolder(), `my "lake" it's [1] * ? % #`)
    mkdirSync(folder)
    const stream = await LandingStream.open({ folder })
    const temporary = join(temporaryFolder(), 'a.parquet')
    await stream.session.run(rawSql`COPY (SELECT 1::BIGINT AS id, 'a' AS name) TO ${text(temporary)} (FORMAT parquet)`)
    writeFileSync(stream.path('part[1].parquet'), readFileSync(temporary))
    await stream.run()
    expect(await stream.rows()).toEqual([{ id: 1, name: 'a' }])
  })

  test('names that begin with _ or . are left alone, and nobody is told of them', async () => {
    const stream = await LandingStream.open()
    for (const name of ['_part.parquet', '.part.parquet', '.part.parquet.crc', '_SUCCESS']) await stream.drop(name)
    mkdirSync(stream.path('_temporary'))
    expect(await stream.run()).toEqual([])
    expect(stream.waiting()).toEqual(['.part.parquet', '.part.parquet.crc', '_SUCCESS', '_part.parquet', '_temporary'])
    expect(await stream.notes()).toEqual({ rejected: {}, ignored: {}, extraColumns: {} })
  })

  test('what is no regular .parquet file is named with the reason and never opened', async () => {
    const stream = await LandingStream.open()
    const elsewhere = join(temporaryFolder(), 'elsewhere.parquet')
    await stream.session.run(rawSql`COPY (SELECT 1::BIGINT AS id, 'a' AS name) TO ${text(elsewhere)} (FORMAT parquet)`)
    symlinkSync(elsewhere, stream.path('link.parquet'))
    symlinkSync('/nowhere', stream.path('dangling.parquet'))
    mkdirSync(stream.path('folder.parquet'))
    makePipe(stream.path('pipe.parquet'))
    symlinkSync('loop.parquet', stream.path('loop.parquet'))
    const server = createServer().listen(stream.path('socket.parquet'))
    await once(server, 'listening')
    onTestFinished(() => void server.close())
    writeFileSync(stream.path('notes.txt'), 'hello')
    await stream.drop('UPPER.PARQUET')
    await stream.drop('good.parquet')
    await stream.run()
    expect(await stream.rows()).toEqual([{ id: 1, name: 'a' }])
    expect((await stream.notes()).ignored).toEqual({
      'UPPER.PARQUET': 'its name does not end in .parquet',
      'dangling.parquet': 'a symbolic link',
      'folder.parquet': 'a folder',
      'link.parquet': 'a symbolic link',
      'loop.parquet': 'a symbolic link',
      'notes.txt': 'its name does not end in .parquet',
      'pipe.parquet': 'not a regular file',
      'socket.parquet': 'not a regular file',
    })
    expect(stream.waiting()).not.toContain('good.parquet')
  })

  test.runIf(process.platform === 'linux')('a name that is no text is named as well as it can be', async () => {
    const stream = await LandingStream.open()
    const path = Buffer.concat([Buffer.from(stream.path('a')), Buffer.from([0xff]), Buffer.from('.parquet')])
    writeFileSync(path, '')
    onTestFinished(() => unlinkSync(path))
    await stream.run()
    expect((await stream.notes()).ignored).toEqual({ 'a\uFFFD.parquet': 'its name is not UTF-8' })
  })

  test.runIf(process.platform === 'linux')('a name that is no text hides the one that it looks like', async () => {
    const stream = await LandingStream.open()
    await stream.drop('a\uFFFD.parquet', 'SELECT 1::BIGINT AS id')
    const path = Buffer.concat([Buffer.from(stream.path('a')), Buffer.from([0xff]), Buffer.from('.parquet')])
    writeFileSync(path, '')
    onTestFinished(() => unlinkSync(path))
    await stream.run()
    const { ignored, rejected } = await stream.notes()
    expect({ ignored, rejected }).toEqual({
      ignored: { 'a\uFFFD.parquet': 'another name looks the same, and one of them is not UTF-8' },
      rejected: {},
    })
    expect(await stream.rows()).toEqual([])
  })

  test('what is gone again is no longer named', async () => {
    const stream = await LandingStream.open()
    mkdirSync(stream.path('folder.parquet'))
    const source = stream.source()
    await stream.run({}, source)
    expect(Object.keys((await stream.notes()).ignored)).toEqual(['folder.parquet'])
    execFileSync('rmdir', [stream.path('folder.parquet')])
    await stream.run({}, source)
    expect((await stream.notes()).ignored).toEqual({})
  })
})
