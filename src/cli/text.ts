import { eastAsianWidth } from 'get-east-asian-width'

/** Control characters, and those that change the direction of the text after them. */
const INVISIBLE = /[\p{Cc}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001B': '\\e' }

/** Text from outside as one line that cannot steer the terminal: a file's name may contain any character. */
export function visible(text: string): string {
  return text.replaceAll(INVISIBLE, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16)
    return NAMED[character] ?? (code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`)
  })
}

/** The same for text whose line breaks are wanted. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n')
}

/** A text each of whose characters takes one place. */
const PLAIN = /^[\x20-\x7E]*$/

/** How many places a text takes on a terminal. */
export function widthOf(text: string): number {
  if (PLAIN.test(text)) return text.length
  let width = 0
  for (const [, places] of characters(text)) width += places
  return width
}

/** Characters that take no place: marks on the character before, and the later letters of a Korean syllable. */
const NO_PLACE = /[\p{M}\p{Cf}\p{Default_Ignorable_Code_Point}\u1160-\u11FF\uD7B0-\uD7FF]/u

const JOINER = '\u200D'
/** Shows the character before it as a picture. */
const AS_PICTURE = '\uFE0F'
const SKIN_TONE = /[\u{1F3FB}-\u{1F3FF}]/u

/** The characters of a text, each with the places that it takes there: a picture may be made of several. */
function* characters(text: string): Generator<[character: string, places: number]> {
  let before = ''
  let placesBefore = 0
  for (const character of text) {
    let places = NO_PLACE.test(character) ? 0 : eastAsianWidth(character.codePointAt(0) ?? 0)
    if (before === JOINER || (SKIN_TONE.test(character) && placesBefore === 2)) places = 0
    if (character === AS_PICTURE && placesBefore === 1) places = 1
    yield [character, places]
    before = character
    if (places > 0) placesBefore = places
  }
}

/** The start of a text, as much as fits into `width` places. */
export function startOf(text: string, width: number): string {
  if (PLAIN.test(text)) return text.slice(0, width)
  let places = 0
  let end = 0
  for (const [character, own] of characters(text)) {
    places += own
    if (places > width) return text.slice(0, end)
    end += character.length
  }
  return text
}

/** Text cut to `width` places, with … where something is missing. */
export function cut(text: string, width: number): string {
  return paintedLine([{ text }], width)
}

/** A piece of a line, and its colour. */
export interface Piece {
  readonly text: string
  readonly paint?: ((text: string) => string) | undefined
}

/** Pieces one after another, cut to `width` places, with … where something is missing. */
export function paintedLine(pieces: readonly Piece[], width: number): string {
  const isWhole = pieces.reduce((sum, { text }) => sum + widthOf(text), 0) <= width
  let room = isWhole ? width : width - 1
  let line = ''
  for (const { text, paint } of pieces) {
    const shown = startOf(text, room)
    line += paint === undefined || shown === '' ? shown : paint(shown)
    room = shown === text ? room - widthOf(shown) : 0
  }
  return isWhole ? line : `${line.trimEnd()}…`
}
