// What only the text of a statement shows, and its parse tree no longer does.

/** A word, a number, a text or a sign in a statement, and where it begins, in bytes. */
export interface Token {
  readonly kind: 'word' | 'name' | 'number' | 'text' | 'comment' | 'sign'
  readonly text: string
  readonly at: number
}

const TOKEN = new RegExp(
  [
    /(?<comment>--[^\n]*|\/\*[\s\S]*?(?:\*\/|$))/,
    /(?<text>[a-zA-Z]?&?'[^']*(?:''[^']*)*'|\$(?<tag>(?:[A-Za-z_\x80-\xff]\w*)?)\$[\s\S]*?\$\k<tag>\$)/,
    /(?<name>"[^"]*(?:""[^"]*)*")/,
    /(?<number>(?:\d[\w.]*|\.\d\w*)(?:(?<=\d[eE])[+-]\d+)?)/,
    /(?<word>[A-Za-z_\x80-\xff][\w$\x80-\xff]*)/,
    /(?<sign>::|[^\s])/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
)

/** The tokens of a text in order. Each character of them is a byte, as in the places of a parse tree. */
export function tokensOf(text: string): Token[] {
  const bytes = Buffer.from(text).toString('latin1')
  return [...bytes.matchAll(TOKEN)].map(({ 0: found, index, groups = {} }) => {
    const kind = (['comment', 'text', 'name', 'number', 'word'] as const).find((one) => groups[one] !== undefined)
    return { kind: kind ?? 'sign', text: found, at: index }
  })
}

export interface TextFault {
  readonly at: number
  readonly what: string
  readonly instead: string
}

/** What is wrong with single tokens. */
export function faultsOf(tokens: readonly Token[]): TextFault[] {
  return tokens.flatMap((token, index) => {
    const { kind, text, at } = token
    const found =
      kind === 'text'
        ? textFault(text)
        : kind === 'number'
          ? numberFault(text)
          : kind === 'comment'
            ? commentFault(text)
            : wordFault(token, tokens[index - 1], tokens[index + 1])
    return found === undefined ? [] : [{ at, ...found }]
  })
}

type Fault = Omit<TextFault, 'at'>

function textFault(text: string): Fault | undefined {
  if (text.startsWith('$')) return { what: 'Spark has no texts between $$', instead: "Write it between ' and '." }
  const [prefix = ''] = /^[^']*/.exec(text) ?? []
  if (prefix !== '') {
    return { what: `the text after ${prefix} is another one in Spark`, instead: "Write it between ' and ' alone." }
  }
  if (!text.includes('\\')) return undefined
  const instead = 'Write chr(92) for it, joined with ||.'
  return { what: 'in Spark, a backslash in a text is the beginning of another character', instead }
}

function numberFault(text: string): Fault | undefined {
  if (/^(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text)) return undefined
  return { what: `the number ${text} is something else in Spark`, instead: 'Write it with digits alone.' }
}

function commentFault(text: string): Fault | undefined {
  if (text.startsWith('--') && text.endsWith('\\')) {
    return { what: 'in Spark, the comment goes on in the next line', instead: 'Do not end it with a backslash.' }
  }
  if (text.startsWith('/*+')) return { what: 'in Spark, this comment is a hint', instead: 'Begin it with a blank.' }
  if (text.slice(2).includes('/*')) {
    return { what: 'the comment ends elsewhere in Spark', instead: 'Leave out the /* that is in it.' }
  }
  return undefined
}

/** Words after which a name begins something new; after any other a name in quotes is an alias. */
const BEFORE_NAMES: ReadonlySet<string> = new Set(
  (
    'ALL AND AS BETWEEN BY CASE CROSS DISTINCT ELSE ESCAPE EXCEPT EXISTS FILTER FROM FULL GROUP HAVING ILIKE IN ' +
    'INNER INTERSECT IS JOIN LATERAL LEFT LIKE LIMIT NOT OFFSET ON OR ORDER OVER PARTITION QUALIFY RIGHT SELECT ' +
    'THEN UNION USING WHEN WHERE WINDOW WITH'
  ).split(' '),
)

function isAfterValue(before: Token | undefined): boolean {
  if (before === undefined) return false
  if (before.kind === 'word') return !BEFORE_NAMES.has(before.text.toUpperCase())
  return before.kind === 'sign' ? before.text === ')' : before.kind !== 'comment'
}

function wordFault({ kind, text }: Token, before: Token | undefined, next: Token | undefined): Fault | undefined {
  if (kind === 'name' && isAfterValue(before)) {
    return { what: 'Spark needs AS before a name in quotes', instead: 'Write AS.' }
  }
  const word = kind === 'word' ? text.toUpperCase() : ''
  if (word === 'MATERIALIZED' && next?.text === '(')
    return { what: 'Spark has no MATERIALIZED', instead: 'Leave it out.' }
  if ((word === 'ISNULL' || word === 'NOTNULL') && isAfterValue(before)) {
    return { what: `Spark has no ${word}`, instead: word === 'ISNULL' ? 'Write IS NULL.' : 'Write IS NOT NULL.' }
  }
  if (word === 'FETCH' && /^(first|next)$/i.test(next?.text ?? '')) {
    return { what: 'Spark has no FETCH', instead: 'Write LIMIT.' }
  }
  return undefined
}

/** The type that a CAST at a place names, as it is written; undefined if it is not found. */
export function writtenType(tokens: readonly Token[], at: number | undefined): string | undefined {
  const start = tokens.findIndex((token) => token.at === at)
  const [first, ...rest] = start < 0 ? [] : tokens.slice(start).filter(({ kind }) => kind !== 'comment')
  if (first?.text === '::') return typeAt(rest, 1)
  if (first === undefined || !/^(try_)?cast$/i.test(first.text)) return undefined
  let depth = 0
  for (const [index, { kind, text }] of rest.entries()) {
    if (kind === 'sign' && text === '(') depth += 1
    if (kind === 'sign' && text === ')') depth -= 1
    if (depth === 0) return undefined
    if (depth === 1 && kind === 'word' && text.toUpperCase() === 'AS') return typeAt(rest.slice(index + 1), rest.length)
  }
  return undefined
}

function typeAt(tokens: readonly Token[], maxWords: number): string {
  const end = tokens.findIndex(({ kind }, index) => kind !== 'word' || index === maxWords)
  const words = (end < 0 ? tokens : tokens.slice(0, end)).map(({ text }) => text.toUpperCase())
  const isSized = tokens[words.length]?.text === '('
  return `${words.join(' ')}${isSized ? '(' : ''}`
}

/** Whether a function's call is written with FROM between its arguments: `trim(BOTH ' ' FROM name)`. */
export function isWrittenWithFrom(tokens: readonly Token[], at: number | undefined): boolean {
  const start = tokens.findIndex((token) => token.at === at)
  let depth = 0
  for (const { kind, text } of start < 0 ? [] : tokens.slice(start + 1)) {
    if (kind === 'sign' && text === '(') depth += 1
    if (kind === 'sign' && text === ')') depth -= 1
    if (depth === 0) return false
    if (depth === 1 && kind === 'word' && text.toUpperCase() === 'FROM') return true
  }
  return false
}
