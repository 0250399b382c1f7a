// Values as the texts that another database reads them from.
import { identifier, text } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'

/**
 * A column's value as the text that PostgreSQL reads as the same value. A text without the character of the code 0,
 * which it cannot hold: ␀ stands in its place. Years BC begin with the year there too, but end with BC.
 */
export function copyText(column: string, type: string): Sql {
  const value = identifier(column)
  if (type === 'VARCHAR') return withoutNul(value)
  if (type === 'VARCHAR[]') return textArray(value)
  if (type.startsWith('MAP(')) return withoutNul(sql`CAST(to_json(${value}) AS VARCHAR)`)
  if (/^(?:TIMESTAMP|DATE)/.test(type))
    return sql`regexp_replace(CAST(${value} AS VARCHAR), ' \\(BC\\)(.*)$', '\\1 BC')`
  return sql`CAST(${value} AS VARCHAR)`
}

function withoutNul(value: Sql): Sql {
  return sql`replace(${value}, chr(0), ${text('␀')})`
}

/** As PostgreSQL's manual, "Arrays", writes one. */
function textArray(value: Sql): Sql {
  const escaped = sql`replace(replace(${withoutNul(sql`item`)}, '\\', '\\\\'), '"', '\\"')`
  return clauses(
    sql`('{' || array_to_string(list_transform(${value},`,
    sql`lambda item: CASE WHEN item IS NULL THEN 'NULL' ELSE '"' || ${escaped} || '"' END), ',') || '}')`,
  )
}
