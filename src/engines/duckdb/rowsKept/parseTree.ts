import type { Session } from '../../../duckdb/session.ts'
import { parseTreeOf } from '../../../duckdb/sql/parseTree.ts'
import { requiredText } from '../../../duckdb/values.ts'

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
