import type { Columns } from '../../../columns.ts'
import { folded, type ParseNode, type SqlText } from '../../../duckdb/parseTree.ts'
import type { Token } from './texts.ts'
import type { Type } from './types.ts'

/** A place in a .sql file that Spark does not read as DuckDB does, as far as is known. */
export interface Unportable {
  /** Where it begins, in bytes; undefined where that is not known. */
  readonly at: number | undefined
  /** A clause without its full stop. */
  readonly what: string
  /** How to write it so that both read it alike, as a sentence. */
  readonly instead: string
}

/** One SELECT while it is looked at. */
export interface Check {
  readonly sql: SqlText
  readonly tokens: readonly Token[]
  /** What can be read, by folded name. */
  readonly relations: ReadonlyMap<string, readonly Column[]>
  readonly found: Unportable[]
}

export interface Column {
  /** As it is written where it was declared. */
  readonly name: string
  readonly type: Type
}

/** What a name in a FROM stands for. */
export interface ReadRelation {
  readonly alias: string
  /** Empty where they are not known, which was said already. */
  readonly columns: readonly Column[]
}

/** What can be named at a place. */
export interface Scope {
  readonly relations: readonly ReadRelation[]
  /** Columns that a USING has merged, by folded name. */
  readonly merged: ReadonlyMap<string, Column>
  /** Columns of the SELECT itself that come earlier in it, by folded alias. */
  readonly aliases: ReadonlyMap<string, Type>
  readonly ctes: ReadonlyMap<string, readonly Column[]>
  readonly around: Scope | undefined
}

export const NO_SCOPE: Scope = {
  relations: [],
  merged: new Map(),
  aliases: new Map(),
  ctes: new Map(),
  around: undefined,
}

/** Notes that something is not portable. The first finding at a place says it. */
export function refuse({ sql, found }: Check, at: ParseNode | number | undefined, what: string, instead: string): void {
  const place = typeof at === 'object' ? sql.placeOf(at) : at
  if (found.some((other) => other.at === place && place !== undefined)) return
  found.push({ at: place, what, instead })
}

/** The columns of a relation with the types of this check. */
export function columnsOf(columns: Columns): Column[] {
  return Object.entries(columns).map(([name, type]) => ({ name, type: ownType(type) }))
}

/** DuckDB's long names, as a session describes them, in the contract's words. */
function ownType(type: string): Type {
  return type === 'TIMESTAMP WITH TIME ZONE' ? 'TIMESTAMPTZ' : type.replaceAll(', ', ',')
}

export function columnNamed(columns: readonly Column[], name: string): Column | undefined {
  return columns.find((column) => folded(column.name) === folded(name))
}
