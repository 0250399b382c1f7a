import { readdirSync, readFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { basename, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'rolldown/parseAst'
import { describe, expect, test } from 'vitest'
import { errorCodes } from '../src/index.ts'
import { loadLake } from '../src/lake/config/load.ts'
import type { ResolvedLake } from '../src/lake/config/resolve.ts'

// What the linter cannot know; what it does know is shown by lint.test.ts to be found.

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const FOLDERS = ['src', 'test', 'scripts', 'sql']

interface RepoFile {
  /** From the repository's root. */
  readonly path: string
  readonly text: string
}

const files: readonly RepoFile[] = [
  ...FOLDERS.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && /\.(ts|cts|mts|sql)$/.test(entry.name))
      .map((entry) => relative(ROOT, join(entry.parentPath, entry.name))),
  ),
  'lakeweir.config.ts',
].map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }))

const sources = files.filter(({ path }) => !path.endsWith('.sql'))
const inSrc = files.filter(({ path }) => path.startsWith('src/'))
const sqlFiles = files.filter(({ path }) => path.endsWith('.sql'))
const package_ = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
  readonly scripts: Readonly<Record<string, string>>
}

const MAX_LINE_LENGTH = 120

/** The formatter breaks code, but no text and no comment. A text that a test expects is best read whole. */
function longLines({ path, text }: RepoFile): string[] {
  return text.split('\n').flatMap((line, index) => {
    // The first line of a .sql file is its contract, one sentence.
    const mayBeLong = path.endsWith('.sql') ? index === 0 : path.startsWith('test/') && !/^\s*(\/\/|\/?\*)/.test(line)
    if (mayBeLong || [...line].length <= MAX_LINE_LENGTH) return []
    return [`${path}:${index + 1}: ${[...line].length} characters, ${MAX_LINE_LENGTH} are the most; break the line`]
  })
}

const WORK_LEFT = ['TO', 'DO'].join('')

function workLeft({ path, text }: RepoFile): string[] {
  return text.split('\n').flatMap((line, index) => {
    if (!new RegExp(`\\b${WORK_LEFT}\\b`).test(line)) return []
    return [`${path}:${index + 1}: a ${WORK_LEFT}; do it, or write an issue`]
  })
}

describe('every source keeps the rules of the house', () => {
  const long = 'b'.repeat(MAX_LINE_LENGTH + 1)

  test.each([
    {
      name: 'a line has at most 120 characters',
      rule: longLines,
      bad: { path: 'src/a.ts', text: `a\n${long}` },
      says: 'src/a.ts:2: 121 characters, 120 are the most; break the line',
    },
    {
      name: 'so has a comment of a test',
      rule: longLines,
      bad: { path: 'test/a.ts', text: `'${long}'\n * ${long}` },
      says: 'test/a.ts:2: 124 characters, 120 are the most; break the line',
    },
    {
      name: 'nothing is left to be done',
      rule: workLeft,
      bad: { path: 'src/a.ts', text: `a\n// ${WORK_LEFT}: b` },
      says: 'src/a.ts:2: a ',
    },
  ])('$name', ({ rule, bad, says }) => {
    expect(rule(bad)).toEqual([expect.stringContaining(says)])
    expect(files.flatMap(rule)).toEqual([])
  })
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
    const shared = new Set(['value', 'timestamp', 'date', 'reason', 'messages', 'site'])
    const names = (await lakes()).flatMap(({ tables, references, views, reports }) => [
      ...tables.flatMap(({ name, columns }) => [name, ...Object.keys(columns)]),
      ...references.flatMap(({ name, columns }) => [name, ...Object.keys(columns)]),
      ...views.map(({ view }) => view),
      ...[...reports.keys()].flatMap((report) => [report, report.replaceAll('-', '_')]),
    ])
    const known = [...new Set(names)].filter((name) => !shared.has(name))
    expect(known).toEqual(expect.arrayContaining(['bronze_messages', 'event_type', 'countries', 'rejected_readings']))
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
    for (const { configFile, streams, views, reports, live } of await lakes()) {
      const panels = (live?.panels ?? []).flatMap((panel) => [panel, ...panel.variants.values()])
      const ofStreams = streams.flatMap(({ select }) => select ?? [])
      const ofLake = [...ofStreams, ...views, ...reports.values(), ...(live?.models ?? []), ...panels]
      const withDialects = ofLake.flatMap((file) => [file, ...file.dialects.values()])
      for (const { name } of withDialects) used.add(relative(ROOT, join(configFile, '..', name)))
    }
    const named = (path: string): boolean =>
      sources.some(({ text }) => new RegExp(`[/'"\`]${basename(path).replace('.', '\\.')}['"\`]`).test(text))
    const found = sqlFiles.filter(({ path }) => !used.has(path) && !named(path))
    expect(found.map(({ path }) => `${path} is run by nobody; name it in a config, or delete it`)).toEqual([])
  })
})

describe('what users are told', () => {
  test('every error code is thrown somewhere', () => {
    const inCode = inSrc.filter(({ path }) => path !== 'src/errors.ts')
    const found = Object.keys(errorCodes).filter((code) => !inCode.some(({ text }) => text.includes(`'${code}'`)))
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
  const importedIn = (texts: readonly string[]): string[] =>
    texts.flatMap((text) =>
      [...text.matchAll(/(?<!["'])(?:from|import|require[$\w]*)\s*\(?\s*(["'])([^"'\n]+)\1/g)].map(
        ([, , name = '']) => name,
      ),
    )

  test('versions are exact, so that a clone tomorrow is the clone of today', () => {
    const all = Object.entries({ ...package_.dependencies, ...package_.devDependencies })
    const loose = all.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))
    expect(loose.map(([name, version]) => `${name} is ${version}; pin one version`)).toEqual([])
  })

  /** What a built file imports. Packages in the bundle speak of others in comments and texts. */
  const builtImports = (path: string): string[] => {
    const text = readFileSync(path, 'utf8')
    if (path.endsWith('.d.ts')) return importedIn([text])
    const found: string[] = []
    const textOf = (node: unknown): string[] => {
      const { value } = (node ?? {}) as { readonly value?: unknown }
      return typeof value === 'string' ? [value] : []
    }
    JSON.stringify(parseAst(text), (_, node: unknown) => {
      if (typeof node === 'bigint') return undefined // JSON has none
      const { type, source, callee, arguments: given } = (node ?? {}) as Readonly<Record<string, unknown>>
      if (/^(Import|Export)/.test(String(type))) found.push(...textOf(source))
      const { name } = (callee ?? {}) as { readonly name?: unknown }
      if (type === 'CallExpression' && /require/.test(String(name))) found.push(...textOf((given as unknown[])[0]))
      return node
    })
    return found
  }

  test('the version stands wherever it is written', () => {
    // The runner says it, because files of two versions of the package may be mixed.
    const runner = readFileSync(join(ROOT, 'src/engines/spark/runner/lakeweir_spark/__init__.py'), 'utf8')
    const changes = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')
    expect([/^RUNNER = "(.*)"$/m.exec(runner)?.[1], /^## (.*)$/m.exec(changes)?.[1]]).toEqual([
      package_.version,
      package_.version,
    ])
  })

  test('the dependencies are what the built code and its types import', () => {
    const built = readdirSync(join(ROOT, 'dist'), { recursive: true, encoding: 'utf8' })
    const files = built.filter((path) => /\.(js|cjs|d\.ts)$/.test(path) && !path.startsWith('assets/'))
    const packages = files
      .flatMap((path) => builtImports(join(ROOT, 'dist', path)))
      .filter((name) => !isBuiltin(name))
      .flatMap((name) => packageOf(name) ?? [])
    const named = Object.keys({ ...package_.dependencies, ...package_.peerDependencies })
    expect([...new Set(packages)].sort()).toEqual(named.sort())
  })

  test('every development dependency is used', () => {
    const texts = sources.map(({ text }) => text)
    const imported = new Set(importedIn(texts).flatMap((name) => packageOf(name) ?? []))
    const installed = { ...package_.dependencies, ...package_.devDependencies }
    const commands = [...Object.values(package_.scripts), ...texts].join('\n')
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
