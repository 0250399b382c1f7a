import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'rolldown/parseAst'
import { describe, expect, test } from 'vitest'
import { safeguards } from './safeguards/list.ts'
import { takenOut } from './safeguards/safeguard.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

// What the list says must stay true of the source; whether a test notices is what scripts/takeOut.ts finds out.
describe('every safeguard of the list', () => {
  test.each(safeguards)('$name: stands once in $file', (safeguard) => {
    const { file, tests } = safeguard
    const without = takenOut(safeguard, readFileSync(join(ROOT, file), 'utf8'))
    // What no longer parses would be noticed by any test.
    if (file.endsWith('.ts')) expect(() => parseAst(without, { lang: 'ts' })).not.toThrow()
    expect(tests.length).toBeGreaterThan(0)
    for (const path of tests) expect(existsSync(join(ROOT, path)), path).toBe(true)
  })

  test('has a name of its own', () => {
    const names = safeguards.map(({ name }) => name)
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([])
  })
})
