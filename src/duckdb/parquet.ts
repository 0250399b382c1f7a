import { systemCodeOf } from '../errors.ts'
import { inTurns } from '../files/durable.ts'
import { readEnds } from '../files/read.ts'
import { unreadableReason } from './reasons.ts'
import type { Session } from './session.ts'
import { fileSchemas, footerRows, footerRowsInAll, rowGroupRows } from './sql/footers.ts'
import { requiredText, safeInteger } from './values.ts'

/** What the footer of a Parquet file says. */
export interface Footer {
  readonly rows: number
  /** The outermost columns in order; a nested one has the type `NESTED`. One array for all files that share them. */
  readonly columns: readonly { readonly name: string; readonly type: string }[]
}

/** A file whose footer cannot be read, and why. */
export interface NoFooter {
  readonly reason: string
}

/** The sum of the rows that the footers of files count. */
export async function countRows(session: Session, files: readonly string[]): Promise<number> {
  if (files.length === 0) return 0
  const [row] = await session.rows(footerRowsInAll(files))
  return safeInteger(row?.rows, 'the number of rows')
}

/** The rows of each file as its row groups count them, which is what a reader gets. @returns path → rows */
export async function countRowGroups(session: Session, files: readonly string[]): Promise<Map<string, number>> {
  if (files.length === 0) return new Map()
  const rows = await session.rows(rowGroupRows(files))
  return new Map(
    rows.map((row) => {
      const file = requiredText(row.file_name, 'file_name')
      return [file, safeInteger(row.rows, `rows of ${file}`)]
    }),
  )
}

/**
 * Reads the footers of files, in few queries where all are well. A file that has none does not keep the others from
 * being read.
 * @returns path → footer, for every path that was given
 */
export async function readFooters(session: Session, files: readonly string[]): Promise<Map<string, Footer | NoFooter>> {
  if (files.length === 0) return new Map()
  try {
    return await readSoundFooters(session, files)
  } catch {
    // Some file or other: those that are no Parquet files are told by their ends, which is cheap.
    const found = new Map<string, Footer | NoFooter>()
    for await (const file of inTurns(files)) {
      const reason = await reasonByEnds(file)
      if (reason !== undefined) found.set(file, { reason })
    }
    await readByHalves(
      session,
      files.filter((file) => !found.has(file)),
      found,
    )
    return found
  }
}

async function readByHalves(
  session: Session,
  files: readonly string[],
  found: Map<string, Footer | NoFooter>,
): Promise<void> {
  const [only] = files
  if (only === undefined) return
  try {
    for (const [file, footer] of await readSoundFooters(session, files)) found.set(file, footer)
  } catch (error) {
    if (files.length === 1) {
      found.set(only, { reason: unreadableReason(error, 'footer') })
      return
    }
    const middle = Math.ceil(files.length / 2)
    await readByHalves(session, files.slice(0, middle), found)
    await readByHalves(session, files.slice(middle), found)
  }
}

/** What a Parquet file begins and ends with; one with an encrypted footer has another end. */
const MAGIC = 'PAR1'
const ENCRYPTED_MAGIC = 'PARE'
/** Both magics and the length of a footer. */
const LEAST_BYTES = 12

/** Why a file cannot be a whole Parquet file, as its first and last bytes show. */
async function reasonByEnds(path: string): Promise<string | undefined> {
  try {
    const { size, first, last } = await readEnds(path, MAGIC.length)
    if (size === 0) return 'it is empty'
    if (last === ENCRYPTED_MAGIC) return 'it is encrypted'
    if (last === MAGIC && size >= LEAST_BYTES) return undefined
    if (first === MAGIC) return 'it has no footer: it was cut off, or is not finished'
    return 'it is no Parquet file'
  } catch (error) {
    const code = systemCodeOf(error)
    if (code === 'EACCES' || code === 'EPERM') return 'it may not be read: permission denied'
    if (code === 'ENOENT') return 'it is gone'
    throw error
  }
}

async function readSoundFooters(session: Session, files: readonly string[]): Promise<Map<string, Footer>> {
  const counts = await session.rows(footerRows(files))
  const schemas = await session.rows(fileSchemas(files))
  const columns = new Map<string, Footer['columns']>()
  for (const schema of schemas) {
    const outermost = outermostColumns(schema.elements as unknown as readonly SchemaElement[])
    for (const file of schema.files as readonly string[]) columns.set(file, outermost)
  }
  return new Map(
    counts.map((row) => {
      const file = requiredText(row.file_name, 'file_name')
      return [file, { rows: safeInteger(row.num_rows, `rows of ${file}`), columns: columns.get(file) ?? [] }]
    }),
  )
}

/** A root, a column or a part of one. */
interface SchemaElement {
  readonly name: string
  /** DuckDB's; a nested one has none. */
  readonly type: string | null
  readonly children: number
}

function outermostColumns(elements: readonly SchemaElement[]): Footer['columns'] {
  const columns: { name: string; type: string }[] = []
  /** Elements still to come of the column that the last one opened. */
  let open = 0
  for (const { name, type, children } of elements.slice(1)) {
    if (open === 0) {
      columns.push({ name, type: children > 0 ? 'NESTED' : requiredText(type ?? undefined, `the type of ${name}`) })
      open = children
    } else {
      open += children - 1
    }
  }
  return columns
}
