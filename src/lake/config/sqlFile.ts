import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { DIALECTS, type Dialect } from '../../engines/dialects.ts'
import { LakeError, messageOf, systemCodeOf } from '../../errors.ts'
import type { SqlFile } from '../../tables/engine.ts'
import { suggestion } from '../../words.ts'

/** A .sql file of a lake with the contract that its header states. */
export interface ContractedSql extends SqlFile {
  /** The relations and variables that it reads. */
  readonly inputs: readonly string[]
  /** What stands in its place for engines that read another SQL: `NAME.spark.sql` beside `NAME.sql`. */
  readonly dialects: ReadonlyMap<Dialect, ContractedSql>
}

const CONTRACT = `A header looks like this:
-- folder/file.sql: one sentence that says what a row is.
--
-- in   table_or_view   what it is
-- out  column, …`

/** System error code → why a file cannot be read. */
const READ_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EISDIR: 'it is a folder',
  EACCES: 'it may not be read',
}

/**
 * Reads a .sql file and its header: the first sentence, then the `in` names, one a line; and the files that stand in
 * its place for other dialects.
 * @throws LakeError LAKE_SQL_INVALID
 */
export function readSqlFile(path: string, baseFolder: string): ContractedSql {
  const dialects = DIALECTS.flatMap((dialect) => {
    const other = path.replace(/\.sql$/, `.${dialect}.sql`)
    return dialectOf(path) === undefined && other !== path && existsSync(other)
      ? [[dialect, readOneFile(other, baseFolder)] as const]
      : []
  })
  return { ...readOneFile(path, baseFolder), dialects: new Map(dialects) }
}

/** The dialect that a .sql file is written in, by its name; undefined for DuckDB's own. */
export function dialectOf(path: string): Dialect | undefined {
  return DIALECTS.find((dialect) => path.endsWith(`.${dialect}.sql`))
}

/** The file for a dialect: the one that is for it alone, or the one for all. */
export function sqlFor(sql: ContractedSql, dialect: string | undefined): ContractedSql {
  return [...sql.dialects].find(([other]) => other === dialect)?.[1] ?? sql
}

function readOneFile(path: string, baseFolder: string): ContractedSql {
  const name = relative(baseFolder, path) || '.'
  let text: string
  try {
    text = readFileSync(path, 'utf8').replace(/^\ufeff/, '') // the byte order mark that some editors write
  } catch (cause) {
    const reason = READ_FAULTS[systemCodeOf(cause) ?? ''] ?? messageOf(cause)
    const remedy = `Looked for ${path}: paths are relative to the config.`
    throw new LakeError('LAKE_SQL_INVALID', `${name}: ${reason}.`, { cause, remedy })
  }
  const header = headerOf(text)
  if (!/^-- \S+\.sql: \S/.test(header[0] ?? '')) {
    throw new LakeError('LAKE_SQL_INVALID', `${name} does not begin with its contract.`, { remedy: CONTRACT })
  }
  const inputs = inputsOf(header)
  if (inputs.length === 0) {
    throw new LakeError('LAKE_SQL_INVALID', `${name}: its header names nothing under "in".`, { remedy: CONTRACT })
  }
  return { name, text, inputs, dialects: new Map() }
}

/** The comment that a .sql file opens with, line by line. */
export function headerOf(text: string): readonly string[] {
  const lines = text.split('\n')
  const end = lines.findIndex((line) => !line.startsWith('--'))
  return end === -1 ? lines : lines.slice(0, end)
}

/** The first name of each line in the `in` section; lines with more indentation continue a description. */
function inputsOf(header: readonly string[]): string[] {
  const inputs: string[] = []
  let isIn = false
  for (const line of header) {
    const section = /^-- (in|out)\s/.exec(line)?.[1]
    if (section !== undefined) isIn = section === 'in'
    const word = /^--(?: in {3}| {6})(\w+(?:\.\w+)?)/.exec(line)?.[1]
    if (isIn && word !== undefined) inputs.push(word)
  }
  return inputs
}

/** @throws LakeError LAKE_SQL_INVALID where the header names something that the lake does not have */
export function assertInputsKnown(sql: ContractedSql, known: readonly string[]): void {
  for (const { name, inputs } of [sql, ...sql.dialects.values()]) {
    for (const input of inputs) {
      if (known.includes(input)) continue
      throw new LakeError('LAKE_SQL_INVALID', `${name}: its header names an input "${input}" that does not exist.`, {
        remedy: suggestion(input, known),
      })
    }
  }
}

/** The hash by which a record shows which SELECT made it; a stream without a SELECT has one too. */
export function sqlHashOf(select: SqlFile | undefined): string {
  return createHash('sha256')
    .update(select?.text ?? '')
    .digest('hex')
}
