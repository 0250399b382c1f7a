import type { Columns } from '../../../columns.ts'
import { folded, nodeIn, parseStatements, SqlText } from '../../../duckdb/parseTree.ts'
import type { Session } from '../../../duckdb/session.ts'
import { LakeError } from '../../../errors.ts'
import type { SqlFile } from '../../../tables/engine.ts'
import { type Check, columnsOf, NO_SCOPE, refuse, type Unportable } from './check.ts'
import { columnsOfQuery } from './queries.ts'
import { faultsOf, tokensOf } from './texts.ts'

export type { Unportable } from './check.ts'

// Whether Spark reads a SELECT as DuckDB does. It is an allow-list: each function, CAST and clause was tried on both
// engines with all kinds of values, and whatever is not known to be the same is named.

/**
 * What in a SELECT, which is known to bind in DuckDB, is not known to be the same on Spark, in the order of its text.
 * @param relations  what it may read: name → columns
 */
export async function unportable(
  session: Session,
  file: SqlFile,
  relations: ReadonlyMap<string, Columns>,
): Promise<readonly Unportable[]> {
  const sql = new SqlText(file.text)
  const tokens = tokensOf(file.text)
  const known = [...relations].map(([name, columns]) => [folded(name), columnsOf(columns)] as const)
  const check: Check = { sql, tokens, relations: new Map(known), found: [] }
  for (const { at, what, instead } of faultsOf(tokens)) refuse(check, at, what, instead)
  const statements = (await parseStatements(session, file.text)) ?? []
  const query = nodeIn(statements[0] ?? {}, 'node')
  if (query === undefined || statements.length > 1) {
    const pivot = tokens.find(({ kind, text }) => kind === 'word' && /^(un)?pivot$/i.test(text))
    const what = pivot === undefined ? 'it is not one SELECT' : 'PIVOT takes a list of columns on Spark, not the data'
    refuse(check, pivot?.at, what, 'Write one SELECT without PIVOT.')
  } else {
    columnsOfQuery(check, query, NO_SCOPE, 'named')
  }
  return check.found.toSorted((a, b) => (a.at ?? 0) - (b.at ?? 0))
}

/** So many places are named in one error. */
const MAX_NAMED = 5

/**
 * Refuses a SELECT that Spark may not read as DuckDB does.
 * @throws LakeError LAKE_SQL_INVALID naming the file, each line and column, and how to write it
 */
export async function assertPortable(
  session: Session,
  file: SqlFile,
  relations: ReadonlyMap<string, Columns>,
): Promise<void> {
  const found = await unportable(session, file, relations)
  const [first, ...others] = found
  if (first === undefined) return
  const sql = new SqlText(file.text)
  const placeOf = ({ at }: Unportable): string => (at === undefined ? '' : `${sql.place(at)}: `)
  const more = others.slice(0, MAX_NAMED - 1).map((other) => `${placeOf(other)}${other.what}. ${other.instead}`)
  const rest = others.length >= MAX_NAMED ? [`There are ${others.length - MAX_NAMED + 1} more such places.`] : []
  const place = first.at === undefined ? file.name : `${file.name} ${sql.place(first.at)}`
  throw new LakeError('LAKE_SQL_INVALID', `${place}: Spark may read this in another way: ${first.what}.`, {
    remedy: [
      first.instead,
      ...more,
      ...rest,
      `Or write ${file.name.replace(/\.sql$/, '.spark.sql')} beside it, which Spark reads instead.`,
    ].join('\n'),
  })
}
