import { ThriftWalker } from './thrift.ts'

/** The fields of a footer and of a schema element that are used here. */
const SCHEMA_FIELD = 2
/** Converted type, scale, precision, logical type. */
const ANNOTATIONS: ReadonlySet<number> = new Set([6, 7, 8, 10])

/** Which elements of a footer's schema describe a column. */
export interface SchemaElements {
  readonly first: number
  readonly endExclusive: number
}

/**
 * A footer in which some columns have no annotations: times are integers, maps are groups. Everything else stays as it
 * is, and so do the pages that the footer names.
 */
export function withoutAnnotations(
  footer: Uint8Array,
  columns: readonly { readonly elements: SchemaElements }[],
): Uint8Array {
  const walker = new ThriftWalker(footer)
  const schema = walker.fieldsAt(0).find(({ id }) => id === SCHEMA_FIELD)
  if (schema === undefined) throw new RangeError('a footer without a schema')
  const plain = new Set(columns.flatMap(({ elements: { first, endExclusive } }) => range(first, endExclusive)))
  const parts: Uint8Array[] = []
  let kept = 0
  for (const [index, { start, endExclusive }] of walker.structsOf(schema).entries()) {
    if (!plain.has(index)) continue
    parts.push(footer.subarray(kept, start), plainElement(walker, footer, start))
    kept = endExclusive
  }
  return Buffer.concat([...parts, footer.subarray(kept)])
}

function plainElement(walker: ThriftWalker, footer: Uint8Array, start: number): Uint8Array {
  const parts: Uint8Array[] = []
  let last = 0
  for (const field of walker.fieldsAt(start)) {
    if (ANNOTATIONS.has(field.id)) continue
    // A field's header holds the distance from the previous field; in this struct it is always short enough.
    parts.push(Uint8Array.of(((field.id - last) << 4) | field.type), footer.subarray(field.start, field.endExclusive))
    last = field.id
  }
  return Buffer.concat([...parts, Uint8Array.of(0)])
}

function range(first: number, endExclusive: number): number[] {
  return Array.from({ length: endExclusive - first }, (_, index) => first + index)
}
