import { LakeError } from '../../errors.ts'
import { parseDurationMs } from '../../lake/config/duration.ts'
import { type ContractedSql, headerOf } from '../../lake/config/sqlFile.ts'
import { NAME } from '../../sources/configParts.ts'
import { suggestion } from '../../words.ts'

// A panel's file opens with its contract; after that its header has a line for each key, such as `-- title: Messages`.

const KEYS = [
  'title',
  'note',
  'kind',
  'x',
  'y',
  'series',
  'group',
  'before',
  'compared',
  'order',
  'unit',
  'units',
  'headings',
  'labels',
  'alarm',
  'spark',
  'brush',
  'coarser',
  'rows',
  'grain',
  'range',
  'over',
  'filters',
] as const

export type Key = (typeof KEYS)[number]

/** A value of the header, and the line that it stands in. */
export interface Entry {
  readonly text: string
  readonly line: number
}

/** The keys of one file, each read as what it is. */
export class PanelHeader {
  readonly file: ContractedSql
  readonly #entries: ReadonlyMap<Key, Entry>

  /** @throws LakeError LAKE_SQL_INVALID naming the file and the line, as all that follows does */
  constructor(file: ContractedSql) {
    this.file = file
    this.#entries = entriesOf(file)
  }

  get(key: Key): Entry | undefined {
    return this.#entries.get(key)
  }

  textOf(key: Key): string | undefined {
    return this.#entries.get(key)?.text
  }

  required(key: Key): Entry {
    const entry = this.#entries.get(key)
    if (entry !== undefined) return entry
    throw new LakeError('LAKE_SQL_INVALID', `${this.file.name}: its header has no "${key}".`, { remedy: EXAMPLE })
  }

  /** What stands between commas; nothing if the key is left out. */
  words(key: Key): readonly string[] {
    const text = this.textOf(key)
    return text === undefined ? [] : text.split(',').map((word) => word.trim())
  }

  /** One of a closed set of words. */
  oneOf<Word extends string>(key: Key, { text, line }: Entry, known: readonly Word[]): Word {
    const found = known.find((word) => word === text)
    if (found !== undefined) return found
    throw this.invalid(line, `has the ${key} "${text}", which does not exist.`, suggestion(text, known))
  }

  /** Column → text, such as `shop = Shop, shop = Shop`. */
  columnTexts(key: 'units' | 'headings', example: string): Readonly<Record<string, string>> {
    const entry = this.get(key)
    const separator = key === 'units' ? / +(.*)/s : / *= *(.*)/s
    const pairs = this.words(key).map((word): readonly [string, string] => {
      const [column = '', text = ''] = word.split(separator)
      if (!NAME.test(column) || text === '') {
        throw this.invalid(entry?.line ?? 0, `has "${word}" in its ${key}.`, `Write it like this: ${example}`)
      }
      return [column, text]
    })
    return Object.fromEntries(pairs)
  }

  number(key: Key): number | undefined {
    const entry = this.get(key)
    if (entry === undefined) return undefined
    const number = /^-?\d+(\.\d+)?$/.test(entry.text) ? Number(entry.text) : Number.NaN
    if (Number.isFinite(number)) return number
    throw this.invalid(entry.line, `has the ${key} "${entry.text}".`, `It is a number: -- ${key}: 10`)
  }

  durationMs(key: Key, { text, line }: Entry): number {
    try {
      const spanMs = parseDurationMs(text, key)
      if (spanMs >= 1) return spanMs
    } catch (cause) {
      if (!(cause instanceof LakeError)) throw cause
      throw this.invalid(line, cause.message, cause.remedy ?? '')
    }
    throw this.invalid(line, `has no time in its ${key}.`, 'Write 1 minute, or 24 hours.')
  }

  invalid(line: number, what: string, remedy: string): LakeError {
    return invalidLine(this.file.name, line, what, remedy)
  }
}

const EXAMPLE = `Below the contract a panel's header has lines like these:
-- title: Messages per minute
-- kind: line`

/** The keys of a header. Its contract, which begins with the file's name, has no line of this form. */
function entriesOf(file: ContractedSql): ReadonlyMap<Key, Entry> {
  const invalid = (line: number, what: string, remedy: string) => invalidLine(file.name, line, what, remedy)
  const entries = new Map<Key, Entry>()
  for (const [index, text] of headerOf(file.text).entries()) {
    const [, word, value = ''] = /^-- ?([A-Za-z]+): *(.*?)\s*$/.exec(text) ?? []
    if (word === undefined) continue
    const line = index + 1
    const key = KEYS.find((known) => known === word)
    if (key === undefined) throw invalid(line, `has a key "${word}" that does not exist.`, suggestion(word, KEYS))
    if (entries.has(key)) throw invalid(line, `has the key "${key}" a second time.`, 'Leave one of them out.')
    if (value === '') throw invalid(line, `has nothing after "${key}:".`, 'Fill it in, or leave the line out.')
    entries.set(key, { text: value, line })
  }
  return entries
}

export function invalidLine(file: string, line: number, what: string, remedy: string): LakeError {
  return new LakeError('LAKE_SQL_INVALID', `${file} line ${line}: ${what}`, { remedy })
}
