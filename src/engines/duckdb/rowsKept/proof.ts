import type { Functions } from '../../../duckdb/functionKinds.ts'
import { folded, listIn, nodeIn, type ParseNode, type SqlText, textIn, textsIn } from '../../../duckdb/parseTree.ts'
import { LakeError } from '../../../errors.ts'
import type { Reference } from '../../../tables/engine.ts'

/** What one SELECT is proved against. */
export interface Proof {
  /** The .sql file, for messages. */
  readonly name: string
  readonly sql: SqlText
  /** The relation whose rows must be kept. */
  readonly source: string
  readonly references: readonly Reference[]
  readonly functions: Functions
}

/** A common table expression, and those that it can read itself. */
interface Cte {
  readonly query: ParseNode
  readonly scope: Scope
  /** New names of its columns; empty if they keep theirs. */
  readonly columns: readonly string[]
}

/** The common table expressions that can be read at a place, by folded name. */
export type Scope = ReadonlyMap<string, Cte>

/** What a name in a FROM refers to. */
export type Relation =
  | { readonly kind: 'source' }
  | { readonly kind: 'reference'; readonly reference: Reference }
  | { readonly kind: 'cte'; readonly cte: Cte }
  | { readonly kind: 'other' }

const ANY_ROWS = "Or write rows: 'any' for its stream in the config, if it may drop rows and make some."

/**
 * Refuses a SELECT at a place of its file.
 * @param instead  how to write it so that it keeps rows, as a sentence
 * @throws LakeError LAKE_SQL_INVALID
 */
export function refuse({ name, sql }: Proof, at: number | undefined, what: string, instead: string): never {
  const place = at === undefined ? name : `${name} ${sql.place(at)}`
  throw new LakeError('LAKE_SQL_INVALID', `${place}: ${what}.`, { remedy: `${instead} ${ANY_ROWS}` })
}

/** Refuses keys that are not known: a newer DuckDB may mean anything by them. */
export function assertKnownKeys(proof: Proof, node: ParseNode, known: ReadonlySet<string>): void {
  const unknown = Object.keys(node).find((key) => !known.has(key))
  if (unknown === undefined) return
  const what = `"${unknown}" of a ${textIn(node, 'type')} is not known to keep rows`
  refuse(proof, proof.sql.startOf(node), what, 'Leave it out.')
}

/** The scope within a query: what is around it, and its own WITH, each entry of which sees those before it. */
export function scopeWithin(proof: Proof, query: ParseNode, around: Scope): Scope {
  const scope = new Map(around)
  for (const entry of listIn(nodeIn(query, 'cte_map') ?? {}, 'map')) {
    const name = folded(textIn(entry, 'key'))
    const cte = nodeIn(entry, 'value') ?? {}
    const body = nodeIn(nodeIn(cte, 'query') ?? {}, 'node') ?? {}
    const hidden = [proof.source, ...proof.references.map((reference) => reference.name)].find(
      (relation) => folded(relation) === name,
    )
    if (hidden !== undefined) {
      const at = proof.sql.keywordBefore(new RegExp(`\\b${hidden}\\b`, 'gi'), proof.sql.startOf(body))
      refuse(proof, at, `WITH ${hidden} hides the ${hidden} that the stream reads`, 'Give it another name.')
    }
    scope.set(name, { query: body, scope: new Map(scope), columns: textsIn(cte, 'aliases') })
  }
  return scope
}

/** What a BASE_TABLE is. Everything that a stream reads is temporary: a table of another schema is something else. */
export function relationOf(proof: Proof, table: ParseNode, scope: Scope): Relation {
  const name = folded(textIn(table, 'table_name'))
  const [catalog, schema] = [folded(textIn(table, 'catalog_name')), folded(textIn(table, 'schema_name'))]
  const path = [catalog, schema].filter((step) => step !== '').join('.')
  if (path !== '' && path !== 'temp' && path !== 'temp.main') return { kind: 'other' }
  const cte = path === '' ? scope.get(name) : undefined
  if (cte !== undefined) return { kind: 'cte', cte }
  if (name === folded(proof.source)) return { kind: 'source' }
  const reference = proof.references.find((other) => folded(other.name) === name)
  return reference === undefined ? { kind: 'other' } : { kind: 'reference', reference }
}
