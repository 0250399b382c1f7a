import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../src/index.ts'
import { loadLake } from '../src/lake/config/load.ts'
import type { ResolvedLake } from '../src/lake/config/resolve.ts'
import {
  filesAreShort,
  functionsAreShort,
  importsOf,
  importsPointDown,
  linesAreShort,
  noAny,
  noWorkLeft,
  oneFileBuildsSql,
  onlyOneFolderChangesTheDisk,
  onlyOneFolderKnowsDuckdb,
  onlyTheCliTalks,
  onlyTheClockTells,
  type RepoFile,
  type Rule,
  sourceOf,
} from './support/tidyRules.ts'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDERS = ['src', 'test', 'scripts', 'sql']

const files: readonly RepoFile[] = [
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|cts|mts|sql)$/.test(entry.name))
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
  ),
  'lakeweir.config.ts',
].map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))

const sources = files.filter(({ path }) => !path.endsWith('.sql')).map(sourceOf)
const sqlFiles = files.filter(({ path }) => path.endsWith('.sql'))
const package_ = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
}

/** What each rule says of a file that breaks it: a rule that finds nothing here would find nothing anywhere. */
const rules: readonly { readonly name: string; readonly rule: Rule; readonly bad: RepoFile; readonly says: string }[] =
  [
    {
      name: 'imports point down: cli → lake → sources, engines → stream → delta → duckdb → files → errors',
      rule: importsPointDown,
      bad: {
        path: 'src/sources/a.ts',
        text: "import type {\n  B,\n} from '../engines/b.ts'\nimport { C } from '../files/c.ts'",
      },
      says: 'src/sources/a.ts:3: src/sources imports src/engines; imports point down',
    },
    {
      name: 'a file has at most 400 lines',
      rule: filesAreShort,
      bad: { path: 'src/a.ts', text: 'a\n'.repeat(401) },
      says: 'src/a.ts has 401 lines, 400 are the most; split it by noun',
    },
    {
      name: 'a function has at most 70 lines',
      rule: functionsAreShort,
      bad: { path: 'src/a.ts', text: `function a(): void {${'\n'.repeat(70)}}` },
      says: 'src/a.ts:1: a function of 71 lines, 70 are the most; take a step out of it',
    },
    {
      name: 'a line has at most 120 characters',
      rule: linesAreShort,
      bad: { path: 'src/a.ts', text: `a\n${'b'.repeat(121)}` },
      says: 'src/a.ts:2: 121 characters, 120 are the most; break the line',
    },
    {
      name: 'nothing has the type any',
      rule: noAny,
      bad: { path: 'test/a.ts', text: "// any\nconst a = AbortSignal.any(b)\nconst c: Record<string, any> = 'any'" },
      says: 'test/a.ts:3: the type any; use unknown and look at it',
    },
    {
      name: 'nothing is left to be done',
      rule: noWorkLeft,
      bad: { path: 'src/a.ts', text: `a\n// ${'to'.toUpperCase()}DO: b` },
      says: 'src/a.ts:2: a ',
    },
    {
      name: 'only the command line talks and exits',
      rule: onlyTheCliTalks,
      bad: { path: 'src/lake/a.ts', text: "a('console.log')\nconsole.log(b)" },
      says: 'src/lake/a.ts:2: console. below the command line; give the caller a value or a callback',
    },
    {
      name: 'only the clock and the command line know the time, and nobody throws dice',
      rule: onlyTheClockTells,
      bad: { path: 'src/lake/a.ts', text: 'const a = new Date(b)\nconst c = new Date()' },
      says: 'src/lake/a.ts:2: new Date() where no test could choose it; take it from a Clock, or as an argument',
    },
    {
      name: 'only src/duckdb knows the DuckDB package',
      rule: onlyOneFolderKnowsDuckdb,
      bad: { path: 'src/lake/a.ts', text: "import type { A } from '@duckdb/node-api'" },
      says: 'src/lake/a.ts:1: imports @duckdb/node-api; use src/duckdb, the one place that knows it',
    },
    {
      name: 'only src/files changes the disk',
      rule: onlyOneFolderChangesTheDisk,
      bad: { path: 'src/lake/a.ts', text: "import { readFile, type Stats, writeFile as w } from 'node:fs/promises'" },
      says: 'src/lake/a.ts:1: imports writeFile of node:fs/promises, which may change the disk; call a method of Disk',
    },
    {
      name: 'only src/duckdb/sql/ builds SQL',
      rule: oneFileBuildsSql,
      bad: { path: 'src/lake/a.ts', text: `a('SELECT 1')\nb(\`SELECT * FROM $\{c}\`)` },
      says: 'src/lake/a.ts:2: builds SQL (SELECT …); make it a function in src/duckdb/sql/ or a .sql file',
    },
  ]

describe('every source keeps the rules of the house', () => {
  test.each(rules)('$name', ({ rule, bad, says }) => {
    expect(rule(sourceOf(bad))).toEqual([expect.stringContaining(says)])
    expect([...sources, ...sqlFiles.map(sourceOf)].flatMap(rule)).toEqual([])
  })

  test.each([
    { text: "import * as fs from 'node:fs'", rule: onlyOneFolderChangesTheDisk },
    { text: "const fs = await import('node:fs/promises')", rule: onlyOneFolderChangesTheDisk },
    { text: "run('SELECT * FROM ' + table)", rule: oneFileBuildsSql },
    { text: "run(prefix + 'WHERE a = 1')", rule: oneFileBuildsSql },
    { text: "run('DROP TABLE x'.replace('x', table))", rule: oneFileBuildsSql },
    { text: 'const a = Date.now()', rule: onlyTheClockTells },
    { text: 'process.exit(1)', rule: onlyTheCliTalks },
    { text: 'const a = b as any', rule: noAny },
    { text: "export { a } from '../cli/a.ts'", rule: importsPointDown },
    { text: "const a = await import('../cli/a.ts')", rule: importsPointDown },
  ])('nor are they got round by $text', ({ text, rule }) => {
    expect(rule(sourceOf({ path: 'src/lake/a.ts', text }))).toHaveLength(1)
  })
})

test('a line may be long where it is a case of a table or most of it is one text, and only in tests', () => {
  const long = `a('${'b'.repeat(121)}')`
  const table = `// biome-ignore format: a table\nconst a = [\n${'  b, c, '.repeat(20)}\n]\n${'d + '.repeat(40)}`
  const linesIn = (path: string, text: string): number => linesAreShort(sourceOf({ path, text })).length
  expect([linesIn('test/a.ts', long), linesIn('src/a.ts', long)]).toEqual([0, 1])
  expect([linesIn('test/a.ts', table), linesIn('src/a.ts', table)]).toEqual([1, 2])
})

async function lakes(): Promise<ResolvedLake[]> {
  return [
    await loadLake({ config: join(ROOT, 'lakeweir.config.ts') }),
    await loadLake({ config: join(ROOT, 'test/fixtures/sensors/lakeweir.config.ts') }),
  ]
}

describe('the toolkit and its lakes', () => {
  test('nothing in src/ knows a table, a column or a file of a lake', async () => {
    // Words that the toolkit has in a sense of its own.
    const shared = new Set(['value', 'timestamp', 'date', 'reason', 'messages'])
    const names = (await lakes()).flatMap(({ tables, references, views, reports }) => [
      ...tables.flatMap(({ name, columns }) => [name, ...Object.keys(columns)]),
      ...references.flatMap(({ name, columns }) => [name, ...Object.keys(columns)]),
      ...views.map(({ view }) => view),
      ...[...reports.keys()].flatMap((report) => [report, report.replaceAll('-', '_')]),
    ])
    const known = [...new Set(names)].filter((name) => !shared.has(name))
    expect(known).toEqual(expect.arrayContaining(['bronze_messages', 'event_type', 'countries', 'rejected_readings']))
    const inSrc = files.filter(({ path }) => path.startsWith('src/'))
    const found = inSrc.flatMap(({ path, text }) =>
      known
        .filter((name) => new RegExp(`\\b${name}\\b`).test(text))
        .map((name) => `${path} knows ${name}; take it from the config`),
    )
    expect(found).toEqual([])
  })

  test('every .sql file opens with its contract, under its own name', () => {
    const found = sqlFiles.flatMap(({ path, text }) => {
      const [first = ''] = text.split('\n')
      const named = /^-- (\S+\.sql): [^.]*\w.*\.$/.exec(first)?.[1]
      if (named === undefined)
        return [`${path}:1: no contract; open with "-- ${basename(path)}: one sentence with the grain."`]
      if (!`/${path}`.endsWith(`/${named}`))
        return [`${path}:1: its contract is of ${named}; give it the file's own name`]
      const sections = ['in', 'out'].filter((section) => !new RegExp(`^-- ${section} +\\S`, 'm').test(text))
      return sections.map((section) => `${path}: its contract has no "${section}"; say what goes in and what comes out`)
    })
    expect(found).toEqual([])
    expect(sqlFiles.length).toBeGreaterThan(10)
  })

  test('no .sql file has holes to be filled in: it runs as it stands', () => {
    expect(sqlFiles.filter(({ text }) => /\$\{|\{\{/.test(text)).map(({ path }) => `${path}: use getvariable`)).toEqual(
      [],
    )
  })

  test('every .sql file is run by a lake or by the code beside it', async () => {
    const used = new Set<string>()
    for (const { configFile, streams, views, reports } of await lakes()) {
      const ofLake = [...streams.flatMap(({ select }) => select ?? []), ...views, ...reports.values()]
      for (const { name } of ofLake) used.add(relative(ROOT, join(configFile, '..', name)))
    }
    const named = (path: string): boolean =>
      sources.some(({ literals }) => literals.some(({ text }) => text.endsWith(basename(path))))
    const found = sqlFiles.filter(({ path }) => !used.has(path) && !named(path))
    expect(found.map(({ path }) => `${path} is run by nobody; name it in a config, or delete it`)).toEqual([])
  })
})

describe('what users are told', () => {
  test('every error code is thrown somewhere', () => {
    const inCode = sources.filter(({ path }) => path.startsWith('src/') && path !== 'src/errors.ts')
    const thrown = new Set(inCode.flatMap(({ literals }) => literals.map(({ text }) => text)))
    const found = Object.keys(errorCodes).filter((code) => !thrown.has(code))
    expect(found.map((code) => `${code} is never thrown; throw it, or take it out of src/errors.ts`)).toEqual([])
  })

  test('every error code stands in docs/errors.md with its exit code, and no other does', () => {
    // Its table may be padded.
    const page = readFileSync(join(ROOT, 'docs/errors.md'), 'utf8').replaceAll(/ +/g, ' ')
    const rows = Object.entries(errorCodes).map(
      ([code, { exitCode, meaning }]) => `| \`${code}\` | ${exitCode} | ${meaning} |`,
    )
    const missing = rows.filter((row) => !page.includes(row))
    expect(
      missing.map((row) => `docs/errors.md lacks this row in its table of errors (code, exit code, meaning): ${row}`),
    ).toEqual([])
    // Codes may share a row of what is left and what to do.
    const told = page
      .split('\n')
      .filter((line) => /^\| `LAKE_[^|]*\| [a-z][^|]*\| [a-z][^|]*\|$/.test(line))
      .flatMap((line) => [...(line.split('|')[1] ?? '').matchAll(/LAKE_[A-Z_]+/g)].map(([code]) => code))
    const untold = Object.keys(errorCodes).filter((code) => told.filter((other) => other === code).length !== 1)
    expect(untold.map((code) => `docs/errors.md must say once of ${code} what is left and what to do`)).toEqual([])
    const named = [...page.matchAll(/\bLAKE_[A-Z_]+\b/g)].map(([code]) => code)
    expect(named.filter((code) => !Object.hasOwn(errorCodes, code))).toEqual([])
  })
})

describe('what is installed', () => {
  /** The package of a bare specifier: `@scope/name/deep` and `name/deep` alike. */
  const packageOf = (specifier: string): string | undefined =>
    /^[.]|^node:|^lakeweir$/.test(specifier) ? undefined : /^(@[^/]+\/[^/]+|[^/]+)/.exec(specifier)?.[1]
  const importedIn = (folder: string): Set<string> =>
    new Set(
      sources
        .filter(({ path }) => path.startsWith(folder))
        .flatMap((source) => importsOf(source).flatMap(({ specifier }) => packageOf(specifier) ?? [])),
    )

  test('versions are exact, so that a clone tomorrow is the clone of today', () => {
    const all = Object.entries({ ...package_.dependencies, ...package_.devDependencies })
    const loose = all.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    expect(loose.map(([name, version]) => `${name} is ${version}; pin one version`)).toEqual([])
  })

  test('what src/ imports is installed, and the dependencies are what the built code and its types import', () => {
    const installed = { ...package_.dependencies, ...package_.devDependencies }
    expect([...importedIn('src/')].filter((name) => !Object.hasOwn(installed, name))).toEqual([])
    const built = readdirSync(join(ROOT, 'dist'), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.(js|cjs|d\.ts)$/.test(path))
      .map((path) => readFileSync(join(ROOT, 'dist', path), 'utf8'))
    const imported = built.flatMap((text) =>
      [...text.matchAll(/(?:from|import|require[$\w]*)\s*\(?\s*(["'])([^"'\n]+)\1/g)].map(([, , name = '']) => name),
    )
    const packages = imported.filter((name) => !isBuiltin(name)).flatMap((name) => packageOf(name) ?? [])
    expect([...new Set(packages)].sort()).toEqual(Object.keys(package_.dependencies).sort())
  })

  test('what tests and scripts import is installed, and every development dependency is used', () => {
    const imported = new Set([...importedIn('src/'), ...importedIn('test/'), ...importedIn('scripts/')])
    const installed = { ...package_.dependencies, ...package_.devDependencies }
    expect([...imported].filter((name) => !Object.hasOwn(installed, name))).toEqual([])
    const commands = [
      ...Object.values(package_.scripts),
      ...sources.map(({ withoutComments }) => withoutComments),
    ].join('\n')
    const uses: Readonly<Record<string, RegExp>> = { '@biomejs/biome': /\bbiome check\b/, typescript: /\btsc\b/ }
    const unused = Object.keys(package_.devDependencies).filter((name) => {
      const typed = /^@types\/(.*)$/.exec(name)?.[1]
      if (typed === 'node') return false
      if (typed !== undefined) return !Object.hasOwn(installed, typed)
      return !imported.has(name) && uses[name]?.test(commands) !== true
    })
    expect(unused.map((name) => `${name} is used by nothing; npm uninstall ${name}`)).toEqual([])
  })
})
