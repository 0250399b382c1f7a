// DuckDB's own parse tree of a statement, and what it knows of the functions that the statement calls.
import { identifier, listed, text, textList } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'

/** One row: the parse tree of a SELECT as JSON, or why there is none. Fields with default values are left out. */
export function parseTreeOf(select: string): Sql {
  const options = sql`skip_null := true, skip_empty := true, skip_default := true`
  return sql`SELECT CAST(json_serialize_sql(${text(select)}, ${options}) AS VARCHAR) AS tree`
}

/** A row for each SELECT, in order: its parse tree with every field, as it is needed to write the tree back. */
export function wholeParseTreesOf(selects: readonly string[]): Sql {
  return clauses(
    sql`SELECT CAST(json_serialize_sql(given) AS VARCHAR) AS tree`,
    sql`FROM (VALUES ${numbered(selects)}) AS v(place, given) ORDER BY place`,
  )
}

/** A row for each whole parse tree, in order: the text of the SELECT that it says, and the tree of that text. */
export function statementsOfTrees(trees: readonly string[]): Sql {
  return clauses(
    sql`SELECT statement, CAST(json_serialize_sql(statement) AS VARCHAR) AS tree FROM (`,
    sql`SELECT place, json_deserialize_sql(given) AS statement FROM (VALUES ${numbered(trees)}) AS v(place, given)`,
    sql`) ORDER BY place`,
  )
}

function numbered(texts: readonly string[]): Sql {
  return listed(texts.map((given, place) => sql`(${place}, ${text(given)})`))
}

/** Every definition of the named functions; for a macro, as a SELECT of its body. */
export function functionDefinitions(names: readonly string[]): Sql {
  return clauses(
    sql`SELECT DISTINCT lower(function_name) AS name, function_type AS kind,`,
    sql`coalesce(stability, 'CONSISTENT') = 'CONSISTENT' AS is_stable, parameters,`,
    sql`'SELECT ' || macro_definition AS body FROM duckdb_functions()`,
    sql`WHERE list_contains(${textList(names)}, lower(function_name))`,
  )
}

/** What DuckDB itself lets every query read by a plain name. */
export const builtInRelations = sql`SELECT DISTINCT view_name AS name FROM duckdb_views() WHERE internal`

/** How to join a reference so that each row finds at most one of its rows; `…` stands for the value to look up. */
export function joinOnKey(reference: string, key: string): string {
  return `LEFT JOIN ${shortest(reference)} ON ${shortest(reference)}.${shortest(key)} = …`
}

function shortest(name: string): string {
  return /^[A-Za-z_][A-Za-z0-9_]*$/.test(name) ? name : identifier(name)
}
