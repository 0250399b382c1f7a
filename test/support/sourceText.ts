/** A string or a template as it stands in a source, without its quotes. */
export interface Literal {
  readonly kind: 'string' | 'template'
  /** The fixed text; substitutions are left out. */
  readonly text: string
  readonly hasSubstitution: boolean
  /** Offsets of the first character and of the one after the last, quotes included. */
  readonly start: number
  readonly endExclusive: number
}

/** A TypeScript source in which text can be told from code. Offsets and lines are those of the file. */
export interface SourceText {
  /** Only code: comments, strings, templates and regular expressions are blank, their quotes stay. */
  readonly code: string
  /** Code and strings: only comments are blank. */
  readonly withoutComments: string
  readonly literals: readonly Literal[]
}

/** After these, a slash begins a regular expression; after a name, a number or a closing bracket it divides. */
const REGEX_AFTER = /(?:^|[({[,;:=!&|?+\-*%~^<>]|\b(?:return|typeof|case|in|of|do|else|void|yield|await|throw))\s*$/

interface OpenTemplate {
  readonly start: number
  text: string
  hasSubstitution: boolean
  /** Curly brackets that stand open in the substitution. */
  depth: number
}

/** Tells code, comments and literals apart. Knows all of TypeScript's quoting, and nothing else of its grammar. */
export function readSource(source: string): SourceText {
  return new Scanner(source).scan()
}

class Scanner {
  readonly #source: string
  readonly #code: string[]
  readonly #withoutComments: string[]
  readonly #literals: Literal[] = []
  /** Templates in whose substitutions the scanner is, outermost first. */
  readonly #templates: OpenTemplate[] = []
  #at = 0

  constructor(source: string) {
    this.#source = source
    this.#code = source.split('')
    this.#withoutComments = [...this.#code]
  }

  scan(): SourceText {
    while (this.#at < this.#source.length) this.#step()
    return {
      code: this.#code.join(''),
      withoutComments: this.#withoutComments.join(''),
      literals: this.#literals.toSorted((a, b) => a.start - b.start),
    }
  }

  #step(): void {
    const char = this.#source[this.#at]
    const next = this.#source[this.#at + 1]
    const template = this.#templates.at(-1)
    if (char === '/' && next === '/') this.#comment('\n', 0)
    else if (char === '/' && next === '*') this.#comment('*/', 2)
    else if (char === '/' && REGEX_AFTER.test(this.#code.slice(Math.max(0, this.#at - 40), this.#at).join('')))
      this.#regex()
    else if (char === "'" || char === '"') this.#string(char)
    else if (char === '`') this.#template({ start: this.#at++, text: '', hasSubstitution: false, depth: 0 })
    else if (char === '}' && template?.depth === 0) {
      this.#templates.pop()
      this.#at++
      this.#template(template)
    } else {
      if (template !== undefined && char === '{') template.depth++
      if (template !== undefined && char === '}') template.depth--
      this.#at++
    }
  }

  #comment(end: string, endLength: number): void {
    const found = this.#source.indexOf(end, this.#at + 2)
    const endExclusive = found === -1 ? this.#source.length : found + endLength
    blank(this.#code, this.#at, endExclusive)
    blank(this.#withoutComments, this.#at, endExclusive)
    this.#at = endExclusive
  }

  #string(quote: string): void {
    const start = this.#at++
    while (this.#at < this.#source.length && this.#source[this.#at] !== quote) this.#skipEscaped()
    const endExclusive = ++this.#at
    blank(this.#code, start + 1, endExclusive - 1)
    const text = this.#source.slice(start + 1, endExclusive - 1)
    this.#literals.push({ kind: 'string', text, hasSubstitution: false, start, endExclusive })
  }

  /** From inside a template to its end, or to its next substitution. */
  #template(template: OpenTemplate): void {
    const from = this.#at
    for (; this.#at < this.#source.length; this.#skipEscaped()) {
      if (this.#source[this.#at] === '`' || this.#source.startsWith('${', this.#at)) break
    }
    template.text += this.#source.slice(from, this.#at)
    blank(this.#code, from, this.#at)
    if (this.#source[this.#at] === '`') {
      const { text, hasSubstitution, start } = template
      this.#literals.push({ kind: 'template', text, hasSubstitution, start, endExclusive: ++this.#at })
      return
    }
    this.#at += 2
    this.#templates.push({ ...template, hasSubstitution: true, depth: 0 })
  }

  #regex(): void {
    const start = this.#at++
    let isInClass = false
    for (; this.#at < this.#source.length && this.#source[this.#at] !== '\n'; this.#skipEscaped()) {
      const char = this.#source[this.#at]
      if (char === '[') isInClass = true
      else if (char === ']') isInClass = false
      else if (char === '/' && !isInClass) break
    }
    blank(this.#code, start + 1, this.#at)
    this.#at++
  }

  #skipEscaped(): void {
    this.#at += this.#source[this.#at] === '\\' ? 2 : 1
  }
}

/** Blanks a range but for its line ends, so that lines keep their numbers. */
function blank(chars: string[], start: number, endExclusive: number): void {
  for (let at = start; at < endExclusive && at < chars.length; at++) if (chars[at] !== '\n') chars[at] = ' '
}

/** The line, from 1, at which an offset stands. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}
