import { messageOf, UnfitValueError } from '../../errors.ts'
import type { Target } from '../../tables/engine.ts'
import { isDeltaDate } from './stats.ts'

/** Texts that DuckDB reads as NULL where they are the name of a folder, but not once a character is percent-encoded. */
const NULL_FOLDER = /^(null|__HIVE_DEFAULT_PARTITION__)$/i

/** The most bytes that a name has on the file systems of Linux and macOS. */
const MAX_NAME_BYTES = 255

/** So much of a value is shown. */
const MAX_SHOWN_CHARACTERS = 40

/**
 * A partition value as Delta keeps it, which cannot tell '' from NULL.
 * @throws UnfitValueError for a date that Delta does not know
 */
export function partitionValue(target: Target, column: string, value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null
  if (target.columns[column] !== 'DATE' || isDeltaDate(value)) return value
  throw new UnfitValueError(`a row of ${target.name} has ${value} as its ${column}.`, {
    remedy: `Delta has dates of the years 1 to 9999: return one of those, or NULL, in its place in the stream's SQL.`,
  })
}

/** A staged file's place below its table: the folders that DuckDB made of its partition values, and its name. */
export function pathInTable(stagedPath: string, values: readonly (string | null)[]): string {
  const steps = stagedPath.split('/')
  const folders = steps.slice(-1 - values.length, -1).map((step, index) => textFolder(step, values[index] ?? null))
  return [...folders, ...steps.slice(-1)].join('/')
}

function textFolder(step: string, value: string | null): string {
  const [column = ''] = step.split('=', 1)
  const name = step.slice(column.length + 1)
  if (value === null || !NULL_FOLDER.test(name)) return step
  return `${column}=%${name.charCodeAt(0).toString(16).toUpperCase()}${name.slice(1)}`
}

/** A text as a message shows it. */
export function shown(text: string): string {
  const [start, rest] = [text.slice(0, MAX_SHOWN_CHARACTERS), text.slice(MAX_SHOWN_CHARACTERS)]
  return rest === '' ? `'${text}'` : `'${start}…' (${Buffer.byteLength(text)} bytes)`
}

/** A folder that stands for a value of a column. */
export interface ValueFolder {
  readonly column: string
  readonly value: string
  readonly nameBytes: number
}

/**
 * The folders, outermost first, of a path whose name was too long for the disk.
 * @param folder  where the COPY wrote
 * @returns undefined where the COPY failed for another reason
 */
export function tooLongFolders(cause: unknown, folder: string): readonly ValueFolder[] | undefined {
  const path = /Failed to create directory "(.*)": File name too long/s.exec(messageOf(cause))?.[1]
  if (path?.startsWith(folder) !== true) return undefined
  const steps = path.slice(folder.length).split('/')
  return steps.flatMap((step) => {
    const [column = ''] = step.split('=', 1)
    const value = decodeURIComponent(step.slice(column.length + 1))
    return step === '' ? [] : [{ column, value, nameBytes: Buffer.byteLength(step) }]
  })
}

/** Says which value of a row made a path too long: one that no folder can be named for, or all of them together. */
export function tooLongError(table: string, folders: readonly ValueFolder[], cause: unknown): UnfitValueError {
  const long = folders.find(({ nameBytes }) => nameBytes > MAX_NAME_BYTES)
  const values = (long === undefined ? folders : [long]).map(({ column, value }) => `${shown(value)} as its ${column}`)
  const limit =
    long === undefined
      ? 'The path of its folder would be longer than a disk takes'
      : `Its folder's name would have ${long.nameBytes} bytes, a disk takes ${MAX_NAME_BYTES}`
  return new UnfitValueError(`a row of ${table} has ${values.join(' and ')}.`, {
    cause,
    remedy: `${limit}: shorten it in the stream's SQL, or do not partition by it.`,
  })
}
