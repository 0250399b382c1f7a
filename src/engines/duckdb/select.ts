import type { Columns, TableShape } from '../../columns.ts'
import type { Session } from '../../duckdb/session.ts'
import { givenSql } from '../../duckdb/sql/sql.ts'
import { LakeError, messageOf } from '../../errors.ts'
import { DESTINATION, type SqlFile } from '../../tables/engine.ts'

/** What DuckDB says about a file that is not one SELECT, and what that means. */
const FILE_FAULTS: readonly { readonly says: string; readonly what: string }[] = [
  { says: 'No statement to prepare', what: 'has no statement; write one SELECT below its header.' },
  {
    says: 'Cannot prepare multiple statements',
    what: 'has several statements, not one SELECT; a PIVOT counts as one only if it names its columns: IN (…).',
  },
]

/**
 * Checks a SELECT before any batch: that it binds to its inputs, and returns what its tables need.
 * @param inputs  the relations that it may read
 * @throws LakeError LAKE_SQL_INVALID naming the file, and the line if DuckDB names it
 */
export async function assertSelectFits(
  session: Session,
  select: SqlFile,
  inputs: readonly string[],
  tables: readonly TableShape[],
): Promise<void> {
  let columns: Columns
  try {
    // The file's own text, so that an error names the line of the file.
    columns = await session.describe(givenSql(select.text))
  } catch (cause) {
    throw bindError(select.name, inputs, cause)
  }
  const wanted: Record<string, string> = tables.length > 1 ? { [DESTINATION]: 'VARCHAR' } : {}
  for (const table of tables) Object.assign(wanted, table.columns)
  const difference = columnsDifference(wanted, columns)
  if (difference !== undefined) throw new LakeError('LAKE_SQL_INVALID', `${select.name}: ${difference}`)
}

function bindError(name: string, inputs: readonly string[], cause: unknown): LakeError {
  const message = messageOf(cause)
  const fault = FILE_FAULTS.find(({ says }) => message.includes(says))
  // DuckDB suggests tables of its own catalog.
  const what = fault?.what ?? message.replace(/(does not exist!)\nDid you mean "[^"]*"\?/, '$1')
  const isUnknown = /Table with name .* does not exist!/.test(message)
  const remedy = `It can read ${inputs.join(', ')}: a reference must be listed under "in" in its header.`
  return new LakeError('LAKE_SQL_INVALID', `${name}: ${what}`, { cause, ...(isUnknown ? { remedy } : {}) })
}

/** The first difference between what a SELECT returns and what its tables need. */
function columnsDifference(wanted: Columns, given: Columns): string | undefined {
  const [names, types] = [Object.keys(given), new Map(Object.entries(given))]
  for (const [name, type] of Object.entries(wanted)) {
    const found = types.get(name)
    if (found === undefined) return `returns no column ${name}; it returns ${names.join(', ')}`
    if (plainType(found) !== plainType(type))
      return `returns ${name} as ${found}, but its table needs ${type}: use CAST`
  }
  const extra = names.find((name) => !Object.hasOwn(wanted, name))
  return extra === undefined ? undefined : `returns a column ${extra} that no table has`
}

/** The short name of a type for which DuckDB has a long one. */
function plainType(type: string): string {
  return type === 'TIMESTAMP WITH TIME ZONE' ? 'TIMESTAMPTZ' : type.replaceAll(', ', ',')
}
