// Thrift's compact protocol, as far as it is needed to limit what a foreign footer may ask for. hyparquet decodes the
// fields, but it trusts all lengths, nesting and numbers.

/** A footer that is not a Thrift struct, or exceeds these limits. */
export class ThriftError extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'ThriftError'
  }
}

/** A field of a struct, and where its value is. */
export interface Field {
  readonly id: number
  readonly type: number
  readonly start: number
  readonly endExclusive: number
}

/** Fields and list items; a footer of 100,000 column chunks has 3,000,000. */
const MAX_VALUES = 10_000_000
/** Footers nest seven deep. */
const MAX_DEPTH = 32
/** 64 bits, seven a byte. */
const MAX_VARINT_BYTES = 10

const TRUE = 1
const FALSE = 2
const BYTE = 3
const I16 = 4
const I64 = 6
const DOUBLE = 7
const BINARY = 8
const LIST = 9
const STRUCT = 12

/** Walks over the bytes of structs without decoding their values. */
export class ThriftWalker {
  readonly #bytes: Uint8Array
  #position = 0
  #values = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** The fields of the struct that begins at `start`. @throws ThriftError */
  fieldsAt(start: number, depth = 0): Field[] {
    this.#position = start
    const fields: Field[] = []
    this.#walkStruct(depth, (field) => fields.push(field))
    return fields
  }

  /** The number of an integer field. @throws ThriftError */
  integerOf({ id, type, start }: Field): number {
    if (type < I16 || type > I64) throw new ThriftError(`field ${id} is not an integer`)
    this.#position = start
    return this.#zigzag()
  }

  /** Where the items of a list of structs begin and end. @throws ThriftError */
  structsOf(list: Field): { start: number; endExclusive: number }[] {
    this.#position = list.start
    const { type, length } = this.#listHeader()
    if (list.type !== LIST || type !== STRUCT) throw new ThriftError(`field ${list.id} is not a list of structs`)
    const items: { start: number; endExclusive: number }[] = []
    for (let index = 0; index < length; index++) {
      const start = this.#position
      this.#walkStruct(1, () => undefined)
      items.push({ start, endExclusive: this.#position })
    }
    return items
  }

  #walkStruct(depth: number, onField: (field: Field) => void): void {
    if (depth > MAX_DEPTH) throw new ThriftError(`it nests more than ${MAX_DEPTH} deep`)
    let id = 0
    for (;;) {
      const header = this.#byte()
      if (header === 0) return
      const type = header & 0x0f
      id = header >> 4 === 0 ? this.#zigzag() : id + (header >> 4)
      const start = this.#position
      this.#skip(type, depth)
      onField({ id, type, start, endExclusive: this.#position })
    }
  }

  #skip(type: number, depth: number): void {
    this.#values += 1
    if (this.#values > MAX_VALUES) throw new ThriftError(`it holds more than ${MAX_VALUES} values`)
    if (type === STRUCT) this.#walkStruct(depth + 1, () => undefined)
    else if (type === LIST) this.#skipItems(depth)
    else if (type === BINARY) this.#advance(this.#varint())
    else if (type >= I16 && type <= I64) this.#varint()
    else if (type === DOUBLE) this.#advance(8)
    else if (type === BYTE) this.#advance(1)
    else if (type !== TRUE && type !== FALSE)
      throw new ThriftError(`it holds a value of type ${type}, unknown to Parquet`)
  }

  #skipItems(depth: number): void {
    const { type, length } = this.#listHeader()
    // In a list, true and false take a byte.
    for (let index = 0; index < length; index++) this.#skip(type <= FALSE ? BYTE : type, depth)
  }

  #listHeader(): { type: number; length: number } {
    const header = this.#byte()
    const length = header >> 4 === 15 ? this.#varint() : header >> 4
    if (length > this.#bytes.length - this.#position) throw new ThriftError('a list is longer than the footer')
    return { type: header & 0x0f, length }
  }

  #advance(bytes: number): void {
    if (bytes > this.#bytes.length - this.#position) throw new ThriftError('a value is longer than the footer')
    this.#position += bytes
  }

  #byte(): number {
    const byte = this.#bytes[this.#position]
    if (byte === undefined) throw new ThriftError('it ends within a value')
    this.#position += 1
    return byte
  }

  #zigzag(): number {
    const value = this.#varint()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  #varint(): number {
    let value = 0
    for (let index = 0; index < MAX_VARINT_BYTES; index++) {
      const byte = this.#byte()
      value += (byte & 0x7f) * 2 ** (7 * index)
      if (byte < 0x80) return value
    }
    throw new ThriftError(`an integer has more than ${MAX_VARINT_BYTES} bytes`)
  }
}
