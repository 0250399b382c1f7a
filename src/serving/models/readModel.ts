import { type Functions, functionKinds } from '../../duckdb/functionKinds.ts'
import { folded, isNode, listIn, nodeIn, type ParseNode, parseWholeStatements, textIn } from '../../duckdb/parseTree.ts'
import type { Session } from '../../duckdb/session.ts'
import { givenSql } from '../../duckdb/sql/sql.ts'
import { LakeError, messageOf } from '../../errors.ts'
import type { LiveModel } from '../model.ts'
import { Aggregates } from './aggregates.ts'
import { assertClauses } from './clauses.ts'
import { mapNodes, Names } from './columns.ts'
import { assertClasses, assertPerRow, assertStable, isAggregate } from './expressions.ts'
import { type KnownRelations, readFrom } from './from.ts'
import { readGroups } from './groups.ts'
import { type ExpressionsHere, type ModelFile, type ModelText, modelText, refuse } from './modelText.ts'
import { groupName, type ModelParts, type Output, storedColumn, writeModel } from './writtenModel.ts'

/**
 * Reads a model: what is stored of it and how, by DuckDB's own parse tree.
 * @param session  one in which the relations that it names exist, with their columns
 * @throws LakeError LAKE_SQL_INVALID naming the file, the place, and the way to write it
 */
export async function readModel(
  session: Session,
  file: ModelFile,
  known: KnownRelations,
  here: ExpressionsHere,
): Promise<LiveModel> {
  const text = modelText(file)
  const query = await queryOf(session, text, here)
  assertClauses(text, query)
  const functions = await functionKinds(session, query, here.functions)
  const from = await readFrom(text, query, known, functions)
  assertClasses(text, [query.select_list, query.where_clause, query.group_expressions])
  const columns = await describe(session, text)
  const given = listIn(query, 'select_list')
  const names = new Names(text, from, nodeIn(query, 'from_table') ?? {}, given)
  const items = given.map((item) => names.withoutAliases(item))
  const where = isNode(query.where_clause) ? names.withoutAliases(query.where_clause) : null
  assertPerRow(text, where, functions)
  for (const item of items) assertStable(text, item, functions, () => undefined)
  names.assertColumns([items, where, query.from_table])
  const groups = readGroups(text, query, items, names, functions)
  assertPerRow(text, groups, functions)
  names.assertColumns(groups)
  const aggregates = new Aggregates(text, names, functions)
  assertNamed(text, given)
  const outputs = items.map((item) => outputOf(text, item, groups, { aggregates, names, functions }))
  if (aggregates.values.length === 0) {
    const remedy = 'Add one, such as count(*) AS rows.'
    refuse(text, text.sql.startOf(query.select_list), 'it has no aggregate', remedy)
  }
  assertGroupsSeen(text, groups, outputs)
  const parts: ModelParts = { text, query, where, from, names, groups, aggregates, outputs, columns }
  return await writeModel(session, file, parts, here)
}

/** The one query of a file. */
async function queryOf(session: Session, text: ModelText, { parsed }: ExpressionsHere): Promise<ParseNode> {
  const given = text.file.text
  const statements = parsed.has(given) ? parsed.get(given) : await parseWholeStatements(session, given)
  if (statements === undefined) {
    await describe(session, text) // DuckDB says what is wrong, and where
    return refuse(text, undefined, 'DuckDB makes no parse tree of it', 'Write one SELECT … GROUP BY.')
  }
  const [statement, second] = statements
  const query = nodeIn(statement ?? {}, 'node')
  if (query === undefined) return refuse(text, undefined, 'it has no statement', 'Write one SELECT below the header.')
  if (second !== undefined) refuse(text, text.sql.startOf(second), 'it has a second statement', 'Write one SELECT.')
  return query
}

/** The columns that a model returns, as DuckDB binds it. */
async function describe(session: Session, { file }: ModelText): Promise<Readonly<Record<string, string>>> {
  let columns: Readonly<Record<string, string>>
  try {
    columns = await session.describe(givenSql(file.text))
  } catch (cause) {
    const [message = ''] = messageOf(cause).split('\n\nStack Trace')
    const isScript = message.includes('Cannot prepare multiple statements')
    const what = isScript ? 'it has several statements, for which a PIVOT counts too.' : message
    throw new LakeError('LAKE_SQL_INVALID', `${file.name}: ${what}`, {
      cause,
      ...(isScript ? { remedy: 'Write one SELECT … GROUP BY.' } : {}),
    })
  }
  const seen = new Map<string, string>()
  for (const name of Object.keys(columns)) {
    const other = seen.get(folded(name))
    if (other !== undefined) {
      throw new LakeError('LAKE_SQL_INVALID', `${file.name}: returns ${other} and ${name}, one name to DuckDB.`, {
        remedy: 'Rename one of them.',
      })
    }
    seen.set(folded(name), name)
  }
  return columns
}

/** A column without a name of its own would be called by its text. */
function assertNamed(text: ModelText, items: readonly ParseNode[]): void {
  for (const item of items) {
    if (item.class === 'COLUMN_REF' || textIn(item, 'alias') !== '') continue
    refuse(text, text.sql.startOf(item), 'it has a column without a name', 'Write … AS name.')
  }
}

interface Reading {
  readonly aggregates: Aggregates
  readonly names: Names
  readonly functions: Functions
}

function outputOf(text: ModelText, item: ParseNode, groups: readonly ParseNode[], reading: Reading): Output {
  const { aggregates, names, functions } = reading
  const meanings = groups.map((group) => names.meaningOf(group))
  const groupOf = (node: ParseNode): number | undefined => {
    const index = meanings.indexOf(names.meaningOf(node))
    return index < 0 ? undefined : index
  }
  const expression = mapNodes(item, (node) => {
    if (typeof node.class !== 'string') return undefined
    if (isAggregate(node, functions)) return storedColumn(aggregates.nameOf(node))
    const group = groupOf(node)
    if (group !== undefined) return storedColumn(groupName(group))
    if (node.class !== 'COLUMN_REF') return undefined
    const what = `${String(node.column_names)} is neither a group nor in an aggregate`
    return refuse(text, text.sql.startOf(node), what, 'Group by it, or write min or max of it.')
  })
  return { expression: { ...(isNode(expression) ? expression : item), alias: '' }, group: groupOf(item) }
}

function assertGroupsSeen(text: ModelText, groups: readonly ParseNode[], outputs: readonly Output[]): void {
  groups.forEach((group, index) => {
    if (outputs.some((output) => output.group === index)) return
    const what = 'it groups by an expression that is none of its columns'
    refuse(text, text.sql.startOf(group), what, 'Add it to the SELECT.')
  })
}
