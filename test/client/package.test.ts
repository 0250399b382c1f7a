import { execFileSync } from 'node:child_process'
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'rolldown'
import { expect, test } from 'vitest'
import { temporaryFolder } from '../support/temporaryFolder.ts'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))

/** A project in which the package is installed: its package.json, and what was built of the client. */
function projectWith(files: Readonly<Record<string, string>>): string {
  const folder = temporaryFolder()
  const package_ = join(folder, 'node_modules/lakeweir')
  mkdirSync(package_, { recursive: true })
  cpSync(join(ROOT, 'package.json'), join(package_, 'package.json'))
  cpSync(join(ROOT, 'dist/client'), join(package_, 'dist/client'), { recursive: true })
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  return folder
}

function fixture(name: string): string {
  return readFileSync(join(ROOT, 'test/fixtures/client', name), 'utf8')
}

/** What the compiler says of the project. */
function compiled(folder: string): string {
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc')
  try {
    execFileSync(process.execPath, [tsc, '-p', folder], { cwd: folder, encoding: 'utf8' })
    return ''
  } catch (error) {
    return (error as { readonly stdout: string }).stdout
  }
}

const BROWSER = { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'], types: [] }
const NODE = { module: 'node16', moduleResolution: 'node16', lib: ['es2022'], types: ['node'] }
const typeRoots = [join(ROOT, 'node_modules/@types')]

test.each([
  { name: 'a page that is bundled', options: BROWSER },
  { name: 'a program of Node', options: NODE },
])('the types of the client are those of $name', ({ options }) => {
  const folder = projectWith({
    'package.json': '{ "type": "module" }',
    'panels.ts': fixture('panels.ts'),
    'follow.ts': fixture('follow.ts'),
    'tsconfig.json': JSON.stringify({
      compilerOptions: { ...options, typeRoots, target: 'es2022', strict: true, noEmit: true },
      files: ['follow.ts'],
    }),
  })
  expect(compiled(folder)).toBe('')
})

test('the compiler finds what the panels do not have', () => {
  const mistakes = [
    ["client.panel('message_per_minute')", /TS2345.*message_per_minute/],
    ["client.panel('corrupted_today', { from: 'a' })", /TS2322.*'string'.*'never'/],
    ["client.panel('messages_per_minute', { channel: 1 })", /TS2322.*'number'.*'string \| readonly string\[\]/],
    ["void (await client.panel('corrupted_today')).records[0]?.minute", /TS2339.*'minute'/],
    ["client.follow({ a: { panel: 'none' } })", /TS2322.*"none"/],
    [
      "client.follow({ a: { panel: 'corrupted_today', parameters: { channel: 'A' } } })",
      /TS2322.*FollowedPanel<Panels>/,
    ],
  ] as const
  const folder = projectWith({
    'package.json': '{ "type": "module" }',
    'panels.ts': fixture('panels.ts'),
    'bad.ts': `import { createClient } from 'lakeweir/client'
import type { Panels } from './panels.js'
const client = createClient<Panels>({ url: 'http://127.0.0.1/' })
${mistakes.map(([text]) => text).join('\n')}
`,
    'tsconfig.json': JSON.stringify({
      compilerOptions: { ...NODE, typeRoots, target: 'es2022', strict: true, noEmit: true },
      files: ['bad.ts'],
    }),
  })
  const errors = compiled(folder)
    .split('\n')
    .filter((line) => line.startsWith('bad.ts'))
  expect(errors).toEqual(
    mistakes.map(([, says], index) =>
      expect.stringMatching(new RegExp(`^bad\\.ts\\(${index + 4},\\d+\\): error ${says.source}`)),
    ),
  )
})

test('the client is one file without an import, and small', async () => {
  const text = readFileSync(join(ROOT, 'dist/client/index.js'), 'utf8')
  expect(text).not.toMatch(/^import|\bfrom ['"]|\brequire\(/m)
  const { output } = await build({
    input: join(ROOT, 'dist/client/index.js'),
    platform: 'browser',
    output: { minify: true },
    write: false,
  })
  expect(gzipSync(output[0].code).length).toBeLessThan(4_000)
})
