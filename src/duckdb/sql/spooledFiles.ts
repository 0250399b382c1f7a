// Files that a source of the lake has written for one batch.
import type { Columns } from '../../columns.ts'
import { fileList, identifier, listed, text } from './literals.ts'
import { clauses, type Sql, sql } from './sql.ts'
import { base64Value, exactValue } from './textValues.ts'

/** The rows of files with one JSON object a line, cast to the declared columns. */
export function readSpooledNdjson(files: readonly string[], columns: Columns): Sql {
  const selected = Object.entries(columns).map(([name, type]) => {
    const says = `column ${name} of a spooled row has`
    const value = type === 'BLOB' ? base64Value(name, says) : exactValue(name, type, says)
    return sql`${value} AS ${identifier(name)}`
  })
  const texts = Object.keys(columns).map((name) => sql`${text(name)}: 'VARCHAR'`)
  return clauses(
    sql`SELECT ${listed(selected)} FROM read_json(${fileList(files)}, format = 'newline_delimited',`,
    sql`records = 'true', auto_detect = false, compression = 'uncompressed', columns = {${listed(texts)}})`,
  )
}
