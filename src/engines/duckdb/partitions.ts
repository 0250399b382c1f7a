import { isTableDate, type TableShape } from '../../columns.ts'
import { messageOf, UnfitValueError } from '../../errors.ts'

/** The longest name, in bytes, on the file systems of Linux and macOS. */
const MAX_NAME_BYTES = 255

/** How much of a value a message shows. */
const MAX_SHOWN_CHARACTERS = 40

/**
 * A partition value as Delta keeps it; Delta cannot tell '' from NULL.
 * @throws UnfitValueError for a date that Delta cannot have
 */
export function partitionValue(table: TableShape, column: string, value: unknown): string | null {
  if (typeof value !== 'string' || value === '') return null
  if (table.columns[column] !== 'DATE' || isTableDate(value)) return value
  throw new UnfitValueError(`a row of ${table.name} has ${value} as its ${column}.`, {
    remedy: `Delta has dates of the years 1 to 9999: return one of those, or NULL, instead in the stream's SQL.`,
  })
}

/** A text as a message shows it. */
export function shown(text: string): string {
  const [start, rest] = [text.slice(0, MAX_SHOWN_CHARACTERS), text.slice(MAX_SHOWN_CHARACTERS)]
  return rest === '' ? `'${text}'` : `'${start}…' (${Buffer.byteLength(text)} bytes)`
}

/** A folder that is named after a value of a column. */
export interface ValueFolder {
  readonly column: string
  readonly value: string
  readonly nameBytes: number
}

/**
 * The folders, outermost first, of a path whose name was too long for the disk.
 * @param folder  where the COPY wrote
 * @returns undefined if the COPY failed for another reason
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

/** Says which value of a row made a path too long: one after which no folder can be named, or all of them together. */
export function tooLongError(table: string, folders: readonly ValueFolder[], cause: unknown): UnfitValueError {
  const long = folders.find(({ nameBytes }) => nameBytes > MAX_NAME_BYTES)
  const values = (long === undefined ? folders : [long]).map(({ column, value }) => `${shown(value)} as its ${column}`)
  const limit =
    long === undefined
      ? 'The path of its folder would be longer than a disk allows'
      : `Its folder's name would have ${long.nameBytes} bytes; a disk allows ${MAX_NAME_BYTES}`
  return new UnfitValueError(`a row of ${table} has ${values.join(' and ')}.`, {
    cause,
    remedy: `${limit}: shorten it in the stream's SQL, or do not partition by it.`,
  })
}
