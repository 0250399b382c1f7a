// Files that are open as locks.
import { text } from './literals.ts'
import { type Sql, sql } from './sql.ts'

/** Opens a database file, only to read, and closes it again. */
export function attachAndDetach(path: string): Sql {
  return sql`ATTACH ${text(path)} AS "lock" (READ_ONLY); DETACH "lock"`
}
