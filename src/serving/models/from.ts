import type { Functions } from '../../duckdb/functionKinds.ts'
import { folded, nodeIn, type ParseNode, textIn, textsIn } from '../../duckdb/parseTree.ts'
import { LakeError } from '../../errors.ts'
import type { Reference } from '../../tables/engine.ts'
import { suggestion } from '../../words.ts'
import type { LiveRelation } from '../model.ts'
import { assertPerRow } from './expressions.ts'
import { assertOnlyKeys, isDefault, type ModelText, refuse } from './modelText.ts'

/** What a model's FROM may name. */
export interface KnownRelations {
  /** The relation of a name; undefined where there is none. @throws LakeError LAKE_SQL_INVALID if it cannot be kept */
  relation(name: string): Promise<LiveRelation | undefined>
  readonly references: readonly Reference[]
  /** Their names, and those of the relations. */
  readonly names: readonly string[]
  /** The names that the file's header lists under "in". */
  readonly inputs: readonly string[]
}

/** A table of a FROM. */
export interface FromTable {
  /** Folded. */
  readonly alias: string
  /** Folded names of its columns. */
  readonly columns: ReadonlySet<string>
  readonly node: ParseNode
  readonly source: LiveRelation | Reference
  /** Whether expressions outside of the join's condition see it. */
  readonly isVisible: boolean
}

/** A FROM that is known to be kept: its rows are those of one relation, each with what references say of it. */
export interface From {
  readonly tables: readonly FromTable[]
  readonly relation: LiveRelation
  /** The node of the relation's table. */
  readonly at: ParseNode
}

const ONE_RELATION = 'Read one table or view of first rows, and join references to it.'

/** @throws LakeError LAKE_SQL_INVALID where rows of a relation would be paired, ordered or left to chance */
export async function readFrom(
  text: ModelText,
  query: ParseNode,
  known: KnownRelations,
  functions: Functions,
): Promise<From> {
  const reader = new FromReader(text, known, functions)
  await reader.read(nodeIn(query, 'from_table') ?? {}, { isKept: true, isVisible: true })
  const { tables } = reader
  const found = tables.filter(({ source }) => 'kind' in source)
  const [table, second] = found
  if (table === undefined || !('kind' in table.source)) {
    const at = text.sql.startOf(query.from_table) ?? text.sql.startOf(query)
    return refuse(text, at, 'it reads no relation that is kept', ONE_RELATION)
  }
  if (second !== undefined) {
    const names = [table, second].map(({ source }) => source.name)
    const what = names[0] === names[1] ? `it reads ${names[0]} twice` : `it reads both ${names.join(' and ')}`
    refuse(text, text.sql.startOf(second.node), what, `${ONE_RELATION} Two models can be put together in the panel.`)
  }
  return { tables, relation: table.source, at: table.node }
}

const TABLE_KEYS: ReadonlySet<string> = new Set(['type', 'alias', 'query_location', 'table_name'])

const JOIN_KEYS: ReadonlySet<string> = new Set([
  'type',
  'query_location',
  'left',
  'right',
  'condition',
  'join_type',
  'ref_type',
  'using_columns',
])

/** What makes rows in a FROM and is no table, by its node's type. */
const NO_TABLES: ReadonlyMap<string, string> = new Map([
  ['SUBQUERY', 'a subquery in FROM may look at several rows'],
  ['EXPRESSION_LIST', 'VALUES are no relation'],
  ['PIVOT', 'PIVOT and UNPIVOT look at several rows'],
  ['SHOW_REF', 'DESCRIBE and SUMMARIZE are no relation'],
])

/** Where a table stands. */
interface Side {
  /** Whether each of its rows is in the result whatever the rest of the FROM says, or leaves it by itself. */
  readonly isKept: boolean
  readonly isVisible: boolean
}

class FromReader {
  readonly tables: FromTable[] = []
  readonly #text: ModelText
  readonly #known: KnownRelations
  readonly #functions: Functions

  constructor(text: ModelText, known: KnownRelations, functions: Functions) {
    this.#text = text
    this.#known = known
    this.#functions = functions
  }

  async read(node: ParseNode, side: Side): Promise<void> {
    const type = textIn(node, 'type')
    if (type === 'JOIN') return this.#readJoin(node, side)
    const at = this.#text.sql.startOf(node)
    if (type === 'TABLE_FUNCTION') {
      const name = textIn(nodeIn(node, 'function') ?? {}, 'function_name')
      refuse(this.#text, at, `${name}() is no relation of the lake`, ONE_RELATION)
    }
    if (type !== 'BASE_TABLE') {
      const what = type === 'EMPTY' ? 'it reads nothing' : (NO_TABLES.get(type) ?? `${type} is not known to be kept`)
      refuse(this.#text, at, what, ONE_RELATION)
    }
    return this.#readTable(node, side)
  }

  async #readTable(node: ParseNode, { isKept, isVisible }: Side): Promise<void> {
    const { sql } = this.#text
    const at = sql.startOf(node)
    const name = textIn(node, 'table_name')
    if (!isDefault(node.sample)) {
      refuse(
        this.#text,
        sql.keywordAfter(/\btablesample\b/gi, at),
        'a sample is another one each time',
        'Leave it out.',
      )
    }
    if (!isDefault(node.at_clause)) {
      refuse(this.#text, at, 'AT reads an older version of a table', 'Leave it out: a model follows the newest.')
    }
    if (!isDefault(node.column_name_alias)) {
      refuse(this.#text, at, `it gives the columns of ${name} other names`, 'Rename them in the SELECT.')
    }
    const path = ['catalog_name', 'schema_name'].map((key) => textIn(node, key)).filter((step) => step !== '')
    if (path.length > 0) {
      const isKnown = this.#known.names.some((other) => folded(other) === folded(name))
      const remedy = isKnown ? `Write ${name}.` : ONE_RELATION
      refuse(this.#text, at, `it reads ${[...path, name].join('.')}, which is no relation of the lake`, remedy)
    }
    assertOnlyKeys(this.#text, node, TABLE_KEYS)
    const reference = this.#known.references.find((other) => folded(other.name) === folded(name))
    const source = reference ?? (await this.#relation(name, at))
    if (reference === undefined && !isKept) {
      const remedy = `Begin with ${name}, and join the others to it: FROM ${name} LEFT JOIN …`
      refuse(this.#text, at, `a join may leave rows of ${name} out, or add rows that it does not have`, remedy)
    }
    if (!this.#known.inputs.some((input) => folded(input) === folded(name))) {
      const remedy = `Add a line under "in": --      ${name}   what it is`
      refuse(this.#text, at, `it reads ${name}, which its header does not list under "in"`, remedy)
    }
    const columns = new Set(Object.keys(source.columns).map(folded))
    this.tables.push({ alias: folded(textIn(node, 'alias') || name), columns, node, source, isVisible })
  }

  async #relation(name: string, at: number | undefined): Promise<LiveRelation> {
    const relation = await this.#known.relation(name).catch((error: unknown) => {
      if (!(error instanceof LakeError)) throw error
      const what = `it reads the view ${name}, which is not kept: ${error.message.replace(/\.$/, '')}`
      return refuse(this.#text, at, what, error.remedy ?? ONE_RELATION)
    })
    if (relation !== undefined) return relation
    const remedy = suggestion(name, this.#known.names)
    return refuse(this.#text, at, `it reads ${name}, which is no table of the stream that live follows`, remedy)
  }

  async #readJoin(node: ParseNode, side: Side): Promise<void> {
    const { sql } = this.#text
    assertOnlyKeys(this.#text, node, JOIN_KEYS)
    const [join, kind] = [textIn(node, 'join_type'), textIn(node, 'ref_type')]
    const right = nodeIn(node, 'right') ?? {}
    const at = typeof node.query_location === 'number' ? node.query_location : sql.startOf(right)
    const fault = joinFault(join, kind)
    if (fault !== undefined) refuse(this.#text, at, fault, 'Write a LEFT JOIN or a JOIN with ON or USING.')
    const isInner = join === 'INNER'
    await this.read(nodeIn(node, 'left') ?? {}, side)
    await this.read(right, { isKept: side.isKept && isInner, isVisible: side.isVisible && !HIDES.has(join) })
    assertPerRow(this.#text, nodeIn(node, 'condition'), this.#functions)
  }
}

/** Joins whose right side no other expression sees. */
const HIDES: ReadonlySet<string> = new Set(['SEMI', 'ANTI'])

/** Why a join is not kept; undefined where it is. */
function joinFault(join: string, kind: string): string | undefined {
  if (kind === 'NATURAL') return 'a NATURAL JOIN depends on which columns there are'
  if (kind === 'POSITIONAL') return 'a POSITIONAL JOIN depends on the order of rows'
  if (kind === 'ASOF') return 'an ASOF JOIN chooses between rows that are equally near'
  if (kind !== 'REGULAR' && kind !== 'CROSS') return `a join of the kind ${kind} is not known to be kept`
  if (join === 'INNER' || join === 'LEFT' || HIDES.has(join)) return undefined
  return `a ${join === 'OUTER' ? 'FULL' : join} JOIN adds rows that the relation does not have`
}

/** Columns that a USING has merged: their plain names mean those of the left side. */
export function mergedColumns(from: ParseNode): ReadonlySet<string> {
  if (textIn(from, 'type') !== 'JOIN') return new Set()
  const sides = [nodeIn(from, 'left') ?? {}, nodeIn(from, 'right') ?? {}]
  return new Set([...textsIn(from, 'using_columns').map(folded), ...sides.flatMap((side) => [...mergedColumns(side)])])
}

/** `true`, as DuckDB parses it. */
const ALWAYS: ParseNode = {
  class: 'CAST',
  type: 'OPERATOR_CAST',
  alias: '',
  query_location: 0,
  child: {
    class: 'CONSTANT',
    type: 'VALUE_CONSTANT',
    alias: '',
    query_location: 0,
    value: { type: { id: 'VARCHAR', type_info: null }, is_null: false, value: 't' },
  },
  cast_type: { id: 'BOOLEAN', type_info: null },
  try_cast: false,
}

/**
 * The tree of a FROM with one table read under another name; expressions go on to call it as before. A comma becomes a
 * JOIN: what is joined to the whole FROM would otherwise be joined to its last table alone.
 */
export function withTable(node: ParseNode, at: ParseNode, name: string): ParseNode {
  if (node === at) return { ...node, table_name: name, alias: textIn(node, 'alias') || textIn(node, 'table_name') }
  if (textIn(node, 'type') !== 'JOIN') return node
  const isCross = textIn(node, 'ref_type') === 'CROSS'
  return {
    ...node,
    ...(isCross ? { ref_type: 'REGULAR', condition: ALWAYS } : {}),
    left: withTable(nodeIn(node, 'left') ?? {}, at, name),
    right: withTable(nodeIn(node, 'right') ?? {}, at, name),
  }
}

/** The references of a FROM, each once. */
export function referencesOf(from: From): readonly Reference[] {
  const found = from.tables.flatMap(({ source }) => ('kind' in source ? [] : [source]))
  return [...new Set(found)]
}
