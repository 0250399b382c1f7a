import { StringDecoder } from 'node:string_decoder'

/** The longest line that is kept: an answer that names a million files has 200 MB. */
const MAX_CHARACTERS = 2 ** 28

/** Puts lines together from the bytes of a pipe. */
export class Lines {
  readonly #onLine: (line: string) => void
  readonly #decoder = new StringDecoder('utf8')
  /** Of the line that has not ended. A list, for a long one comes in thousands of pieces. */
  #pieces: string[] = []
  #characters = 0

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine
  }

  add(bytes: Buffer): void {
    const [first = '', ...others] = this.#decoder.write(bytes).split('\n')
    this.#keep(first)
    for (const piece of others) {
      const line = this.#pieces.join('')
      this.#pieces = []
      this.#characters = 0
      if (line.trim() !== '') this.#onLine(line)
      this.#keep(piece)
    }
  }

  /** What came after the last whole line. */
  get rest(): string {
    return this.#pieces.join('').trim()
  }

  /** A line that is too long is cut: it is no JSON then, and is refused as that. */
  #keep(piece: string): void {
    const kept = piece.slice(0, Math.max(0, MAX_CHARACTERS - this.#characters))
    this.#characters += kept.length
    if (kept !== '') this.#pieces.push(kept)
  }
}
