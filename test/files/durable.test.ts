import { existsSync, linkSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeEach, describe, expect, test } from 'vitest'
import { syncAll } from '../../src/files/barriers.ts'
import { type Disk, nodeDisk } from '../../src/files/disk.ts'
import { ensureFolder } from '../../src/files/folders.ts'
import { moveWithoutReplacing, putBackFiles, takeFile } from '../../src/files/moves.ts'
import { inParallel, inTurns } from '../../src/files/turns.ts'
import { putIfAbsent, replaceFile } from '../../src/files/wholeFiles.ts'
import {
  type DiskCall,
  failingDisk,
  hookedDisk,
  stoppingDisk,
  systemError,
  tracingDisk,
} from '../support/hookedDisk.ts'
import { temporaryFolder } from '../support/temporaryFolder.ts'

let folder: string
let trace: DiskCall[]

beforeEach(() => {
  folder = temporaryFolder()
  trace = []
})

const below = (...steps: string[]): string => join(folder, ...steps)
const steps = (): string[] => trace.map(({ operation, path }) => `${operation} ${path.slice(folder.length + 1)}`)

function write(name: string, text: string): string {
  const path = below(name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(path, text)
  return path
}

const textOf = (...path: string[]): string => readFileSync(below(...path), 'utf8')

describe('ensureFolder', () => {
  test('syncs the parent of every folder that it makes, outermost first', async () => {
    await ensureFolder(tracingDisk(nodeDisk, trace), below('lake'), below('lake/a/b'))
    expect(steps()).toEqual([
      'makeFolder lake',
      'syncFolder ',
      'makeFolder lake/a',
      'syncFolder lake',
      'makeFolder lake/a/b',
      'syncFolder lake/a',
    ])
  })

  test('makes the missing folders above the top too', async () => {
    await ensureFolder(nodeDisk, below('x/y/lake'), below('x/y/lake/a'))
    expect(existsSync(below('x/y/lake/a'))).toBe(true)
  })

  test('syncs the names of folders below the top that are there already: who made them may have died before', async () => {
    mkdirSync(below('lake/a'), { recursive: true })
    await ensureFolder(tracingDisk(nodeDisk, trace), below('lake'), below('lake/a'))
    expect(steps().filter((step) => step.startsWith('sync'))).toEqual(['syncFolder lake'])
  })

  test('syncs a name once, and again where another folder has it', async () => {
    const disk = tracingDisk(nodeDisk, trace)
    const syncs = async (): Promise<string[]> => {
      trace.length = 0
      await ensureFolder(disk, below('lake'), below('lake/a'))
      return steps().filter((step) => step.startsWith('sync'))
    }
    expect(await syncs()).toEqual(['syncFolder ', 'syncFolder lake'])
    expect(await syncs()).toEqual([])
    mkdirSync(below('other'))
    renameSync(below('lake/a'), below('gone'))
    renameSync(below('other'), below('lake/a'))
    expect(await syncs()).toEqual(['syncFolder lake'])
  })

  test('syncs a name again where that has failed', async () => {
    mkdirSync(below('lake/a'), { recursive: true })
    let isFailing = true
    const disk = failingDisk(
      tracingDisk(nodeDisk, trace),
      'EIO',
      ({ operation }) => operation === 'syncFolder' && isFailing,
    )
    await expect(ensureFolder(disk, below('lake'), below('lake/a'))).rejects.toThrow('EIO')
    isFailing = false
    await ensureFolder(disk, below('lake'), below('lake/a'))
    expect(steps()).toContain('syncFolder lake')
  })
})

describe('putIfAbsent', () => {
  test('syncs the contents before the name is there, and leaves no temporary name', async () => {
    mkdirSync(below('staging'))
    const disk = tracingDisk(nodeDisk, trace)
    expect(await putIfAbsent(disk, below('staging'), below('0.json'), 'text')).toBe('linked')
    expect(trace.map(({ operation }) => operation)).toEqual(['writeFile', 'syncFile', 'link', 'removeFile'])
    expect(textOf('0.json')).toBe('text')
    expect(readdirSync(below('staging'))).toEqual([])
  })

  test('leaves a file that is there as it is', async () => {
    write('0.json', 'first')
    expect(await putIfAbsent(nodeDisk, folder, below('0.json'), 'second')).toBe('exists')
    expect(textOf('0.json')).toBe('first')
    expect(readdirSync(folder)).toEqual(['0.json'])
  })

  test('lets one of many writers win', async () => {
    const writers = Array.from({ length: 20 }, (_, index) => `writer ${index}`)
    const outcomes = await Promise.all(writers.map((text) => putIfAbsent(nodeDisk, folder, below('0.json'), text)))
    expect(outcomes.filter((outcome) => outcome === 'linked')).toHaveLength(1)
    expect(textOf('0.json')).toBe(writers[outcomes.indexOf('linked')])
  })
})

describe('moveWithoutReplacing', () => {
  test('puts a suffix before the extension of a name that is taken, and replaces nothing', async () => {
    write('archive/a.parquet', 'first')
    const from = write('a.parquet', 'second')
    expect(await moveWithoutReplacing(nodeDisk, from, below('archive'), 'a.parquet', ' (7.0)')).toBe(
      below('archive/a (7.0).parquet'),
    )
    expect(textOf('archive/a.parquet')).toBe('first')
    expect(textOf('archive/a (7.0).parquet')).toBe('second')
    expect(existsSync(from)).toBe(false)
  })

  test('searches for no name: the calls are the same, however often a name is there', async () => {
    for (let number = 0; number < 100; number++) write(`archive/a (${number}).parquet`, '')
    write('archive/a.parquet', '')
    const from = write('a.parquet', 'text')
    await moveWithoutReplacing(tracingDisk(nodeDisk, trace), from, below('archive'), 'a.parquet', ' (7.0)')
    expect(steps()).toEqual(['link archive/a.parquet', 'link archive/a (7.0).parquet', 'removeFile a.parquet'])
  })

  test('never replaces a file that has the suffix too', async () => {
    for (const name of ['a.parquet', 'a (7.0).parquet']) write(`archive/${name}`, 'other')
    const from = write('a.parquet', 'text')
    await expect(moveWithoutReplacing(nodeDisk, from, below('archive'), 'a.parquet', ' (7.0)')).rejects.toThrow(
      `${from} cannot be moved to ${below('archive/a (7.0).parquet')}: that name is taken.`,
    )
    expect(textOf('a.parquet')).toBe('text')
    expect(textOf('archive/a (7.0).parquet')).toBe('other')
  })

  test.each([
    { call: 1, taken: false },
    { call: 2, taken: false },
    { call: 2, taken: true },
    { call: 3, taken: true },
  ])('that stopped after call $call, name taken: $taken, is finished by a second call', async ({ call, taken }) => {
    const name = taken ? 'a (7.0).parquet' : 'a.parquet'
    mkdirSync(below('archive'))
    if (taken) write('archive/a.parquet', 'other')
    const from = write('a.parquet', 'text')
    const move = (disk: Disk) => moveWithoutReplacing(disk, from, below('archive'), 'a.parquet', ' (7.0)')
    await expect(move(stoppingDisk(nodeDisk, { call, when: 'after' }))).rejects.toThrow('stopped')
    // Where the old name has gone already there is nothing left to do, and the call says so as the system does.
    if (existsSync(from)) await move(nodeDisk)
    else await expect(move(nodeDisk)).rejects.toMatchObject({ code: 'ENOENT' })
    expect(readdirSync(below('archive')).sort()).toEqual(taken ? [name, 'a.parquet'] : [name])
    expect(textOf('archive', name)).toBe('text')
    expect(existsSync(from)).toBe(false)
  })
})

test('putBackFiles makes the new names durable before it drops the old ones', async () => {
  const files = ['a', 'b'].map((name) => ({ name: `${name}.parquet`, file: write(`claimed/${name}.parquet`, name) }))
  mkdirSync(below('landing'))
  const paths = await putBackFiles(tracingDisk(nodeDisk, trace), files, below('landing'))
  expect(paths).toEqual([below('landing/a.parquet'), below('landing/b.parquet')])
  expect(steps()).toEqual([
    'link landing/a.parquet',
    'link landing/b.parquet',
    'syncFolder landing',
    'removeFile claimed/a.parquet',
    'removeFile claimed/b.parquet',
  ])
})

test('putBackFiles gives a file whose name is taken by one rename to a name that nobody else gives', async () => {
  write('landing/a.parquet', 'newer')
  const file = write('claimed/a.parquet', 'older')
  const [path = ''] = await putBackFiles(tracingDisk(nodeDisk, trace), [{ file, name: 'a.parquet' }], below('landing'))
  expect(basename(path)).toMatch(/^a \(put back [0-9a-f-]{36}\)\.parquet$/)
  expect(trace.map(({ operation }) => operation)).toEqual(['link', 'rename'])
  expect(textOf('landing/a.parquet')).toBe('newer')
  expect(textOf('landing', basename(path))).toBe('older')
})

test('putBackFiles finishes what was cut short between the link and the removal', async () => {
  const file = write('claimed/a.parquet', 'text')
  mkdirSync(below('landing'))
  linkSync(file, below('landing/a.parquet'))
  expect(await putBackFiles(nodeDisk, [{ file, name: 'a.parquet' }], below('landing'))).toEqual([
    below('landing/a.parquet'),
  ])
  expect(readdirSync(below('landing'))).toEqual(['a.parquet'])
  expect(existsSync(file)).toBe(false)
})

describe("a file that can have no second name, as on vfat or where it is another user's", () => {
  const noLinks = (): Disk => failingDisk(nodeDisk, 'EPERM', ({ operation }) => operation === 'link')

  test('is moved into a folder of ours by a rename to a free name', async () => {
    write('archive/a.parquet', 'first')
    const from = write('a.parquet', 'second')
    expect(await moveWithoutReplacing(noLinks(), from, below('archive'), 'a.parquet', ' (7.0)')).toBe(
      below('archive/a (7.0).parquet'),
    )
    expect(textOf('archive/a.parquet')).toBe('first')
    expect(textOf('archive/a (7.0).parquet')).toBe('second')
    expect(existsSync(from)).toBe(false)
  })

  test('is put back, each time, under one name that nobody else gives: its own might be taken by then', async () => {
    mkdirSync(below('landing'))
    let [path = ''] = await putBackFiles(noLinks(), [{ name: 'a.parquet', file: write('a', 'text') }], below('landing'))
    expect(basename(path)).toMatch(/^a \(put back [0-9a-f-]{36}\)\.parquet$/)
    ;[path = ''] = await putBackFiles(noLinks(), [{ name: basename(path), file: path }], below('landing'))
    expect(basename(path)).toMatch(/^a \(put back [0-9a-f-]{36}\)\.parquet$/)
    expect(readdirSync(below('landing'))).toEqual([basename(path)])
    expect(textOf('landing', basename(path))).toBe('text')
  })
})

test.each([
  ['a'.repeat(247), '.parquet', `${'a'.repeat(241)} (7.0).parquet`],
  ['ä'.repeat(123), '.parquet', `${'ä'.repeat(120)} (7.0).parquet`],
  ['a'.repeat(255), '', `${'a'.repeat(249)} (7.0)`],
])('a name of 255 bytes that is taken gets its suffix all the same: %s%s', async (stem, extension, suffixed) => {
  write(`archive/${stem}${extension}`, 'first')
  const from = write('from', 'second')
  const path = await moveWithoutReplacing(nodeDisk, from, below('archive'), stem + extension, ' (7.0)')
  expect(basename(path)).toBe(suffixed)
  expect(textOf('archive', suffixed)).toBe('second')
})

test('inTurns gives signals and timers their turn in a long list', async () => {
  let turns = 0
  setImmediate(function again() {
    turns += 1
    if (turns < 1000) setImmediate(again)
  })
  const seen: number[] = []
  for await (const item of inTurns(Array.from({ length: 1000 }, (_, index) => index))) seen.push(item)
  expect(seen).toHaveLength(1000)
  expect(turns).toBeGreaterThanOrEqual(9)
  turns = 1000
})

describe('takeFile', () => {
  test('takes what stands at the name in that instant', async () => {
    const from = write('landing/a.parquet', 'seen')
    mkdirSync(below('claimed'))
    const replacing = hookedDisk(nodeDisk, async (_, perform) => {
      writeFileSync(`${from}.new`, 'newer')
      await nodeDisk.rename(`${from}.new`, from)
      return perform()
    })
    expect(await takeFile(replacing, from, below('claimed'), 'a.parquet')).toMatchObject({
      file: below('claimed/a.parquet'),
      stats: { size: 5 },
    })
    expect(textOf('claimed/a.parquet')).toBe('newer')
    expect(existsSync(from)).toBe(false)
  })

  test('leaves a replacement that comes later where it is', async () => {
    const from = write('landing/a.parquet', 'first')
    mkdirSync(below('claimed'))
    const replaced = hookedDisk(nodeDisk, async (_, perform) => {
      const result = await perform()
      writeFileSync(from, 'second')
      return result
    })
    await takeFile(replaced, from, below('claimed'), 'a.parquet')
    expect(textOf('claimed/a.parquet')).toBe('first')
    expect(textOf('landing/a.parquet')).toBe('second')
  })

  test('never replaces a file that was taken under the same name', async () => {
    write('claimed/a.parquet', 'first')
    const from = write('landing/a.parquet', 'second')
    const { file } = await takeFile(nodeDisk, from, below('claimed'), 'a.parquet')
    expect(basename(file)).toMatch(/^a \([0-9a-f-]{36}\)\.parquet$/)
    expect(textOf('claimed/a.parquet')).toBe('first')
    expect(textOf('claimed', basename(file))).toBe('second')
  })

  test('says so where the rename did nothing because both names are one file', async () => {
    const from = write('landing/a.parquet', 'text')
    mkdirSync(below('claimed'))
    const linking = hookedDisk(nodeDisk, async ({ path }, perform) => {
      linkSync(from, path)
      return perform()
    })
    await expect(takeFile(linking, from, below('claimed'), 'a.parquet')).rejects.toThrow(/still there/)
    expect(textOf('landing/a.parquet')).toBe('text')
  })

  test('tells of a file that is gone as the system does', async () => {
    mkdirSync(below('claimed'))
    await expect(takeFile(nodeDisk, below('gone'), below('claimed'), 'gone')).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('syncAll and inParallel', () => {
  test('sync every path once', async () => {
    const file = write('a', '')
    await syncAll(tracingDisk(nodeDisk, trace), [file, file], [folder, folder])
    expect(steps()).toEqual(['syncFile a', 'syncFolder '])
  })

  test('fail with the first error, after everything that had begun has ended', async () => {
    const files = Array.from({ length: 40 }, (_, index) => write(`${index}`, ''))
    let running = 0
    const watched = hookedDisk(
      failingDisk(nodeDisk, 'EIO', ({ number }) => number === 3),
      async (_, perform) => {
        running += 1
        return perform().finally(() => {
          running -= 1
        })
      },
    )
    await expect(syncAll(watched, files, [])).rejects.toMatchObject({ code: 'EIO' })
    expect(running).toBe(0)
  })

  test('keep a bounded number under way', async () => {
    let running = 0
    let most = 0
    const call = async (): Promise<void> => {
      running += 1
      most = Math.max(most, running)
      await new Promise<void>((resolve) => setImmediate(resolve))
      running -= 1
    }
    await inParallel(Array.from({ length: 100 }, () => call))
    expect(most).toBeLessThanOrEqual(16)
    expect(most).toBeGreaterThan(1)
  })
})

test('replaceFile that finds no space leaves nothing beside the old file', async () => {
  const path = write('lake.sql', 'old')
  const full = hookedDisk(nodeDisk, async (call, perform) => {
    const result = await perform()
    if (call.operation === 'writeFile') throw systemError('ENOSPC', call)
    return result
  })
  await expect(replaceFile(full, path, 'new')).rejects.toMatchObject({ code: 'ENOSPC' })
  expect(readdirSync(folder)).toEqual(['lake.sql'])
  expect(textOf('lake.sql')).toBe('old')
})
