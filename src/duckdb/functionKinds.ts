import { folded, nodesBelow, type ParseNode, parseStatements, textIn, textsIn } from './parseTree.ts'
import type { Session } from './session.ts'
import { functionDefinitions } from './sql/parseTree.ts'

/** What a function makes of the rows it is called on: one value for each, one for all, or several rows for one. */
export type FunctionKind = 'scalar' | 'aggregate' | 'rows' | 'unknown'

/** Functions that DuckDB's binder knows and its catalog does not. */
const MAKE_ROWS: ReadonlySet<string> = new Set(['unnest', 'unlist'])

/** Functions that DuckDB calls consistent although they read the clock, a setting, a variable or the plan. */
const READ_SURROUNDINGS: ReadonlySet<string> = new Set([
  'age',
  'alias',
  'current_localtime',
  'current_localtimestamp',
  'current_setting',
  'getvariable',
  'json_serialize_plan',
  'vector_type',
])

/** What is known of the functions that a tree calls. */
export interface Functions {
  kindOf(name: string): FunctionKind
  /** Whether the same arguments have the same result at any time, in any session. */
  isStable(name: string): boolean
}

interface Definition {
  readonly kind: string
  readonly isStable: boolean
  /** The parameters of a macro; no other name in its body is a value that the caller has given. */
  readonly parameters: readonly string[]
  /** The statements of a macro. */
  readonly body: readonly ParseNode[] | undefined
}

/** What the catalog has said so far. To list its functions takes 10 ms of CPU, whichever are asked for. */
export type KnownFunctions = Map<string, readonly Definition[]>

/**
 * Asks DuckDB's catalog about the functions that a tree calls, unless they are known already. A macro is of the kind
 * that its body calls: `generate_subscripts` is an unnest, `geomean` an aggregate.
 */
export async function functionKinds(
  session: Session,
  tree: unknown,
  definitions: KnownFunctions = new Map(),
): Promise<Functions> {
  // Others may ask meanwhile: they see an answer once it is whole.
  const found = new Map<string, Definition[]>()
  let asked = functionNames(tree).filter((name) => !definitions.has(name))
  while (asked.length > 0) {
    for (const name of asked) found.set(name, [])
    const bodies: unknown[] = []
    for (const row of await session.rows(functionDefinitions(asked))) {
      const { name, kind, body } = row
      if (typeof name !== 'string' || typeof kind !== 'string') continue
      const statements = kind === 'macro' && typeof body === 'string' ? await parseStatements(session, body) : undefined
      found.get(name)?.push({
        kind,
        isStable: row.is_stable === true,
        parameters: textsIn(row, 'parameters').map(folded),
        body: statements,
      })
      bodies.push(statements)
    }
    asked = functionNames(bodies).filter((name) => !found.has(name) && !definitions.has(name))
  }
  for (const [name, each] of found) definitions.set(name, each)
  return {
    kindOf: (name) => kindOf(folded(name), definitions, new Set()),
    isStable: (name) => isStable(folded(name), definitions, new Set()),
  }
}

function functionNames(tree: unknown): string[] {
  const names = new Set<string>()
  for (const node of nodesBelow(tree)) if (node.class === 'FUNCTION') names.add(folded(textIn(node, 'function_name')))
  return [...names]
}

/** @param open  macros whose bodies are being looked at: `current_database` calls a function of its own name */
function kindOf(
  name: string,
  definitions: ReadonlyMap<string, readonly Definition[]>,
  open: ReadonlySet<string>,
): FunctionKind {
  if (MAKE_ROWS.has(name)) return 'rows'
  const found = definitions.get(name) ?? []
  if (found.some(({ kind }) => kind === 'aggregate')) return 'aggregate'
  // A function for a FROM, or one that is a statement of its own, is something else of the same name.
  const called = found.filter(({ kind }) => kind === 'scalar' || kind === 'macro')
  if (called.length === 0) return 'unknown'
  for (const { kind, body } of called) {
    if (kind === 'scalar') continue
    if (body === undefined || !isOneExpression(body)) return 'unknown'
    for (const inner of functionNames(body)) {
      if (open.has(inner) || inner === name) continue
      const innerKind = kindOf(inner, definitions, new Set([...open, name]))
      if (innerKind !== 'scalar') return innerKind
    }
  }
  return 'scalar'
}

/** A subquery or a window function in a macro is not looked into. */
function isOneExpression(body: readonly ParseNode[]): boolean {
  for (const { class: kind } of nodesBelow(body)) if (kind === 'SUBQUERY' || kind === 'WINDOW') return false
  return true
}

/** A macro is as stable as what its body calls; one that calls a function of its own name, as its other functions. */
function isStable(
  name: string,
  definitions: ReadonlyMap<string, readonly Definition[]>,
  open: ReadonlySet<string>,
): boolean {
  if (READ_SURROUNDINGS.has(name)) return false
  const found = definitions.get(name) ?? []
  if (found.length === 0 || found.some((definition) => !definition.isStable)) return false
  const within = new Set([...open, name])
  return found.every(
    ({ kind, parameters, body }) =>
      kind !== 'macro' ||
      (body !== undefined &&
        readsOnly(body, parameters) &&
        functionNames(body).every((inner) => within.has(inner) || isStable(inner, definitions, within))),
  )
}

/** `current_timestamp` and its like are parsed as columns. */
function readsOnly(body: readonly ParseNode[], names: readonly string[]): boolean {
  for (const node of nodesBelow(body)) {
    if (node.class === 'COLUMN_REF' && !names.includes(folded(textsIn(node, 'column_names')[0] ?? ''))) return false
  }
  return true
}
