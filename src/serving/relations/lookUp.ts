import type { NumberVectors } from '../../duckdb/vectors.ts'
import type { KeyIndex } from './keyIndex.ts'

/** New rows, column by column: where each stands among them, the hash of its key, and its lead. */
export interface NewKeys {
  readonly places: Int32Array
  readonly hashes: Uint32Array
  readonly leads: Float64Array
}

/** What the leads of rows say about which of them come first, and what only their whole order can say. */
export interface Found {
  /** Places of new rows that another row comes before. */
  readonly dropped: number[]
  /** Ids of rows that a new one comes before, whichever of several that is. */
  readonly replaced: number[]
  /** Places of new rows that come as early as others of their key, and ids of such rows that the state has. */
  readonly tied: { readonly places: number[]; readonly ids: number[] }
}

/** Puts the columns of a result together: place, hash and lead. */
export function newKeys(pieces: readonly NumberVectors[]): NewKeys {
  const rowCount = pieces.reduce((sum, piece) => sum + piece.rowCount, 0)
  const places = new Int32Array(rowCount)
  const hashes = new Uint32Array(rowCount * 4)
  const leads = new Float64Array(rowCount)
  let row = 0
  for (const piece of pieces) {
    const [place = [], hash = [], lead = []] = piece.columns
    places.set(place, row)
    hashes.set(hash, row * 4)
    leads.set(lead, row)
    row += piece.rowCount
  }
  return { places, hashes, leads }
}

/** Finds for each new row whether its key is known, and whether it comes before the rows that have the same. */
export function lookUp({ places, hashes, leads }: NewKeys, index: KeyIndex): Found {
  const found: Found = { dropped: [], replaced: [], tied: { places: [], ids: [] } }
  const earliest = new EarliestRows(hashes, leads)
  const drop = (row: number) => found.dropped.push(places[row] as number)
  for (let row = 0; row < places.length; row++) {
    const entry = index.find(hashes, row)
    if (entry !== -1 && (leads[row] as number) > index.leadOf(entry)) drop(row)
    else earliest.add(row, drop)
  }
  for (const rows of earliest.groups()) {
    const [row] = rows
    const entry = index.find(hashes, row)
    const isTied = entry !== -1 && leads[row] === index.leadOf(entry)
    if (isTied || rows.length > 1) found.tied.places.push(...rows.map((tied) => places[tied] as number))
    if (isTied) found.tied.ids.push(index.idOf(entry))
    else if (entry !== -1) found.replaced.push(index.idOf(entry))
  }
  return found
}

/** The rows of each key that have its lowest lead, in a hash table of their numbers. */
class EarliestRows {
  readonly #hashes: Uint32Array
  readonly #leads: Float64Array
  /** Slots hold a row's number and 1; 0 is empty. */
  readonly #slots: Int32Array
  /** By row: the next one of the same key that comes as early, and 1. */
  readonly #next: Int32Array

  constructor(hashes: Uint32Array, leads: Float64Array) {
    this.#hashes = hashes
    this.#leads = leads
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(leads.length + 1) + 1))
    this.#next = new Int32Array(leads.length)
  }

  /** @param drop  is called for each row that turns out to come later than another */
  add(row: number, drop: (row: number) => void): void {
    const slot = this.#slotOf(row)
    const other = (this.#slots[slot] as number) - 1
    const [lead, otherLead] = [this.#leads[row] as number, this.#leads[other] as number]
    if (other !== -1 && lead > otherLead) {
      drop(row)
      return
    }
    if (other !== -1 && lead === otherLead) this.#next[row] = other + 1
    else if (other !== -1) for (const later of this.#group(other)) drop(later)
    this.#slots[slot] = row + 1
  }

  /** For each key, the rows that come first by their lead. */
  *groups(): Generator<[number, ...number[]]> {
    for (const content of this.#slots) if (content !== 0) yield this.#group(content - 1)
  }

  #group(first: number): [number, ...number[]] {
    const rows: [number, ...number[]] = [first]
    for (let next = this.#next[first] as number; next !== 0; next = this.#next[next - 1] as number) rows.push(next - 1)
    return rows
  }

  #slotOf(row: number): number {
    const mask = this.#slots.length - 1
    for (let slot = (this.#hashes[row * 4] as number) & mask; ; slot = (slot + 1) & mask) {
      const other = this.#slots[slot] as number
      if (other === 0 || this.#hasSameHash(other - 1, row)) return slot
    }
  }

  #hasSameHash(a: number, b: number): boolean {
    for (let word = 0; word < 4; word++) if (this.#hashes[a * 4 + word] !== this.#hashes[b * 4 + word]) return false
    return true
  }
}
