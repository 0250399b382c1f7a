import { describe, expect, test } from 'vitest'
import type { ChangedRow, CopyChanges, CopyTarget, CopyWriter, ModelChanges } from '../../../src/serving/copies/copy.ts'

/** A place for copies as the kit tests it: empty for each test. */
export interface TestedTarget {
  readonly target: CopyTarget
  /** What readers see of a model, in any order; undefined where they see no such model. */
  read(model: string): Promise<readonly (readonly unknown[])[] | undefined>
}

export const LAKE = '/srv/lake'

/** One model with a group and a count, `live.per_channel`. */
export const COLUMNS = { channel: 'VARCHAR', messages: 'BIGINT' }

export function changes(batch: number, ...models: readonly ModelChanges[]): CopyChanges {
  const position = { generation: 'first', batch, batchTimeMs: batch * 1000, takenMs: batch * 1000 + 5 }
  return { lake: LAKE, position: { ...position, newestEventMs: undefined }, models, building: [] }
}

export function modelOf(
  isWhole: boolean,
  rows: readonly ChangedRow[],
  {
    name = 'per_channel',
    build = 'one',
    columns = COLUMNS,
  }: Partial<Pick<ModelChanges, 'name' | 'build' | 'columns'>> = {},
): ModelChanges {
  return {
    name,
    build,
    columns,
    isWhole,
    rows: async function* () {
      yield rows
    },
  }
}

const KEYS = new Map<string | null, string>()

/** A row of the model; the same channel has the same key. */
export function rowOf(batch: number, channel: string | null, messages: number | 'gone'): ChangedRow {
  if (!KEYS.has(channel)) KEYS.set(channel, String(KEYS.size + 1).padStart(32, '0'))
  const isGone = messages === 'gone'
  return { key: KEYS.get(channel) ?? '', batch, isGone, values: [channel, isGone ? null : String(messages)] }
}

/** A place with its writer, which a case closes. */
interface OpenedTarget extends TestedTarget {
  readonly writer: CopyWriter
}

const CASES: Readonly<Record<string, (opened: OpenedTarget) => Promise<void>>> = {
  'is nowhere before its first changes': async ({ writer, read }) => {
    expect(await writer.position()).toBeUndefined()
    expect(await read('per_channel')).toBeUndefined()
    await writer.close()
  },
  'takes a model whole, then what has changed, and knows how far it is': async ({ writer, target, read }) => {
    await writer.write(changes(3, modelOf(true, [rowOf(1, 'SMS', 4), rowOf(3, null, 1), rowOf(2, '', 2)])))
    expect(await read('per_channel')).toEqual(inAnyOrder(['SMS', '4'], [null, '1'], ['', '2']))
    await writer.write(changes(5, modelOf(false, [rowOf(4, 'SMS', 5), rowOf(5, null, 'gone'), rowOf(5, 'PUSH', 9)])))
    expect(await read('per_channel')).toEqual(inAnyOrder(['SMS', '5'], ['', '2'], ['PUSH', '9']))
    await writer.close()
    const again = await target.open()
    const models = new Map([['per_channel', 'one']])
    expect(await again.position()).toEqual({ lake: LAKE, generation: 'first', batch: 5, models })
    await again.close()
  },
  'does not change when it is given the same changes twice': async ({ writer, read }) => {
    await writer.write(changes(1, modelOf(true, [rowOf(1, 'SMS', 4)])))
    const second = changes(2, modelOf(false, [rowOf(2, 'SMS', 5), rowOf(2, 'PUSH', 1), rowOf(2, '', 'gone')]))
    await writer.write(second)
    await writer.write(second)
    expect(await read('per_channel')).toEqual(inAnyOrder(['SMS', '5'], ['PUSH', '1']))
    await writer.close()
  },
  'shows a group again that had gone': async ({ writer, read }) => {
    await writer.write(changes(1, modelOf(true, [rowOf(1, 'SMS', 4)])))
    await writer.write(changes(2, modelOf(false, [rowOf(2, 'SMS', 'gone')])))
    expect(await read('per_channel')).toEqual([])
    await writer.write(changes(3, modelOf(false, [rowOf(3, 'SMS', 1)])))
    expect(await read('per_channel')).toEqual([['SMS', '1']])
    await writer.close()
  },
  'replaces a model that was made anew, also with other columns, and forgets one that is gone': async ({
    writer,
    read,
  }) => {
    const other = modelOf(true, [rowOf(1, 'SMS', 7)], { name: 'other' })
    await writer.write(changes(1, modelOf(true, [rowOf(1, 'SMS', 4)]), other))
    const columns = { day: 'DATE', channel: 'VARCHAR' }
    const values = ['2026-11-22', 'SMS']
    const renewed = modelOf(true, [{ ...rowOf(2, 'SMS', 0), values }], { build: 'two', columns })
    await writer.write(changes(2, renewed))
    expect(await read('per_channel')).toEqual([values])
    expect(await read('other')).toBeUndefined()
    expect((await writer.position())?.models).toEqual(new Map([['per_channel', 'two']]))
    await writer.close()
  },
  'keeps a model that is being made anew, says so, and takes it whole': async ({ writer, read }) => {
    await writer.write(changes(1, modelOf(true, [rowOf(1, 'SMS', 4)]), modelOf(true, [], { name: 'other' })))
    const building = { building: ['per_channel'] }
    await writer.write({ ...changes(2, modelOf(false, [rowOf(2, 'CHAT', 1)], { name: 'other' })), ...building })
    expect((await writer.position())?.models).toEqual(new Map([['other', 'one']]))
    expect(await read('per_channel')).toEqual([['SMS', '4']])
    expect(await read('other')).toEqual([['CHAT', '1']])
    await writer.write(
      changes(3, modelOf(true, [rowOf(3, 'SMS', 9)], { build: 'two' }), modelOf(false, [], { name: 'other' })),
    )
    expect((await writer.position())?.models).toEqual(
      new Map([
        ['per_channel', 'two'],
        ['other', 'one'],
      ]),
    )
    expect(await read('per_channel')).toEqual([['SMS', '9']])
    await writer.close()
  },
  'takes all of several models or nothing': async ({ writer, target, read }) => {
    await writer.write(changes(1, modelOf(true, [rowOf(1, 'SMS', 4)]), modelOf(true, [], { name: 'other' })))
    const failing: ModelChanges = {
      ...modelOf(false, [], { name: 'other' }),
      rows: async function* () {
        yield [rowOf(2, 'SMS', 1)]
        throw new Error('the store was closed')
      },
    }
    const half = changes(2, modelOf(false, [rowOf(2, 'SMS', 5)]), failing)
    await expect(writer.write(half)).rejects.toMatchObject({ code: 'LAKE_COPY_FAILED' })
    expect(await read('per_channel')).toEqual([['SMS', '4']])
    expect(await read('other')).toEqual([])
    await writer.close()
    const again = await target.open()
    expect((await again.position())?.batch).toBe(1)
    await again.close()
  },
  'has one writer at a time': async ({ writer, target }) => {
    await expect(target.open()).rejects.toMatchObject({ code: 'LAKE_COPY_HELD' })
    await writer.close()
    await (await target.open()).close()
  },
}

const TEXTS: readonly (readonly [what: string, value: string])[] = [
  ['a tab', 'a\tb'],
  ['lines', 'a\nb\r\nc'],
  ['a backslash', 'a\\b\\n\\N'],
  ['what COPY ends with', '\\.'],
  ['what COPY takes for NULL', '\\N'],
  ['quotes', `a'b"c`],
  ['nothing', ''],
  ['other scripts', 'żółć 日本語 👩‍👩‍👧'],
  ['both directions', '\u202Eabc\u2066'],
  ['line separators', 'a\u2028b\u2029c'],
  ['200 characters', 'ä'.repeat(200)],
]

/** What every kind of copy must do. Whoever adds one calls this from its test. */
export function testsOfCopies(kind: string, make: () => Promise<TestedTarget>): void {
  const opened = async (): Promise<OpenedTarget> => {
    const tested = await make()
    return { ...tested, writer: await tested.target.open() }
  }
  describe(`a copy in ${kind}`, () => {
    test.each(Object.entries(CASES))('%s', async (_, run) => run(await opened()))

    test.each(TEXTS)('keeps a text with %s', async (_, value) => {
      const { writer, read } = await opened()
      await writer.write(changes(1, modelOf(true, [rowOf(1, value, 1)])))
      await writer.write(changes(2, modelOf(false, [rowOf(2, value, 2)])))
      expect(await read('per_channel')).toEqual([[value, '2']])
      await writer.close()
    })
  })
}

function inAnyOrder(...rows: readonly (readonly unknown[])[]): unknown {
  return expect.toSatisfy(
    (found: readonly unknown[]) => JSON.stringify(sorted(found)) === JSON.stringify(sorted(rows)),
    `the rows ${JSON.stringify(rows)}`,
  )
}

function sorted(rows: readonly unknown[]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort()
}
