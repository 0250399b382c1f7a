import type { Functions } from '../../duckdb/functionKinds.ts'
import { folded, listIn, type ParseNode, textIn } from '../../duckdb/parseTree.ts'
import type { PartialColumn } from '../model.ts'
import type { Names } from './columns.ts'
import { assertPerRow, calledName } from './expressions.ts'
import { IN_THE_PANEL, isDefault, type ModelText, refuse } from './modelText.ts'

/** What a stored column is computed from. */
export interface Partial {
  readonly name: string
  readonly merge: PartialColumn['merge']
  readonly call: ParseNode
}

/** How the value of an aggregate comes from stored columns. */
export type AggregateValue =
  | { readonly kind: 'stored'; readonly column: string; readonly call: ParseNode }
  /** NULL where nothing was added up. */
  | { readonly kind: 'sum' | 'avg'; readonly sum: string; readonly count: string; readonly call: ParseNode }

/** The name of the number of rows in a group. */
export const ROWS = 'n'

const COUNT_ROWS: ParseNode = {
  class: 'FUNCTION',
  type: 'FUNCTION',
  alias: '',
  query_location: 0,
  function_name: 'count_star',
  schema: '',
  children: [],
  filter: null,
  order_bys: { type: 'ORDER_MODIFIER', orders: [] },
  distinct: false,
  is_operator: false,
  export_state: false,
  catalog: '',
}

/** The aggregates of a model, and the columns that are stored for them: equal ones share theirs. */
export class Aggregates {
  readonly #text: ModelText
  readonly #names: Names
  readonly #functions: Functions
  readonly #partials = new Map<string, Partial>()
  readonly #values = new Map<string, AggregateValue>()

  constructor(text: ModelText, names: Names, functions: Functions) {
    this.#text = text
    this.#names = names
    this.#functions = functions
    this.#partials.set(names.meaningOf(COUNT_ROWS), { name: ROWS, merge: 'sum', call: COUNT_ROWS })
  }

  get partials(): readonly Partial[] {
    return [...this.#partials.values()]
  }

  /** `v0`, `v1`, …: what the model's expressions read in place of aggregates. */
  get values(): readonly AggregateValue[] {
    return [...this.#values.values()]
  }

  /** The aggregates as they are written, without `n` and what is stored for others. */
  get calls(): readonly ParseNode[] {
    return this.values.map(({ call }) => call)
  }

  /** @returns the name of the aggregate's value. @throws LakeError LAKE_SQL_INVALID if it is not kept */
  nameOf(given: ParseNode): string {
    const call = this.#keptCall(given)
    const meaning = this.#names.meaningOf(call)
    const value = this.#values.get(meaning) ?? this.#newValue(call)
    this.#values.set(meaning, value)
    return `v${[...this.#values.keys()].indexOf(meaning)}`
  }

  #newValue(call: ParseNode): AggregateValue {
    const name = folded(textIn(call, 'function_name'))
    const args = listIn(call, 'children')
    switch (name) {
      case 'min':
      case 'max':
        return { kind: 'stored', column: this.#partial(name, call), call }
      case 'sum':
      case 'avg': {
        const sum = this.#partial('sum', { ...call, function_name: 'sum' })
        const count = this.#partial('sum', { ...call, function_name: 'count', children: args })
        return { kind: name, sum, count, call }
      }
      default:
        return { kind: 'stored', column: this.#partial('sum', call), call }
    }
  }

  #partial(merge: PartialColumn['merge'], call: ParseNode): string {
    const meaning = this.#names.meaningOf(call)
    const found = this.#partials.get(meaning)
    if (found !== undefined) return found.name
    const name = `a${this.#partials.size - 1}`
    this.#partials.set(meaning, { name, merge, call: { ...call, alias: '' } })
    return name
  }

  /** The aggregate as it is kept. */
  #keptCall(call: ParseNode): ParseNode {
    const name = folded(textIn(call, 'function_name'))
    const at = this.#text.sql.placeOf(call)
    const called = calledName(call)
    if (!KEPT.has(name) || !['', 'main'].includes(textIn(call, 'schema')) || !isDefault(call.catalog)) {
      refuse(this.#text, at, `${called}() is not kept`, INSTEAD.get(name) ?? KEPT_ONES)
    }
    const isExtreme = name === 'min' || name === 'max'
    if (call.distinct === true && !isExtreme) {
      const remedy = 'Group by that column as well, and count the rows in the panel.'
      refuse(this.#text, at, `${called}(DISTINCT …) cannot be added up`, remedy)
    }
    if (!isDefault(call.order_bys)) refuse(this.#text, at, `${called}(… ORDER BY …) is not kept`, IN_THE_PANEL)
    if (listIn(call, 'children').length > 1) {
      refuse(this.#text, at, `${called}() with several arguments is not kept`, KEPT_ONES)
    }
    assertPerRow(this.#text, [call.children, call.filter], this.#functions)
    return { ...call, function_name: name === 'mean' ? 'avg' : name, distinct: false, alias: '' }
  }
}

const KEPT: ReadonlySet<string> = new Set(['count_star', 'count', 'sum', 'avg', 'mean', 'min', 'max'])

const KEPT_ONES =
  'A model keeps count, sum, avg of whole numbers, min and max, each with FILTER; the panel does the rest.'
const GROUP_AND_COUNT = 'Group by that column as well, and compute it in the panel.'
const FROM_SUMS =
  'Keep count(x), sum(x) and sum(x * x) as whole numbers or DECIMAL, and compute it from them in the panel.'
const EXACT_SUM = 'Cast the value to DECIMAL, and write sum.'
const ANY_OF_GROUP = 'Write min or max, or group by that column as well.'

/** Aggregates that are not kept → how to have the same. */
const INSTEAD: ReadonlyMap<string, string> = new Map([
  ...['count_if', 'countif'].map((name) => [name, 'Write count(*) FILTER (WHERE …).'] as const),
  ...['bool_or'].map((name) => [name, 'Write max(…): true is the larger one.'] as const),
  ...['bool_and'].map((name) => [name, 'Write min(…): false is the smaller one.'] as const),
  ...['first', 'last', 'any_value', 'arbitrary', 'mode'].map((name) => [name, ANY_OF_GROUP] as const),
  ...['fsum', 'kahan_sum', 'sumkahan', 'favg'].map((name) => [name, EXACT_SUM] as const),
  ...['median', 'quantile', 'quantile_cont', 'quantile_disc', 'mad', 'histogram', 'entropy', 'list', 'array_agg'].map(
    (name) => [name, GROUP_AND_COUNT] as const,
  ),
  ...['string_agg', 'group_concat', 'listagg', 'approx_count_distinct', 'approx_quantile', 'approx_top_k'].map(
    (name) => [name, GROUP_AND_COUNT] as const,
  ),
  ...['stddev', 'stddev_pop', 'stddev_samp', 'variance', 'var_pop', 'var_samp', 'sem'].map(
    (name) => [name, FROM_SUMS] as const,
  ),
])
