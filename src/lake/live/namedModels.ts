import { folded, nodesBelow, parseStatements, textIn } from '../../duckdb/parseTree.ts'
import type { Session } from '../../duckdb/session.ts'
import { givenSql } from '../../duckdb/sql/sql.ts'
import { statementTexts, withoutTexts } from '../../duckdb/sql/statementTexts.ts'
import { LIVE } from '../config/resolveLive.ts'

/** The live aggregates that a query reads, by their folded names; undefined where it names nothing of `live`. */
export type NamedModels = ReadonlySet<string> | undefined

/** Whether a text is worth a closer look. */
export function mayNameModels(sql: string): boolean {
  return new RegExp(`\\b${LIVE}\\b`, 'i').test(sql)
}

/**
 * Which models a query reads. The parse tree says it of a SELECT: a text or a column may say `live.x` as well. DuckDB
 * makes no tree of other statements, and of what a text runs; there, a name that looks like a model's counts.
 */
export async function modelsNamed(session: Session, sql: string): Promise<NamedModels> {
  const names = new Set<string>()
  let isAny = false
  for (const statement of statementTexts(givenSql(sql))) {
    for (const name of await namesIn(session, statement)) {
      isAny = true
      names.add(name)
    }
  }
  return isAny ? names : undefined
}

/** Functions that run their argument. */
const RUN_TEXTS: ReadonlySet<string> = new Set(['query', 'query_table'])

async function namesIn(session: Session, statement: string): Promise<readonly string[]> {
  if (!mayNameModels(statement)) return []
  const tree = await parseStatements(session, statement)
  if (tree === undefined) return namesWritten(withoutTexts(givenSql(statement)))
  const names: string[] = []
  for (const node of nodesBelow(tree)) {
    if (node.type === 'SHOW_REF') names.push(...namesWritten(withoutTexts(givenSql(statement))))
    if (RUN_TEXTS.has(folded(textIn(node, 'function_name')))) names.push(...namesWritten(statement))
    if (node.type !== 'BASE_TABLE') continue
    const [catalog, schema] = ['catalog_name', 'schema_name'].map((key) => folded(textIn(node, key)))
    if (catalog === LIVE || (catalog === '' && schema === LIVE)) names.push(folded(textIn(node, 'table_name')))
  }
  return names
}

const WRITTEN = new RegExp(`\\b${LIVE}"?\\s*\\.\\s*(?:"?main"?\\s*\\.\\s*)?"?(?<name>\\w+)`, 'gi')

function namesWritten(text: string): string[] {
  return [...text.matchAll(WRITTEN)].map(({ groups }) => folded(groups?.name ?? ''))
}
