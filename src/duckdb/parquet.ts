import { messageOf } from '../errors.ts'
import { footerRows, footerRowsInAll, rowGroupRows, schemaElements } from './render.ts'
import type { Session } from './session.ts'
import { requiredText, safeInteger } from './values.ts'

/** What the footer of a Parquet file says. */
export interface Footer {
  readonly rows: number
  /** The outermost columns in order; a nested one has the type `NESTED`. */
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
  } catch (error) {
    const [only] = files
    if (files.length === 1 && only !== undefined) return new Map([[only, { reason: firstLine(messageOf(error)) }]])
    const middle = Math.ceil(files.length / 2)
    const left = await readFooters(session, files.slice(0, middle))
    const right = await readFooters(session, files.slice(middle))
    return new Map([...left, ...right])
  }
}

async function readSoundFooters(session: Session, files: readonly string[]): Promise<Map<string, Footer>> {
  const counts = await session.rows(footerRows(files))
  const elements = await session.rows(schemaElements(files))
  const columns = new Map<string, { name: string; type: string }[]>()
  /** Schema elements still to come of the column that the last one opened. */
  let open = 0
  for (const element of elements) {
    const file = requiredText(element.file_name, 'file_name')
    const children = safeInteger(element.children, 'num_children')
    const known = columns.get(file)
    if (known === undefined) {
      columns.set(file, [])
      open = 0
      continue
    }
    if (open === 0) {
      const type = children > 0 ? 'NESTED' : requiredText(element.duckdb_type, 'type')
      known.push({ name: requiredText(element.name, 'name'), type })
      open = children
    } else {
      open += children - 1
    }
  }
  return new Map(
    counts.map((row) => {
      const file = requiredText(row.file_name, 'file_name')
      return [file, { rows: safeInteger(row.num_rows, `rows of ${file}`), columns: columns.get(file) ?? [] }]
    }),
  )
}

function firstLine(message: string): string {
  return message.split('\n')[0] ?? message
}
