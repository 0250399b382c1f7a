/**
 * A piece of the source without which something would be lost, doubled or told wrongly on some disk, after some crash
 * or beside some other program; and the tests that fail when it is taken out.
 */
export interface Safeguard {
  /** What it sees to, as a sentence without its full stop. */
  readonly name: string
  readonly file: string
  /** The piece, which the file holds just once. How its words are spaced and broken into lines does not matter. */
  readonly takes: string
  /** What stands there instead once it is taken out. */
  readonly leaves: string
  /** Test files of which at least one must notice; the first to be tried first. */
  readonly tests: readonly string[]
}

/** The text of a safeguard's file without it. @throws where the file does not hold it just once */
export function takenOut({ file, takes, leaves }: Safeguard, text: string): string {
  const words = takes.trim().split(/\s+/).map(escaped)
  const pieces = [...text.matchAll(new RegExp(words.join('\\s+'), 'g'))]
  const [piece] = pieces
  if (piece === undefined || pieces.length > 1) {
    throw new Error(`${file} holds this ${pieces.length} times, not once:\n${takes}`)
  }
  return text.slice(0, piece.index) + leaves + text.slice(piece.index + piece[0].length)
}

function escaped(word: string): string {
  return word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
}
