import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'

const at = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8')

test('the example of docs/library.md is the one that the compiler checks', () => {
  const [, example] = /```ts\n(.*?)```/s.exec(at('docs/library.md')) ?? []
  expect(example).toBe(at('test/fixtures/library.ts'))
})
