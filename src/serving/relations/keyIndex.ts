// Where the key of a first row stands: an index in memory, rebuilt from the state of its relation. It holds no value of
// a row, only a hash of 128 bits for each key, the id of its row, and where that row comes in the order.

/**
 * So many parts grow one after another: none of them is large enough to keep the process waiting. They and the pieces
 * are powers of two: bits are quicker to take from a hash of 32 bits than a remainder, for which V8 uses doubles.
 */
const PARTS = 1024
const PART_MASK = PARTS - 1
/** Of an empty part. */
const LEAST_SLOTS = 8
/** Above this share of full slots, finding a place takes too long. */
const MOST_FULL = 0.8
const GROWTH = 1.25
/** Entries are kept in pieces, which are never copied. */
const PIECE_BITS = 14
const PIECE = 1 << PIECE_BITS
const PIECE_MASK = PIECE - 1
/** A slot holds the number of an entry and 5 bits of its hash, so that most other keys need no look at the entry. */
const TAG_BITS = 5
const TAG_MASK = (1 << TAG_BITS) - 1
const MOST_ENTRIES = 2 ** (32 - TAG_BITS) - 1
const MOST_IDS = 2 ** 40

/** Memory of an entry: a hash, a place in the order, an id in two parts. */
const ENTRY_BYTES = 16 + 8 + 4 + 1
const SLOT_BYTES = 4
const WORD = 2 ** 32

interface Piece {
  readonly hashes: Uint32Array
  readonly leads: Float64Array
  readonly ids: Uint32Array
  readonly highIds: Uint8Array
}

/** Hashes of keys as they come from DuckDB: four words each. */
export type KeyHashes = Uint32Array

/** Some rows of the state, column by column. */
export interface IndexedRows {
  readonly rowCount: number
  readonly hashes: KeyHashes
  readonly ids: Float64Array
  readonly leads: Float64Array
}

/**
 * So many rows are given their slots at once, part by part. One by one, each would wait for memory that is in no cache
 * of the processor: that takes three times as long. The process waits some milliseconds meanwhile.
 */
const PLACED_TOGETHER = 1 << 17

/** A table with open addressing, in parts. */
export class KeyIndex {
  readonly #parts: Uint32Array[]
  readonly #used = new Uint32Array(PARTS)
  readonly #pieces: Piece[] = []
  #slots = 0
  #size = 0

  /** @param expected  how many keys are about to be put in */
  constructor(expected = 0) {
    const slots = Math.ceil((expected / PARTS / MOST_FULL) * 1.05) + LEAST_SLOTS
    this.#parts = Array.from({ length: PARTS }, () => new Uint32Array(slots))
    this.#slots = slots * PARTS
  }

  /**
   * An index of rows of which no two have the same key.
   * @param expected  how many there are
   */
  static async of(rows: AsyncIterable<IndexedRows>, expected: number): Promise<KeyIndex> {
    const index = new KeyIndex(expected)
    let placed = 0
    for await (const { rowCount, hashes, ids, leads } of rows) {
      for (let row = 0; row < rowCount; row++) index.#append(hashes, row * 4, ids[row] as number, leads[row] as number)
      if (index.#size - placed < PLACED_TOGETHER) continue
      index.#placeFrom(placed)
      placed = index.#size
    }
    index.#placeFrom(placed)
    return index
  }

  /** What an index of so many keys takes at most, save for chance. */
  static bytesFor(keys: number): number {
    const slots = Math.ceil((keys / PARTS / MOST_FULL) * GROWTH) + LEAST_SLOTS
    return Math.ceil(keys / PIECE) * PIECE * ENTRY_BYTES + PARTS * (slots + 1) * SLOT_BYTES
  }

  /** Whether ids up to this one, and so many keys, can be held at all. */
  static holds(keys: number, nextId: number): boolean {
    return keys <= MOST_ENTRIES && nextId <= MOST_IDS
  }

  get size(): number {
    return this.#size
  }

  get bytes(): number {
    return this.#pieces.length * PIECE * ENTRY_BYTES + this.#slots * SLOT_BYTES + this.#used.byteLength
  }

  /** The entry of a key, whose hash is the one of this row; -1 if there is none. */
  find(hashes: KeyHashes, row: number): number {
    const at = row * 4
    const slots = this.#partOf(hashes[at] as number)
    const tag = (hashes[at + 2] as number) & TAG_MASK
    for (let slot = startIn(slots, hashes[at + 1] as number); ; slot = slot + 1 === slots.length ? 0 : slot + 1) {
      const content = slots[slot] as number
      if (content === 0) return -1
      if ((content & TAG_MASK) !== tag) continue
      const entry = entryOf(content)
      if (this.#hasHash(entry, hashes, at)) return entry
    }
  }

  idOf(entry: number): number {
    const { ids, highIds } = this.#pieceOf(entry)
    return (highIds[entry & PIECE_MASK] as number) * WORD + (ids[entry & PIECE_MASK] as number)
  }

  leadOf(entry: number): number {
    return this.#pieceOf(entry).leads[entry & PIECE_MASK] as number
  }

  /**
   * Notes the row of a key, in the place of another that it may have.
   * @returns the id that counted until now, or -1
   */
  put(hashes: KeyHashes, row: number, id: number, lead: number): number {
    const entry = this.find(hashes, row)
    if (entry !== -1) {
      const before = this.idOf(entry)
      this.#setRow(entry, id, lead)
      return before
    }
    const at = row * 4
    const added = this.#append(hashes, at, id, lead)
    const part = (hashes[at] as number) & PART_MASK
    this.#makeRoom(part, 1)
    place(this.#partOf(part), hashes[at + 1] as number, contentOf(added, hashes[at + 2] as number))
    return -1
  }

  /** Notes a row that has no slot yet. @returns its entry */
  #append(hashes: KeyHashes, at: number, id: number, lead: number): number {
    const entry = this.#size++
    if ((entry & PIECE_MASK) === 0) this.#pieces.push(emptyPiece())
    const own = (entry & PIECE_MASK) * 4
    const piece = this.#pieceOf(entry)
    for (let word = 0; word < 4; word++) piece.hashes[own + word] = hashes[at + word] as number
    this.#setRow(entry, id, lead)
    return entry
  }

  #setRow(entry: number, id: number, lead: number): void {
    const { ids, highIds, leads } = this.#pieceOf(entry)
    ids[entry & PIECE_MASK] = id // its lower 32 bits
    highIds[entry & PIECE_MASK] = Math.floor(id / WORD)
    leads[entry & PIECE_MASK] = lead
  }

  /** Gives the entries from this one on their slots, in the order of their parts: that is a counting sort. */
  #placeFrom(first: number): void {
    const starts = new Uint32Array(PARTS + 1)
    for (let entry = first; entry < this.#size; entry++) {
      const part = this.#wordOf(entry, 0) & PART_MASK
      starts[part + 1] = (starts[part + 1] as number) + 1
    }
    for (let part = 0; part < PARTS; part++) starts[part + 1] = (starts[part + 1] as number) + (starts[part] as number)
    const next = starts.slice()
    const words = new Uint32Array(this.#size - first)
    const contents = new Uint32Array(this.#size - first)
    for (let entry = first; entry < this.#size; entry++) {
      const part = this.#wordOf(entry, 0) & PART_MASK
      const at = next[part] as number
      next[part] = at + 1
      words[at] = this.#wordOf(entry, 1)
      contents[at] = contentOf(entry, this.#wordOf(entry, 2))
    }
    for (let part = 0; part < PARTS; part++) {
      const [start, end] = [starts[part] as number, starts[part + 1] as number]
      this.#makeRoom(part, end - start)
      const slots = this.#partOf(part)
      for (let at = start; at < end; at++) place(slots, words[at] as number, contents[at] as number)
    }
  }

  /** Lets a part grow, if so many more entries need it. */
  #makeRoom(part: number, more: number): void {
    const used = (this.#used[part] as number) + more
    this.#used[part] = used
    const old = this.#partOf(part)
    let { length } = old
    while (used > length * MOST_FULL) length = Math.ceil(length * GROWTH) + 1
    if (length === old.length) return
    const slots = new Uint32Array(length)
    this.#parts[part] = slots
    this.#slots += slots.length - old.length
    for (const content of old) if (content !== 0) place(slots, this.#wordOf(entryOf(content), 1), content)
  }

  #hasHash(entry: number, hashes: KeyHashes, at: number): boolean {
    const own = (entry & PIECE_MASK) * 4
    const piece = this.#pieceOf(entry).hashes
    for (let word = 0; word < 4; word++) if (piece[own + word] !== hashes[at + word]) return false
    return true
  }

  /** One of the four words of an entry's hash. */
  #wordOf(entry: number, word: number): number {
    return this.#pieceOf(entry).hashes[(entry & PIECE_MASK) * 4 + word] as number
  }

  #partOf(hash: number): Uint32Array {
    return this.#parts[hash & PART_MASK] as Uint32Array
  }

  #pieceOf(entry: number): Piece {
    return this.#pieces[entry >>> PIECE_BITS] as Piece
  }
}

/** What the slot of an entry holds. @param word  of its hash, which has the tag */
function contentOf(entry: number, word: number): number {
  return ((entry + 1) << TAG_BITS) | (word & TAG_MASK)
}

function entryOf(content: number): number {
  return (content >>> TAG_BITS) - 1
}

/** Puts an entry into the first empty slot after the one where its hash begins. */
function place(slots: Uint32Array, word: number, content: number): void {
  let slot = startIn(slots, word)
  while (slots[slot] !== 0) slot = slot + 1 === slots.length ? 0 : slot + 1
  slots[slot] = content
}

function emptyPiece(): Piece {
  return {
    hashes: new Uint32Array(4 * PIECE),
    leads: new Float64Array(PIECE),
    ids: new Uint32Array(PIECE),
    highIds: new Uint8Array(PIECE),
  }
}

/** Where the hash's second word begins in a part. */
function startIn(slots: Uint32Array, word: number): number {
  return Math.floor((word / WORD) * slots.length)
}
