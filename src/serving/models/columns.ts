import { folded, isNode, type ParseNode, textIn, textsIn } from '../../duckdb/parseTree.ts'
import { type From, type FromTable, mergedColumns } from './from.ts'
import { type ModelText, refuse, refuseUnstable } from './modelText.ts'

/** The tree below a value with nodes put in place of others; a node that is replaced is not looked into. */
export function mapNodes(value: unknown, replace: (node: ParseNode) => ParseNode | undefined): unknown {
  if (Array.isArray(value)) return value.map((item) => mapNodes(item, replace))
  if (!isNode(value)) return value
  const replaced = replace(value)
  if (replaced !== undefined) return replaced
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, mapNodes(item, replace)]))
}

/** Names that SQL has for functions without brackets; they are parsed as columns. */
const OF_THE_SESSION: ReadonlySet<string> = new Set([
  'current_catalog',
  'current_date',
  'current_role',
  'current_schema',
  'current_time',
  'current_timestamp',
  'current_user',
  'localtime',
  'localtimestamp',
  'session_user',
  'user',
])

/** What the names in a model's expressions mean. */
export class Names {
  readonly #text: ModelText
  readonly #from: From
  readonly #merged: ReadonlySet<string>
  /** Folded alias → the item of the SELECT. */
  readonly #aliases = new Map<string, ParseNode>()

  constructor(text: ModelText, from: From, fromNode: ParseNode, items: readonly ParseNode[]) {
    this.#text = text
    this.#from = from
    this.#merged = mergedColumns(fromNode)
    for (const item of items) {
      const alias = folded(textIn(item, 'alias'))
      if (alias !== '' && !this.#aliases.has(alias)) this.#aliases.set(alias, item)
    }
  }

  /** The expression with what they mean in place of aliases: the name of a column goes before, as in DuckDB. */
  withoutAliases(node: ParseNode): ParseNode {
    return this.#unaliased(node, new Set())
  }

  #unaliased(node: ParseNode, open: ReadonlySet<string>): ParseNode {
    const mapped = mapNodes(node, (inner) => {
      if (inner.class !== 'COLUMN_REF') return undefined
      const names = textsIn(inner, 'column_names').map(folded)
      const [name = ''] = names
      const item = this.#aliases.get(name)
      if (names.length !== 1 || item === undefined || open.has(name) || this.#tableOf(names) !== undefined) return inner
      const { alias } = inner
      return { ...this.#unaliased(item, new Set([...open, name])), alias }
    })
    return isNode(mapped) ? mapped : node
  }

  /** Refuses names of what is no column, such as `rowid`, or a whole row. */
  assertColumns(value: unknown): void {
    for (const node of columnRefsIn(value)) {
      const names = textsIn(node, 'column_names')
      if (this.#tableOf(names.map(folded)) !== undefined) continue
      const tables = this.#from.tables.map(({ source }) => source.name).join(', ')
      const at = this.#text.sql.startOf(node)
      if (names.length === 1 && OF_THE_SESSION.has(folded(names[0] ?? ''))) refuseUnstable(this.#text, at, names.join())
      const remedy = 'Name a column, or the table as it stands in FROM and a column.'
      refuse(this.#text, at, `${names.join('.')} is no column of ${tables}`, remedy)
    }
  }

  /** What an expression says, the same for each way to write its columns. */
  meaningOf(value: unknown): string {
    return JSON.stringify(
      mapNodes(value, (node) => {
        if (node.class !== 'COLUMN_REF') return undefined
        const names = textsIn(node, 'column_names').map(folded)
        return { column: names.at(-1), of: this.#tableOf(names)?.alias }
      }),
      (key, item: unknown) => (key === 'query_location' || key === 'alias' ? undefined : item),
    )
  }

  /** The columns of the relation that a value reads, or a USING. */
  relationColumns(value: unknown): readonly string[] {
    const { relation } = this.#from
    const read = new Set(this.#merged)
    for (const node of columnRefsIn(value)) {
      const names = textsIn(node, 'column_names').map(folded)
      if (this.#tableOf(names)?.source === relation) read.add(names.at(-1) ?? '')
    }
    return Object.keys(relation.columns).filter((column) => read.has(folded(column)))
  }

  #tableOf(names: readonly string[]): FromTable | undefined {
    const [first = '', second] = names
    if (names.length > 2) return undefined
    if (second !== undefined) {
      return this.#from.tables.find(({ alias, columns }) => alias === first && columns.has(second))
    }
    const having = this.#from.tables.filter(({ columns }) => columns.has(first))
    const visible = having.filter(({ isVisible }) => isVisible)
    // Were there two, DuckDB would have refused the name, unless a USING makes one of them.
    return this.#merged.has(first) ? having[0] : (visible[0] ?? having[0])
  }
}

export function* columnRefsIn(value: unknown): Generator<ParseNode> {
  if (Array.isArray(value)) for (const item of value) yield* columnRefsIn(item)
  if (!isNode(value)) return
  if (value.class === 'COLUMN_REF') yield value
  else for (const item of Object.values(value)) yield* columnRefsIn(item)
}
