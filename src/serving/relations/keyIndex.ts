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
      const entry = (content >>> TAG_BITS) - 1
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
   * Notes the row of a key. Of several the newest id counts, in whatever order they come.
   * @returns the id that counted until now, or -1
   */
  put(hashes: KeyHashes, row: number, id: number, lead: number): number {
    let entry = this.find(hashes, row)
    const before = entry === -1 ? -1 : this.idOf(entry)
    if (entry === -1) entry = this.#add(hashes, row * 4)
    else if (before > id) return before
    const { ids, highIds, leads } = this.#pieceOf(entry)
    ids[entry & PIECE_MASK] = id // its lower 32 bits
    highIds[entry & PIECE_MASK] = Math.floor(id / WORD)
    leads[entry & PIECE_MASK] = lead
    return before
  }

  #add(hashes: KeyHashes, at: number): number {
    const entry = this.#size++
    if ((entry & PIECE_MASK) === 0) {
      this.#pieces.push(emptyPiece())
    }
    const own = (entry & PIECE_MASK) * 4
    const piece = this.#pieceOf(entry)
    for (let word = 0; word < 4; word++) piece.hashes[own + word] = hashes[at + word] as number
    const part = (hashes[at] as number) & PART_MASK
    const used = (this.#used[part] as number) + 1
    this.#used[part] = used
    if (used > this.#partOf(part).length * MOST_FULL) this.#grow(part)
    this.#place(this.#partOf(part), entry)
    return entry
  }

  #grow(part: number): void {
    const old = this.#partOf(part)
    const slots = new Uint32Array(Math.ceil(old.length * GROWTH) + 1)
    this.#parts[part] = slots
    this.#slots += slots.length - old.length
    for (const content of old) if (content !== 0) this.#place(slots, (content >>> TAG_BITS) - 1)
  }

  /** Puts an entry into the first empty slot after the one where its hash begins. */
  #place(slots: Uint32Array, entry: number): void {
    const { hashes } = this.#pieceOf(entry)
    const at = (entry & PIECE_MASK) * 4
    let slot = startIn(slots, hashes[at + 1] as number)
    while (slots[slot] !== 0) slot = slot + 1 === slots.length ? 0 : slot + 1
    slots[slot] = ((entry + 1) << TAG_BITS) | ((hashes[at + 2] as number) & TAG_MASK)
  }

  #hasHash(entry: number, hashes: KeyHashes, at: number): boolean {
    const own = (entry & PIECE_MASK) * 4
    const piece = this.#pieceOf(entry).hashes
    for (let word = 0; word < 4; word++) if (piece[own + word] !== hashes[at + word]) return false
    return true
  }

  #partOf(hash: number): Uint32Array {
    return this.#parts[hash & PART_MASK] as Uint32Array
  }

  #pieceOf(entry: number): Piece {
    return this.#pieces[entry >>> PIECE_BITS] as Piece
  }
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
