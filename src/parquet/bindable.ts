import { columnTypeOf, type SchemaElement } from './types.ts'

/**
 * Whether DuckDB can bind a column as it is annotated. For one that it cannot bind, it refuses the whole file: a map
 * whose entries have no value, BSON, an annotation that does not fit how the column is stored.
 * @param elements  the column's schema elements, depth first
 */
export function isBindable(elements: readonly SchemaElement[]): boolean {
  return elements.every((element, index) => {
    if (element.type !== undefined) return isBindableLeaf(element)
    const annotation = element.logical_type?.type ?? element.converted_type
    const [child] = elements.slice(index + 1, index + 2)
    const hasOneRepeated = element.num_children === 1 && child?.repetition_type === 'REPEATED'
    if (annotation === 'LIST') return hasOneRepeated
    if (annotation === 'MAP') return hasOneRepeated && child.num_children === 2
    // In old files it marks a map where it stands alone, and the map's entries inside one.
    if (annotation === 'MAP_KEY_VALUE')
      return element.num_children === 2 || (hasOneRepeated && child.num_children === 2)
    return true
  })
}

function isBindableLeaf(element: SchemaElement): boolean {
  const { kind } = columnTypeOf({ ...element, repetition_type: 'OPTIONAL' })
  return kind !== 'contradictory' && kind !== 'bson'
}
