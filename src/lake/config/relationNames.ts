import type { Fail } from '../../sources/kind.ts'
import { DESTINATION } from '../../tables/engine.ts'

/** Relations that every lake has, and those that reading or writing a lake creates. */
const RESERVED: readonly string[] = [
  'batches',
  'lake_tables',
  'log_folders',
  'log_hints',
  'log_probed',
  'log_listed',
  'log_candidates',
  'log_leaves',
  'log_identities',
  'log_sidecars',
  'log_checkpoints',
  'log_parts',
  'log_entries',
  'log_lines',
  'log_actions',
  'no_actions',
  'table_txns',
  'table_heads',
  'table_columns',
  'table_reads',
  'listed_files',
  'no_files',
  'changed_files',
  'left_out_files',
  'live_files',
  'named_files',
  'logged_values',
  'delta_values',
  'delta_deleted',
  'selected_rows',
  DESTINATION,
]

/** The names that a lake's tables, references and views have taken so far: SQL ignores case. */
export class RelationNames {
  readonly #reserved: ReadonlySet<string>
  readonly #taken: string[] = []
  readonly #fail: Fail

  /** @param ofSources  the names by which SQL calls the rows of sources */
  constructor(ofSources: readonly string[], fail: Fail) {
    this.#reserved = new Set([...RESERVED, ...ofSources].map((name) => name.toLowerCase()))
    this.#fail = fail
  }

  get all(): readonly string[] {
    return this.#taken
  }

  /** Takes a name, unless Lakeweir uses it itself or something else in the lake has it. */
  take(place: string, name: string): void {
    const fail = this.#fail
    if (this.#reserved.has(name.toLowerCase())) {
      fail(place, 'has a name that Lakeweir uses itself.', 'Give it another name.')
    }
    const twin = this.#taken.find((other) => other.toLowerCase() === name.toLowerCase())
    if (twin === name) {
      fail(place, `has a name that is taken: there is another ${name}.`, 'Give one of them another name.')
    }
    if (twin !== undefined) fail(place, `differs from ${twin} only in case, which SQL ignores.`)
    this.#taken.push(name)
  }
}
