import { readFileSync } from 'node:fs'

declare const brand: unique symbol

/**
 * SQL text. It comes from the tag below, which only this folder uses, from a .sql file of ours, or from a user as it
 * was written. Other text gets into SQL only as a literal or a name.
 */
export type Sql = string & { readonly [brand]: 'sql' }

/** SQL with other SQL or numbers inserted. */
export function sql(fixed: TemplateStringsArray, ...parts: readonly (Sql | number)[]): Sql {
  return fixed.reduce((text, piece, index) => `${text}${parts[index - 1]}${piece}`) as Sql
}

export function joined(parts: readonly Sql[], separator: string): Sql {
  return parts.join(separator) as Sql
}

/** The clauses of a statement one after another. */
export function clauses(...parts: readonly Sql[]): Sql {
  return joined(parts, ' ')
}

/** A .sql file that is kept beside our code. */
export function sqlFile(url: URL): Sql {
  return readFileSync(url, 'utf8') as Sql
}

/** SQL as a user typed it, or wrote it into a .sql file of the lake. */
export function givenSql(text: string): Sql {
  return text as Sql
}
