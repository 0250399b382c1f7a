import { describe, expect, test } from 'vitest'
import { functionLengths } from './functionLengths.ts'
import { lineAt, readSource } from './sourceText.ts'

/** In these cases a substitution is written #{…}. */
function js(text: string): string {
  return text.replaceAll('#{', '${')
}

describe('readSource', () => {
  test.each([
    ['a line comment', 'a // b { "c"\nd', 'a           \nd'],
    ['a block comment, over lines', 'a /* b\n{ */ d', 'a     \n     d'],
    ['a string with an escaped quote', `a('it\\'s {') + b`, `a('       ') + b`],
    ['a quote in a comment', "a // it's\nb('{')", "a        \nb(' ')"],
    ['a comment in a string', "a('// {') + b", "a('    ') + b"],
    ['a template', 'a(`b {\nc`) + d', 'a(`   \n `) + d'],
    ['a substitution, which is code', 'a(`b #{c.d} e`)', 'a(`  #{c.d}  `)'],
    ['a template in a substitution', 'a(`b #{c ? `d #{e}` : "f"} g`) + h', 'a(`  #{c ? `  #{e}` : " "}  `) + h'],
    ['an object in a substitution', 'a(`b #{f({ c: 1 })} }`) + d', 'a(`  #{f({ c: 1 })}  `) + d'],
    ['an escaped substitution', 'a(`b \\#{c} d`) + e', 'a(`         `) + e'],
    ['a regular expression', "a.replace(/[/'`{]\\//g, b) + 'c'", "a.replace(/        /g, b) + ' '"],
    ['a regular expression after return', 'return /"{/.test(a)', 'return /  /.test(a)'],
    ['a division', 'a / b / "c"', 'a / b / " "'],
    ['a division after a call', 'a(b) / c / "d"', 'a(b) / c / " "'],
    ['text beyond the basic plane', "a('🦆 {') + b", "a('    ') + b"],
  ])('blanks what is no code: %s', (_, source, code) => {
    expect(readSource(js(source)).code).toBe(js(code))
  })

  test('keeps strings where only comments are blanked', () => {
    expect(readSource(`import { a } from 'b' // 'c'`).withoutComments).toBe(`import { a } from 'b'       `)
  })

  test('gives each literal with its fixed text, and says whether something is put into it', () => {
    const { literals } = readSource(js('a(\'b\', `c #{`d`} e`, "f")'))
    expect(literals.map(({ kind, text, hasSubstitution }) => [kind, text, hasSubstitution])).toEqual([
      ['string', 'b', false],
      ['template', 'c  e', true],
      ['template', 'd', false],
      ['string', 'f', false],
    ])
  })

  test('keeps offsets and lines', () => {
    const source = js("a /* 1\n2 */ + 'b\\'c' + `d\n#{e}\n` + f")
    const { code, literals } = readSource(source)
    expect(code).toHaveLength(source.length)
    expect(lineAt(code, code.indexOf('f'))).toBe(4)
    expect(literals.map(({ start, endExclusive }) => source.slice(start, endExclusive))).toEqual([
      "'b\\'c'",
      js('`d\n#{e}\n`'),
    ])
  })
})

describe('functionLengths', () => {
  test.each([
    ['a function', 'function f() {\n}', [2]],
    ['a function with a return type', 'function f(a: string): Promise<void> {\n}', [2]],
    ['a return type with brackets', 'function f(): Promise<{ a: string; b: () => void }> {\n\n}', [3]],
    ['an object as a return type', 'function f(): { a: string } {\n}', [2]],
    ['a method and a getter', 'class A {\n  b(): void {\n  }\n  get c(): number {\n\n  }\n}', [2, 3]],
    ['an arrow function', 'const f = () => {\n}', [2]],
    ['parameters over several lines', 'function f(\n  a: string,\n): void {\n}', [4]],
    ['a function in a function', 'function f() {\n  const g = () => {\n  }\n}', [2, 4]],
    ['no block', 'if (a) {\n} else {\n}\nfor (const b of c) {\n}\nfor await (const b of c) {\n}', []],
    ['no catch, and no try', 'try {\n} catch (error) {\n} finally {\n}', []],
    ['no class, interface or object', 'class A extends B<C> {\n}\ninterface D {\n}\nconst e: F = {\n}', []],
    ['no class after a signature', 'declare function f(): void\n\nexport class Y {\n}', []],
    ['no object after a colon', 'const a = b(c) ? d(e) : {\n}', []],
  ])('counts the lines of each function: %s', (_, code, lineCounts) => {
    expect(functionLengths(code).map(({ lineCount }) => lineCount)).toEqual(lineCounts)
  })
})
