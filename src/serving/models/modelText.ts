import type { KnownFunctions } from '../../duckdb/functionKinds.ts'
import { isNode, type ParseNode, SqlText, textIn } from '../../duckdb/parseTree.ts'
import type { AverageRounding } from '../../duckdb/sql/averages.ts'
import { LakeError } from '../../errors.ts'
import type { SqlFile } from '../../tables/engine.ts'

/** A model's file with what its header lists under "in". */
export interface ModelFile extends SqlFile {
  /** The model's name; `name` is the file's. */
  readonly called: string
  readonly inputs: readonly string[]
}

/** What the value of an expression depends on besides its row. */
export interface ExpressionsHere {
  /** What is known of its functions. */
  readonly functions: KnownFunctions
  /** Text → its statements, for those that were parsed together. */
  readonly parsed: ReadonlyMap<string, readonly ParseNode[] | undefined>
  /** DuckDB's version. */
  readonly version: string
  /** Of avg(), for INTEGER and BIGINT. */
  readonly rounding: AverageRounding
}

/** A .sql file of which a model or a relation is read, for messages. */
export interface ModelText {
  readonly file: SqlFile
  readonly sql: SqlText
}

export function modelText(file: SqlFile): ModelText {
  return { file, sql: new SqlText(file.text) }
}

/** What to write where nothing is kept that would do the same. */
export const IN_THE_PANEL = 'Do it in the panel: models add, panels are any SQL.'

/**
 * Refuses a text at a place of its file.
 * @param instead  the way to write it, as a sentence
 * @throws LakeError LAKE_SQL_INVALID
 */
export function refuse({ file, sql }: ModelText, at: number | undefined, what: string, instead: string): never {
  const place = at === undefined ? file.name : `${file.name} ${sql.place(at)}`
  throw new LakeError('LAKE_SQL_INVALID', `${place}: ${what}.`, { remedy: instead })
}

/** Refuses what has another value elsewhere or later. */
export function refuseUnstable(text: ModelText, at: number | undefined, name: string): never {
  const remedy = 'Do it in the panel, which is run anew each time: it has $from and $to.'
  return refuse(text, at, `${name} has another value at another time or in another session`, remedy)
}

/** Refuses what a node says beyond what is known: a newer DuckDB may mean anything by it. */
export function assertOnlyKeys(text: ModelText, node: ParseNode, known: ReadonlySet<string>): void {
  const unknown = Object.entries(node).find(([key, value]) => !known.has(key) && !isDefault(value))
  if (unknown === undefined) return
  const what = `"${unknown[0]}" of a ${textIn(node, 'type')} is not known to be kept`
  refuse(text, text.sql.startOf(node), what, 'Leave it out.')
}

/** Whether a field of a whole tree says nothing. */
export function isDefault(value: unknown): boolean {
  if (value === null || value === '' || value === false) return true
  if (Array.isArray(value)) return value.length === 0
  return isNode(value) && Object.entries(value).every(([key, item]) => key === 'type' || isDefault(item))
}
