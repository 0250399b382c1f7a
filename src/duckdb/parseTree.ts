import type { Session } from './session.ts'
import { parseTreeOf, statementsOfTrees, wholeParseTreesOf } from './sql/parseTree.ts'
import { type Row, requiredText } from './values.ts'

/** A node of DuckDB's parse tree. A missing key means its default: nothing, false, or an empty list. */
export interface ParseNode {
  readonly [key: string]: unknown
}

/** The statements of a text as DuckDB parses them; undefined if DuckDB makes no tree of it. */
export async function parseStatements(session: Session, sql: string): Promise<readonly ParseNode[] | undefined> {
  const [row] = await session.rows(parseTreeOf(sql))
  const tree: unknown = JSON.parse(requiredText(row?.tree, 'the parse tree'))
  return isNode(tree) && tree.error === false ? listIn(tree, 'statements') : undefined
}

/** The same with every key, so that the statement can be written back from what is made of the tree. */
export async function parseWholeStatements(session: Session, sql: string): Promise<readonly ParseNode[] | undefined> {
  const [statements] = await parseWholeTexts(session, [sql])
  return statements
}

/** The same for several texts, in one call of DuckDB: each call costs as much as the parsing. */
export async function parseWholeTexts(
  session: Session,
  texts: readonly string[],
): Promise<readonly (readonly ParseNode[] | undefined)[]> {
  if (texts.length === 0) return []
  return (await session.rows(wholeParseTreesOf(texts))).map(statementsIn)
}

/**
 * The SELECTs that queries of whole trees say, as DuckDB writes them. DuckDB forgets how some expressions were written;
 * so each text is parsed again, and must say the same.
 * @returns undefined in the place of one that does not
 */
export async function writeQueries(
  session: Session,
  queries: readonly ParseNode[],
): Promise<readonly (string | undefined)[]> {
  const trees = queries.map((query) => exactJson({ error: false, statements: [{ node: query }] }))
  const rows = await session.rows(statementsOfTrees(trees))
  return queries.map((query, index) => {
    const row = rows[index] ?? {}
    const statement = requiredText(row.statement, 'a statement').replace(/;\s*$/, '')
    const [written] = statementsIn(row) ?? []
    return meaningOf(written?.node) === meaningOf(query) ? statement : undefined
  })
}

function statementsIn(row: Row): readonly ParseNode[] | undefined {
  const tree = parseExactly(requiredText(row.tree, 'the parse tree'))
  return isNode(tree) && tree.error === false ? listIn(tree, 'statements') : undefined
}

/** What a piece of a tree says, wherever it stands. */
function meaningOf(value: unknown): string {
  return JSON.stringify(value, (key, item: unknown) => {
    if (key === 'query_location') return undefined
    return isNode(item) && item.class === 'CAST' ? (truthValue(item) ?? item) : item
  })
}

/** A truth value is parsed as a constant after IS, and as a cast text elsewhere; DuckDB writes both alike. */
function truthValue(cast: ParseNode): ParseNode | undefined {
  const { type, value } = nodeIn(nodeIn(cast, 'child') ?? {}, 'value') ?? {}
  const isText = isNode(type) && type.id === 'VARCHAR' && (value === 't' || value === 'f')
  if (!isText || nodeIn(cast, 'cast_type')?.id !== 'BOOLEAN' || cast.try_cast === true) return undefined
  const { alias } = cast
  const truth = { type: cast.cast_type, is_null: false, value: value === 't' }
  return { class: 'CONSTANT', type: 'VALUE_CONSTANT', alias, value: truth }
}

/** Stands before the digits of a number that JavaScript would round. No text of SQL holds it. */
const DIGITS = '\0number '

const JSON_TEXT_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g

function parseExactly(json: string): unknown {
  const exact = json.replaceAll(JSON_TEXT_OR_NUMBER, (token) =>
    token.startsWith('"') || String(Number(token)) === token ? token : JSON.stringify(DIGITS + token),
  )
  return JSON.parse(exact)
}

function exactJson(value: unknown): string {
  return JSON.stringify(value).replaceAll(JSON_TEXT_OR_NUMBER, (token) => {
    if (!token.startsWith('"')) return token
    const text: unknown = JSON.parse(token)
    return typeof text === 'string' && text.startsWith(DIGITS) ? text.slice(DIGITS.length) : token
  })
}

/** The node under a key. */
export function nodeIn(node: ParseNode, key: string): ParseNode | undefined {
  const found = node[key]
  return isNode(found) ? found : undefined
}

/** The nodes of the list under a key. */
export function listIn(node: ParseNode, key: string): readonly ParseNode[] {
  const found = node[key]
  return Array.isArray(found) ? found.filter(isNode) : []
}

export function textIn(node: ParseNode, key: string): string {
  const found = node[key]
  return typeof found === 'string' ? found : ''
}

export function textsIn(node: ParseNode, key: string): readonly string[] {
  const found = node[key]
  return Array.isArray(found) ? found.filter((item): item is string => typeof item === 'string') : []
}

/** A name as DuckDB compares it: it ignores the case of ASCII letters only, quoted or not. */
export function folded(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase())
}

/** All nodes below a value, itself included. */
export function* nodesBelow(value: unknown): Generator<ParseNode> {
  const waiting = [value]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next !== 'object' || next === null) continue
    if (isNode(next)) yield next
    for (const item of Object.values(next)) waiting.push(item)
  }
}

export function isNode(value: unknown): value is ParseNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

const OF_ALL = ['class', 'type', 'alias', 'query_location']

/** Class of an expression → its keys. What is not listed here is not known to us, and means anything. */
export const EXPRESSION_KEYS: ReadonlyMap<string, ReadonlySet<string>> = new Map(
  Object.entries({
    COLUMN_REF: ['column_names'],
    CONSTANT: ['value'],
    POSITIONAL_REFERENCE: ['index'],
    STAR: ['relation_name', 'exclude_list', 'replace_list', 'columns', 'expr', 'qualified_exclude_list', 'rename_list'],
    CAST: ['child', 'cast_type', 'try_cast'],
    COLLATE: ['child', 'collation'],
    COMPARISON: ['left', 'right'],
    CONJUNCTION: ['children'],
    OPERATOR: ['children'],
    CASE: ['case_checks', 'else_expr'],
    BETWEEN: ['input', 'lower', 'upper'],
    LAMBDA: ['lhs', 'expr', 'syntax_type'],
    FUNCTION: [
      'function_name',
      'schema',
      'catalog',
      'children',
      'filter',
      'order_bys',
      'distinct',
      'is_operator',
      'export_state',
    ],
    SUBQUERY: ['subquery', 'subquery_type', 'child', 'comparison_type'],
  }).map(([kind, keys]) => [kind, new Set([...OF_ALL, ...keys])]),
)

/** A text, and where in it the nodes of its tree are, in bytes. */
export class SqlText {
  readonly #bytes: Buffer

  constructor(text: string) {
    this.#bytes = Buffer.from(text)
  }

  /** Where a piece of the statement begins: DuckDB locates an operator between its operands. */
  startOf(value: unknown): number | undefined {
    let start: number | undefined
    for (const node of nodesBelow(value)) {
      const place = node.query_location
      // The star that a FROM without a SELECT implies is located at 0.
      if (typeof place !== 'number' || (place === 0 && node.class === 'STAR')) continue
      if (start === undefined || place < start) start = place
    }
    return start
  }

  /** Where a node says that it is, or else where it begins. */
  placeOf(node: ParseNode): number | undefined {
    return typeof node.query_location === 'number' ? node.query_location : this.startOf(node)
  }

  /** Where the keyword before `start` is: a clause has no location of its own. */
  keywordBefore(keyword: RegExp, start: number | undefined): number | undefined {
    if (start === undefined) return undefined
    const before = this.#bytes.subarray(0, start).toString('latin1') // one character a byte
    return [...before.matchAll(keyword)].at(-1)?.index ?? start
  }

  keywordAfter(keyword: RegExp, start: number | undefined): number | undefined {
    if (start === undefined) return undefined
    const after = this.#bytes.subarray(start).toString('latin1')
    const found = [...after.matchAll(keyword)][0]
    return found === undefined ? start : start + found.index
  }

  /** `line 3, column 7`, both from 1, in characters. */
  place(offset: number): string {
    const lines = this.#bytes.subarray(0, offset).toString('utf8').split('\n')
    return `line ${lines.length}, column ${[...(lines.at(-1) ?? '')].length + 1}`
  }
}
