import { lineAt } from './sourceText.ts'

export interface FunctionLength {
  /** The line, from 1, at which its parameters begin. */
  readonly line: number
  readonly lineCount: number
  /** From its parameters to the end of its body. */
  readonly code: string
}

/** Words before a parenthesis that make a block and no function. */
const BLOCKS: ReadonlySet<string> = new Set(['if', 'for', 'while', 'switch', 'catch', 'await', 'with'])
const CLOSING: Readonly<Record<string, string>> = { ')': '(', ']': '[', '}': '{', '>': '<' }

/** The functions, methods and arrow functions with a body in a source that holds only code. */
export function functionLengths(code: string): FunctionLength[] {
  const lengths: FunctionLength[] = []
  const open: { readonly start: number | undefined }[] = []
  for (let at = 0; at < code.length; at++) {
    if (code[at] === '{') open.push({ start: functionStart(code, at) })
    if (code[at] !== '}') continue
    const start = open.pop()?.start
    if (start === undefined) continue
    const line = lineAt(code, start)
    lengths.push({ line, lineCount: lineAt(code, at) - line + 1, code: code.slice(start, at + 1) })
  }
  return lengths
}

/** Where the function begins whose body a `{` opens; undefined where it opens something else. */
function functionStart(code: string, brace: number): number | undefined {
  const before = code.slice(0, brace).trimEnd()
  if (before.endsWith('=>')) return before.length
  if (before.endsWith(')')) return parametersStart(before)
  const parameters = withoutReturnType(before)
  return parameters === undefined ? undefined : parametersStart(parameters)
}

/** The start of the parameters that end a text, unless they are the condition of a block. */
function parametersStart(before: string): number | undefined {
  const start = openingOf(before, before.length - 1)
  const word = /([\w$]+)\s*$/.exec(before.slice(0, start))?.[1]
  return word !== undefined && BLOCKS.has(word) ? undefined : start
}

/** The text up to the parameters, where a return type follows them: `(…): Promise<{ … }> {`. */
function withoutReturnType(before: string): string | undefined {
  let at = before.length - 1
  while (at >= 0) {
    const char = before[at] ?? ''
    if (char === '>' && before[at - 1] === '=') at -= 2
    else if (CLOSING[char] !== undefined) at = openingOf(before, at) - 1
    else if (/[\w$\s.|&'"`,]/.test(char)) at -= 1
    else break
  }
  const type = before.slice(at + 1)
  if (before[at] !== ':' || type.trim() === '' || /\b(class|interface|else|try|finally|do)\b/.test(type))
    return undefined
  const parameters = before.slice(0, at).trimEnd()
  return parameters.endsWith(')') ? parameters : undefined
}

/** The offset of the bracket that the one at an offset closes. */
function openingOf(text: string, closing: number): number {
  const close = text[closing] ?? ''
  const opening = CLOSING[close]
  let depth = 0
  for (let at = closing; at >= 0; at--) {
    if (text[at] === '>' && text[at - 1] === '=') continue
    if (text[at] === close) depth++
    if (text[at] === opening && --depth === 0) return at
  }
  return 0
}
