import { linkSync, mkdirSync, readdirSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type Disk, nodeDisk } from '../../src/files/disk.ts'
import { listArchive } from '../../src/sources/landing/archive.ts'
import { archivedPaths } from '../support/archive.ts'
import { LandingStream, portionOf } from '../support/landingStream.ts'

/** The real disk, with something done just before one of its renames. */
function diskBeforeRename(before: (from: string, to: string) => void): Disk {
  return {
    ...nodeDisk,
    async rename(from, to) {
      before(from, to)
      await nodeDisk.rename(from, to)
    },
  }
}

describe('a file that its writer changes while it is being taken', () => {
  test('goes back when it was replaced after its footer was read, and the new one is taken by the next look', async () => {
    let replacement: Buffer | undefined
    const disk = diskBeforeRename((from) => {
      if (replacement === undefined || basename(from) !== 'a.parquet') return
      writeFileSync(`${from}.temporary`, replacement)
      renameSync(`${from}.temporary`, from)
      replacement = undefined
    })
    const stream = await LandingStream.open({ disk })
    const newer = readFileSync(await stream.drop('a.parquet', "SELECT 2::BIGINT AS id, 'new' AS name FROM range(3)"))
    await stream.drop('a.parquet', "SELECT 1::BIGINT AS id, 'old' AS name")
    replacement = newer
    const [batch] = await stream.run()
    expect(replacement).toBeUndefined()
    expect(batch?.inputFiles).toBe(1)
    expect(await stream.rows()).toEqual([2, 2, 2].map((id) => ({ id, name: 'new' })))
    expect(stream.waiting()).toEqual([])
    expect(stream.archived()).toEqual(['a.parquet'])
  })

  test('is not missed when it was taken away before the rename', async () => {
    const disk = diskBeforeRename((from) => {
      if (basename(from) === 'gone.parquet') unlinkSync(from)
    })
    const stream = await LandingStream.open({ disk })
    await stream.drop('gone.parquet')
    await stream.drop('stays.parquet', "SELECT 2::BIGINT AS id, 'b' AS name")
    await stream.run()
    expect(await stream.rows()).toEqual([{ id: 2, name: 'b' }])
    expect((await stream.notes()).rejected).toEqual({})
  })

  test('may come again under its name while the first is being read: both are taken', async () => {
    const stream = await LandingStream.open()
    await stream.drop('a.parquet')
    const source = stream.source()
    await portionOf(await stream.feed(source))
    expect(stream.waiting()).toEqual([])
    await stream.drop('a.parquet', "SELECT 2::BIGINT AS id, 'b' AS name")
    await stream.run({}, source)
    expect((await stream.rows('id')).map(({ id }) => id)).toEqual([1, 2])
    expect(stream.archived()).toEqual(['a (*).parquet', 'a.parquet'])
  })
})

describe('a name that is taken', () => {
  test('in the archive of its day gets a suffix, and nothing there is replaced', async () => {
    const stream = await LandingStream.open()
    await stream.drop('a.parquet')
    await stream.run()
    const [first = ''] = archivedPaths(stream.landing)
    writeFileSync(first, 'mine')
    await stream.drop('a.parquet')
    await stream.run()
    expect(stream.archived()).toEqual(['a (*).parquet', 'a.parquet'])
    expect(readFileSync(first, 'utf8')).toBe('mine')
  })

  test('in an archive without days, as older lakes have one, stays there and is in nobody’s way', async () => {
    const stream = await LandingStream.open()
    mkdirSync(stream.archive)
    const old = ['a.parquet', ...Array.from({ length: 99 }, (_, index) => `a (${index + 1}).parquet`)]
    for (const name of old) writeFileSync(join(stream.archive, name), 'mine')
    const [batch] = await stream.drop('a.parquet').then(() => stream.run())
    const day = batch?.batchTime.slice(0, 10) ?? ''
    expect(readdirSync(join(stream.archive, day))).toEqual(['a.parquet'])
    expect(readdirSync(stream.archive).sort()).toEqual([...old, day].sort())
    expect((await listArchive(stream.landing)).map(({ path, name }) => [path, name])).toEqual([
      ...[...old].sort().map((name) => [join(stream.archive, name), name]),
      [join(stream.archive, day, 'a.parquet'), 'a.parquet'],
    ])
  })

  test('in the landing folder is not replaced by a file that goes back', async () => {
    const stream = await LandingStream.open()
    const first = readFileSync(await stream.drop('a.parquet'))
    const claims = stream.checkpoint.claimFolder(7)
    mkdirSync(claims)
    writeFileSync(join(claims, 'a.parquet'), first)
    await stream.drop('a.parquet', "SELECT 2::BIGINT AS id, 'b' AS name")
    await stream.run()
    expect((await stream.rows('id')).map(({ id }) => id)).toEqual([1, 2])
    expect(stream.archived()).toEqual([expect.stringMatching(/^a \(put back [0-9a-f-]{36}\)\.parquet$/), 'a.parquet'])
  })

  test('by a second name of the very file is no reason to keep both', async () => {
    const stream = await LandingStream.open()
    await stream.drop('a.parquet')
    const claims = stream.checkpoint.claimFolder(7)
    mkdirSync(claims)
    // What a crash between the link and the removal of a move back leaves.
    linkSync(stream.path('a.parquet'), join(claims, 'a.parquet'))
    await stream.run()
    expect(await stream.rows()).toEqual([{ id: 1, name: 'a' }])
    expect(stream.archived()).toEqual(['a.parquet'])
  })
})

describe('claims that an earlier process left', () => {
  test('for the last batch are done with where its record names them, and go back where it does not', async () => {
    const stream = await LandingStream.open()
    const named = readFileSync(await stream.drop('named.parquet'))
    await stream.run()
    const claims = stream.checkpoint.claimFolder(1)
    mkdirSync(claims)
    // As if the process had died after its commit and before it archived; the second file came too late for the record.
    for (const path of archivedPaths(stream.landing)) unlinkSync(path)
    writeFileSync(join(claims, 'named.parquet'), named)
    const late = readFileSync(await stream.drop('late.parquet', "SELECT 2::BIGINT AS id, 'late' AS name"))
    unlinkSync(stream.path('late.parquet'))
    writeFileSync(join(claims, 'late.parquet'), late)
    await stream.run()
    expect((await stream.rows('id')).map(({ id }) => id)).toEqual([1, 2])
    expect(stream.archived()).toEqual(['late.parquet', 'named.parquet'])
    expect(readdirSync(stream.checkpoint.claimed)).toEqual([])
  })

  test('for the batch to come are its range, without those that no longer fit', async () => {
    const stream = await LandingStream.open()
    const claims = stream.checkpoint.claimFolder(1)
    mkdirSync(claims)
    await stream.drop('a.parquet')
    renameSync(stream.path('a.parquet'), join(claims, 'a.parquet'))
    writeFileSync(join(claims, 'torn.parquet'), 'torn')
    await stream.drop('b.parquet', "SELECT 2::BIGINT AS id, 'b' AS name")
    const batches = await stream.run()
    expect(batches.map(({ inputFiles }) => inputFiles)).toEqual([1, 1])
    expect((await stream.rows('id')).map(({ id }) => id)).toEqual([1, 2])
    expect(stream.waiting()).toEqual(['torn.parquet'])
    expect(Object.keys((await stream.notes()).rejected)).toEqual(['torn.parquet'])
  })

  test('for any other batch go back and are taken like new files', async () => {
    const stream = await LandingStream.open()
    for (const batch of [5, 900]) {
      mkdirSync(stream.checkpoint.claimFolder(batch))
      await stream.drop('x.parquet', `SELECT ${batch}::BIGINT AS id, 'x' AS name`)
      renameSync(stream.path('x.parquet'), join(stream.checkpoint.claimFolder(batch), `${batch}.parquet`))
    }
    await stream.run()
    expect((await stream.rows('id')).map(({ id }) => id)).toEqual([5, 900])
    expect(readdirSync(stream.checkpoint.claimed)).toEqual([])
  })
})

describe('afterCommit', () => {
  test("'delete' leaves neither the file nor a copy", async () => {
    const stream = await LandingStream.open({ afterCommit: 'delete' })
    await stream.drop('a.parquet')
    writeFileSync(stream.path('bad.parquet'), 'not parquet at all')
    await stream.run()
    expect(await stream.rows()).toEqual([{ id: 1, name: 'a' }])
    expect(stream.waiting()).toEqual(['bad.parquet'])
    expect(stream.archived()).toEqual([])
    expect(readdirSync(stream.checkpoint.claimed)).toEqual([])
  })

  test('a file with no rows is taken and archived, and makes no file of ours', async () => {
    const stream = await LandingStream.open()
    await stream.drop('empty.parquet', "SELECT 1::BIGINT AS id, 'a' AS name WHERE false")
    const [batch] = await stream.run()
    expect(batch).toMatchObject({ inputRows: 0, inputFiles: 1, rows: { events: 0 } })
    expect(await stream.rows()).toEqual([])
    expect(stream.archived()).toEqual(['empty.parquet'])
  })
})

describe('limits', () => {
  for (const [limits, sizes] of [
    [{ maxFiles: 2 }, [2, 2, 1]],
    [{ maxRows: 25 }, [2, 2, 1]],
    [{ maxRows: 1 }, [1, 1, 1, 1, 1]],
    [{ maxBytes: 1 }, [1, 1, 1, 1, 1]],
    [{ maxFiles: 100, maxRows: 50 }, [5]],
  ] as const) {
    test(`${JSON.stringify(limits)} makes batches of ${sizes.join(', ')} from five files of ten rows`, async () => {
      const stream = await LandingStream.open()
      for (let id = 0; id < 5; id++) {
        await stream.drop(`${id}.parquet`, `SELECT ${id}::BIGINT AS id, 'x' AS name FROM range(10)`)
      }
      const batches = await stream.run(limits)
      expect(batches.map(({ inputFiles }) => inputFiles)).toEqual(sizes)
      expect(batches.reduce((sum, { inputRows }) => sum + inputRows, 0)).toBe(50)
      expect(batches.at(-1)?.endOffset).toEqual({ files: 5 })
      expect(stream.archived()).toHaveLength(5)
    })
  }
})

describe('_spark_metadata', () => {
  test('lets only the files through that it lists, and later ones when they are listed', async () => {
    const stream = await LandingStream.open()
    const listed = (name: string, action = 'add') =>
      JSON.stringify({ path: `file://${stream.path(encodeURIComponent(name))}`, size: 1, isDir: false, action })
    mkdirSync(stream.path('_spark_metadata'))
    await stream.drop('one file.parquet')
    await stream.drop('two.parquet', "SELECT 2::BIGINT AS id, 'two' AS name")
    await stream.drop('aborted.parquet', "SELECT 3::BIGINT AS id, 'aborted' AS name")
    writeFileSync(stream.path('_spark_metadata/0'), `v1\n${listed('one file.parquet')}\n`)
    writeFileSync(stream.path('_spark_metadata/.0.crc'), 'crc')
    writeFileSync(stream.path('_spark_metadata/1'), `v1\n${listed('two.parquet').slice(0, 20)}`)
    const source = stream.source()
    await stream.run({}, source)
    expect((await stream.rows()).map(({ id }) => id)).toEqual([1])
    expect((await stream.notes()).ignored).toEqual({
      'aborted.parquet': 'not in the _spark_metadata beside it',
      'two.parquet': 'not in the _spark_metadata beside it',
    })
    writeFileSync(stream.path('_spark_metadata/1'), `v1\n${listed('two.parquet')}\n`)
    await stream.run({}, source)
    expect((await stream.rows('id')).map(({ id }) => id)).toEqual([1, 2])
    expect(stream.waiting()).toEqual(['_spark_metadata', 'aborted.parquet'])
  })

  test('is read in its compacted form too, without what it deleted', async () => {
    const stream = await LandingStream.open()
    mkdirSync(stream.path('_spark_metadata'))
    await stream.drop('a.parquet')
    await stream.drop('b.parquet', "SELECT 2::BIGINT AS id, 'b' AS name")
    const line = (name: string, action: string) => JSON.stringify({ path: `file://${stream.path(name)}`, action })
    writeFileSync(
      stream.path('_spark_metadata/9.compact'),
      `v1\n${line('a.parquet', 'add')}\n${line('b.parquet', 'add')}\n`,
    )
    writeFileSync(stream.path('_spark_metadata/10'), `v1\n${line('b.parquet', 'delete')}\n`)
    await stream.run()
    expect((await stream.rows()).map(({ id }) => id)).toEqual([1])
    expect(stream.waiting()).toContain('b.parquet')
  })
})
