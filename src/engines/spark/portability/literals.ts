import { isNode, nodeIn, type ParseNode } from '../../../duckdb/parseTree.ts'

/** The text or integer that an expression is, if it is written out. A tree leaves out a text that is empty. */
export function literalOf(node: ParseNode): string | number | undefined {
  const { value, type, is_null: isNull } = nodeIn(node, 'value') ?? {}
  if (node.class !== 'CONSTANT' || isNull !== false) return undefined
  if (isNode(type) && type.id === 'VARCHAR') return typeof value === 'string' ? value : ''
  return typeof value === 'number' ? value : undefined
}
