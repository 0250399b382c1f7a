import { execFile } from 'node:child_process'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeTemporaryFolder, removeFolder } from './support/temporaryFolder.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))

interface Case {
  readonly path: string
  readonly text: string
  /** The rule that finds it. */
  readonly rule: string
  /** Words of its message. */
  readonly says?: string
}

const UPWARD = 'Imports point down'

/** What each rule of the linter finds: one that finds nothing here would find nothing anywhere. */
const bad: readonly Case[] = [
  // Who may import what.
  ...[
    ['lake', '../cli/b.ts'],
    ['lake', '../server/b.ts'],
    ['server', '../cli/b.ts'],
    ['server/panels', '../../cli/b.ts'],
    ['serving', '../sources/b.ts'],
    ['serving/store', '../../lake/b.ts'],
    ['client', '../server/b.ts'],
    ['client', '../dashboard/b.ts'],
    ['server', '../dashboard/b.ts'],
    ['dashboard', '../server/b.ts'],
    ['dashboard', '../words.ts'],
    ['dashboard/view', '../../lake/b.ts'],
    ['dashboard/panels/heat', '../../../server/b.ts'],
    ['sources', '../serving/b.ts'],
    ['engines', '../serving/b.ts'],
    ['tables', '../serving/b.ts'],
    ['sources', '../lake/b.ts'],
    ['sources', '../engines/b.ts'],
    ['sources/landing', '../../cli/b.ts'],
    ['engines/duckdb', '../../sources/b.ts'],
    ['tables', '../sources/b.ts'],
    ['stream', '../tables/b.ts'],
    ['delta', '../stream/b.ts'],
    ['duckdb/sql', '../../delta/b.ts'],
    ['parquet', '../duckdb/b.ts'],
    ['files', '../parquet/b.ts'],
    ['lake', '../index.ts'],
    ['lake/config', '../../index.ts'],
    ['lake', '../../test/b.ts'],
    ['lake', '@duckdb/node-api'],
  ].map(([folder, target]) => ({
    path: `src/${folder}`,
    text: `import type { B } from '${target}'\n\nexport type A = B\n`,
    rule: 'plugin',
    says: UPWARD,
  })),
  { path: 'src/lake', text: "export { b } from '../cli/b.ts'\n", rule: 'plugin', says: UPWARD },
  { path: 'src/lake', text: "export const a = await import('../cli/b.ts')\n", rule: 'plugin', says: UPWARD },
  // Who may change the disk.
  ...[
    "import { readFile, type Stats, writeFile as w } from 'node:fs/promises'",
    "import * as fs from 'node:fs'",
    "import fs from 'node:fs'",
    "const fs = await import('node:fs/promises')",
    "import { rmSync } from 'fs'",
  ].map((text) => ({ path: 'src/lake', text, rule: 'lint/style/noRestrictedImports', says: 'method of Disk' })),
  // Who builds SQL.
  {
    path: 'src/lake',
    text: "import { sql } from '../duckdb/sql/sql.ts'",
    rule: 'lint/style/noRestrictedImports',
    says: 'Only src/duckdb/sql/ builds SQL',
  },
  { path: 'src/lake', text: "export const a = ('DROP TABLE ' + b) as Sql\n", rule: 'plugin', says: 'src/duckdb/sql/' },
  // Who knows the time, and throws dice.
  ...['new Date()', 'new Date', 'Date.now()', 'performance.now()', 'Math.random()'].map((call) => ({
    path: 'src/lake',
    text: `export const a = ${call}\n`,
    rule: 'plugin',
    says: 'No test could choose this',
  })),
  ...[
    'setTimeout(a, 1)\n',
    'const a = setInterval(b, 1)\n',
    "import { setTimeout as delay } from 'node:timers/promises'\n",
  ].map((text) => ({ path: 'src/stream', text, rule: 'plugin', says: 'No test could choose this' })),
  // Who believes what is read.
  {
    path: 'src/lake',
    text: 'export const a = JSON.parse(b) as { c: string }\n',
    rule: 'plugin',
    says: 'parsedJson and assertFits',
  },
  // Who talks and exits.
  { path: 'src/lake', text: 'console.log(1)\n', rule: 'lint/suspicious/noConsole' },
  ...['process.exit(1)', "process.stdout.write('a')", "process.stderr.write('a')", 'process.exitCode = 1'].map(
    (text) => ({ path: 'src/lake', text, rule: 'plugin', says: 'return a value or call a callback' }),
  ),
  // How long.
  { path: 'src', text: 'export const a = 1\n'.repeat(401), rule: 'lint/style/noExcessiveLinesPerFile' },
  ...['src', 'test/support', 'scripts'].map((path) => ({
    path,
    text: `export function a(): void {\n${'  b()\n'.repeat(71)}}\n`,
    rule: 'lint/complexity/noExcessiveLinesPerFunction',
  })),
  { path: 'src', text: `export const a = [${'bcdefg, '.repeat(15)}h]\n`, rule: 'format' },
  // What else the linter has to say.
  { path: 'test', text: "export const a: Record<string, any> = 'any'\n", rule: 'lint/suspicious/noExplicitAny' },
  { path: 'test', text: 'export const a = b as any\n', rule: 'lint/suspicious/noExplicitAny' },
  { path: 'test', text: 'export const a = b!\n', rule: 'lint/style/noNonNullAssertion' },
  { path: 'test', text: "import { join } from 'path'\n", rule: 'lint/style/useNodejsImportProtocol' },
  {
    path: 'test',
    text: "import { A } from './b.ts'\n\nexport type B = A\n",
    rule: 'lint/style/useImportType',
  },
  { path: 'src', text: "import 'nowhere'\n", rule: 'lint/correctness/noUndeclaredDependencies' },
]

/** Sound where they stand: what is refused elsewhere. */
const sound: readonly Pick<Case, 'path' | 'text'>[] = [
  { path: 'src/files', text: "export { writeFile } from 'node:fs/promises'\n" },
  { path: 'src/duckdb', text: "export type { Json } from '@duckdb/node-api'\n" },
  { path: 'src/duckdb/sql', text: "import { type Sql, sql } from './sql.ts'\n\nexport const a: Sql = sql`SELECT 1`\n" },
  { path: 'src/duckdb/sql', text: "export const a = 'SELECT 1' as Sql\n" },
  { path: 'src/cli', text: "console.log('a', new Date(), process.stdout)\n" },
  { path: 'src/cli', text: "export { a } from '../index.ts'\n" },
  { path: 'src/sources/landing', text: "export { a } from '../delta/offset.ts'\n" },
  { path: 'src/engines/duckdb', text: "export { a } from '../../duckdb/session.ts'\n" },
  {
    path: 'src/lake',
    text: "import { readFileSync, type Stats } from 'node:fs'\n\nexport const a: Stats = readFileSync('b')\n",
  },
  { path: 'src/dashboard', text: "export { a } from '../client/index.ts'\n" },
  { path: 'src/dashboard/view', text: "export { a } from '../../client/index.ts'\n" },
  { path: 'src/dashboard/view', text: "export { a } from '../words.ts'\n" },
  { path: 'src/dashboard/panels/heat', text: "export { a } from '../../charts/b.ts'\n" },
  { path: 'src/lake', text: 'export const a = new Date(0)\n' },
  { path: 'src/lake', text: 'export const a: unknown = JSON.parse(b)\n' },
  { path: 'src/stream', text: "import { setImmediate as turn } from 'node:timers/promises'\n\nawait turn()\n" },
  { path: 'src/duckdb', text: 'setTimeout(a, 1)\n' },
]

interface Found {
  readonly category: string
  readonly message: string
  readonly location: { readonly path: string }
}

let folder: string
let found: readonly Found[]

function fileOf({ path }: Pick<Case, 'path'>, index: number, kind: string): string {
  return `${path}/${kind}${index}.ts`
}

function foundIn(path: string): string[] {
  return found
    .filter(({ location }) => location.path === path)
    .map(({ category, message }) => `${category}: ${message}`)
}

/** One run of the linter over all cases, by the project's own configuration. */
beforeAll(async () => {
  const files: Readonly<Record<string, string>> = Object.fromEntries([
    ...bad.map((file, index) => [fileOf(file, index, 'bad'), file.text]),
    ...sound.map((file, index) => [fileOf(file, index, 'sound'), file.text]),
    ['src/circle/one.ts', "import type { B } from './two.ts'\n\nexport interface A {\n  readonly b: B\n}\n"],
    ['src/circle/two.ts', "import type { A } from './one.ts'\n\nexport interface B {\n  readonly a: A\n}\n"],
  ])
  folder = makeTemporaryFolder()
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  for (const name of ['biome.json', 'lint', 'package.json', '.gitignore']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true })
  }
  const biome = join(ROOT, 'node_modules/@biomejs/biome/bin/biome')
  const words = ['check', '.', '--reporter=json', '--max-diagnostics=none', '--diagnostic-level=error']
  const told = await new Promise<string>((resolve) => {
    execFile(process.execPath, [biome, ...words], { cwd: folder, maxBuffer: 2 ** 26 }, (_, stdout) => resolve(stdout))
  })
  found = JSON.parse(told).diagnostics
})

afterAll(() => removeFolder(folder))

describe('the linter', () => {
  test.each(bad.map((file, index) => ({ ...file, index })))('finds $rule in $path: $text', ({ index, ...file }) => {
    const told = foundIn(fileOf(file, index, 'bad'))
    expect(told).toContainEqual(expect.stringMatching(`^${file.rule}: .*${file.says ?? ''}`))
  })

  test('finds circles of types', () => {
    const told = foundIn('src/circle/one.ts')
    expect(told).toContainEqual(expect.stringMatching('^lint/suspicious/noImportCycles'))
  })

  test.each(sound.map((file, index) => ({ ...file, index })))('lets $path be: $text', ({ index, ...file }) => {
    expect(foundIn(fileOf(file, index, 'sound'))).toEqual([])
  })
})
