import type { Columns } from '../../columns.ts'
import { folded, listIn, nodeIn, type ParseNode, textIn, textsIn } from '../../duckdb/parseTree.ts'
import { type GroupRange, TIME_PARTS, type TimePart } from '../../duckdb/sql/keptGroups.ts'

/** Columns by which groups are compared, and whose values come back from their text. */
const COMPARED = /^(TINYINT|SMALLINT|INTEGER|BIGINT|DECIMAL.*|DATE|TIMESTAMPTZ|VARCHAR)$/

/**
 * In which range of a column the rows of a group lie, for groups that are a column, a day, or a time that is cut off.
 * @param columns  of the relation
 * @param columnOf  the column of the relation that an expression reads, if it reads that one alone
 */
export function rangeOf(
  group: string,
  expression: ParseNode,
  columns: Columns,
  columnOf: (expression: ParseNode) => string | undefined,
): GroupRange[] {
  const { inner, part } = cutOff(expression)
  const column = inner.class === 'COLUMN_REF' ? columnOf(inner) : undefined
  const type = column === undefined ? undefined : columns[column]
  if (column === undefined || type === undefined || !COMPARED.test(type)) return []
  return part === undefined || type === 'TIMESTAMPTZ' ? [{ group, column, type, part }] : []
}

/** What an expression cuts off a column: `date_trunc('minute', column)`, `CAST(column AS DATE)`. */
function cutOff(expression: ParseNode): { readonly inner: ParseNode; readonly part: TimePart | undefined } {
  const plain = { inner: expression, part: undefined }
  if (expression.class === 'CAST' && expression.try_cast !== true) {
    const type = textIn(nodeIn(expression, 'cast_type') ?? {}, 'id')
    return type === 'DATE' ? { inner: nodeIn(expression, 'child') ?? {}, part: 'day' } : plain
  }
  const [what, inner, more] = listIn(expression, 'children')
  const isCut = expression.class === 'FUNCTION' && folded(textIn(expression, 'function_name')) === 'date_trunc'
  if (!isCut || what?.class !== 'CONSTANT' || inner === undefined || more !== undefined) return plain
  const value = nodeIn(what, 'value')?.value
  const part = TIME_PARTS.find((one) => one === value)
  return part === undefined ? plain : { inner, part }
}

/** The name of a column as it stands in an expression, folded. */
export function columnName(expression: ParseNode): string {
  return folded(textsIn(expression, 'column_names').at(-1) ?? '')
}
