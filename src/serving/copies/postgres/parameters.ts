import { postgresType } from './types.ts'

/** A statement with `$1`, `$2`, …, and which of its named parameters each of them is. */
export interface NumberedStatement {
  readonly text: string
  readonly names: readonly string[]
}

/**
 * What is no place for a parameter: a comment, a text, a quoted name, a text between dollars. PostgreSQL's manual,
 * "Lexical Structure". Comments in comments are told apart by `commentEnd`.
 */
const PARTS = [
  /--[^\n]*|\/\*/,
  /[eE]'(?:[^'\\]|''|\\.)*(?:'|$)|'(?:[^']|'')*(?:'|$)|"(?:[^"]|"")*(?:"|$)/,
  /\$(?:[A-Za-z_]\w*)?\$|\$([A-Za-z_]\w*)/,
]

/**
 * Numbers the named parameters of a statement, `$from`, and gives each its type, for PostgreSQL can infer none from
 * `$1 IS NULL`.
 * @param types  parameter → DuckDB's name of its type
 */
export function numberParameters(sql: string, types: Readonly<Record<string, string>>): NumberedStatement {
  const names: string[] = []
  let text = ''
  let done = 0
  const parts = new RegExp(PARTS.map(({ source }) => source).join('|'), 'gs')
  for (let found = parts.exec(sql); found !== null; found = parts.exec(sql)) {
    const [part, name] = found
    // A dollar within a name is a part of it, and begins nothing.
    if (part.startsWith('$') && /[\w$]/.test(sql[found.index - 1] ?? '')) continue
    if (name !== undefined && Object.hasOwn(types, name)) {
      if (!names.includes(name)) names.push(name)
      text += `${sql.slice(done, found.index)}($${names.indexOf(name) + 1}::${parameterType(types[name] ?? '')})`
      done = parts.lastIndex
    } else if (part === '/*') {
      parts.lastIndex = commentEnd(sql, found.index)
    } else if (part.startsWith('$') && name === undefined) {
      const end = sql.indexOf(part, parts.lastIndex)
      parts.lastIndex = end < 0 ? sql.length : end + part.length
    }
  }
  return { text: text + sql.slice(done), names }
}

function parameterType(type: string): string {
  return postgresType(type)?.replace(' COLLATE "C"', '') ?? 'text'
}

/** Where a comment that may have comments in it ends. */
function commentEnd(sql: string, start: number): number {
  let depth = 0
  for (const { 0: mark, index } of sql.slice(start).matchAll(/\/\*|\*\//g)) {
    depth += mark === '/*' ? 1 : -1
    if (depth === 0) return start + index + mark.length
  }
  return sql.length
}
