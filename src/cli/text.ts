/** Control characters, and those that turn the direction of what follows. */
const INVISIBLE = /[\p{Cc}\u061C\u200E\u200F\u2028\u2029\u202A-\u202E\u2066-\u2069]/gu

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\u001B': '\\e' }

/** Text from outside on one line, and unable to steer the terminal: a file's name may hold any character. */
export function visible(text: string): string {
  return text.replaceAll(INVISIBLE, (character) => {
    const code = (character.codePointAt(0) ?? 0).toString(16)
    return NAMED[character] ?? (code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`)
  })
}

/** The same for text whose line breaks are meant. */
export function visibleLines(text: string): string {
  return text.split('\n').map(visible).join('\n')
}

/** Characters that take two places on a terminal: East Asian ones and pictures. */
const WIDE = new RegExp(
  [
    ...['\u1100-\u115F', '\u2E80-\u303E', '\u3041-\uA4CF', '\uA960-\uA97F', '\uAC00-\uD7A3', '\uF900-\uFAFF'],
    ...['\uFE30-\uFE6F', '\uFF00-\uFF60', '\uFFE0-\uFFE6', '\u{1F300}-\u{1FAFF}', '\u{20000}-\u{3FFFD}'],
  ]
    .map((range) => `[${range}]`)
    .join('|'),
  'u',
)

/** How many places a text takes on a terminal. */
export function widthOf(text: string): number {
  let width = 0
  for (const character of text) width += placesOf(character)
  return width
}

function placesOf(character: string): number {
  if (/[\p{M}\p{Cf}]/u.test(character)) return 0
  return WIDE.test(character) ? 2 : 1
}

/** As much of the start of a text as takes `width` places. */
function startOf(text: string, width: number): string {
  let places = 0
  let end = 0
  for (const character of text) {
    places += placesOf(character)
    if (places > width) return text.slice(0, end)
    end += character.length
  }
  return text
}

/** Text cut to `width` places, with … where something is missing. */
export function cut(text: string, width: number): string {
  return paintedLine([{ text }], width)
}

/** A piece of a line and how it is painted. */
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
