import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseAst } from 'rolldown/parseAst'
import { expect, test } from 'vitest'

const DIST = fileURLToPath(new URL('../dist', import.meta.url))

interface Node {
  readonly type: string
  readonly [field: string]: unknown
}

/** Something of a module: what it is called there, and where that is. */
interface Named {
  readonly file: string
  readonly name: string
}

interface TypesFile {
  /** What it declares itself. */
  readonly declared: ReadonlyMap<string, Node>
  /** Names that it has from other files of ours. */
  readonly imported: ReadonlyMap<string, Named>
  readonly exported: ReadonlyMap<string, Named>
  /** Files of which it exports everything. */
  readonly all: readonly string[]
}

const filesRead = new Map<string, TypesFile>()

function typesIn(file: string): TypesFile {
  const known = filesRead.get(file)
  if (known !== undefined) return known
  const declared = new Map<string, Node>()
  const imported = new Map<string, Named>()
  const exported = new Map<string, Named>()
  const all: string[] = []
  const { body } = parseAst(readFileSync(file, 'utf8'), { lang: 'dts' }) as unknown as {
    readonly body: readonly Node[]
  }
  for (const statement of body) {
    const from = fileOf(file, statement)
    const declaration = (statement.declaration ?? statement) as Node
    const { id } = declaration as { readonly id?: { readonly name: string } }
    if (statement.type === 'ExportAllDeclaration' && from !== undefined) all.push(from)
    for (const specifier of (statement.specifiers ?? []) as readonly Record<string, { readonly name: string }>[]) {
      const { local, imported: there, exported: here } = specifier
      if (from !== undefined && here === undefined && local !== undefined) {
        imported.set(local.name, { file: from, name: (there ?? local).name })
      }
      if (here !== undefined && local !== undefined) exported.set(here.name, { file: from ?? file, name: local.name })
    }
    const variables = (declaration.declarations ?? []) as readonly { readonly id: { readonly name: string } }[]
    for (const { name } of id === undefined ? variables.map((variable) => variable.id) : [id]) {
      declared.set(name, declaration)
      if (statement.type === 'ExportNamedDeclaration') exported.set(name, { file, name })
    }
  }
  const types = { declared, imported, exported, all }
  filesRead.set(file, types)
  return types
}

/** The file of ours that a statement imports or exports from; none of a package's. */
function fileOf(file: string, { source }: Node): string | undefined {
  const { value } = (source ?? {}) as { readonly value?: string }
  if (value?.startsWith('.') !== true) return undefined
  const found = join(dirname(file), value.replace(/\.ts$/, '.d.ts'))
  return existsSync(found) ? found : undefined
}

/** Where a name of a file is declared; undefined where that is no file of ours. */
function declarationOf({ file, name }: Named): Named | undefined {
  const { declared, imported, exported, all } = typesIn(file)
  if (declared.has(name)) return { file, name }
  const next = imported.get(name) ?? exported.get(name)
  if (next !== undefined) return declarationOf(next)
  return all.map((other) => declarationOf({ file: other, name })).find((found) => found !== undefined)
}

/** Every name that a file exports, also those of the files that it exports whole. */
function exportsOf(file: string): string[] {
  const { exported, all } = typesIn(file)
  return [...exported.keys(), ...all.flatMap(exportsOf)]
}

/** The names of types that a declaration speaks of. */
function mentionsIn(node: unknown): string[] {
  if (Array.isArray(node)) return node.flatMap(mentionsIn)
  if (typeof node !== 'object' || node === null) return []
  const { type, ...fields } = node as Node
  // What the compiler wrote out because nobody named it.
  if (type === 'TSImportType') return [`import('${(fields.source as { readonly value: string }).value}')`]
  const { typeName, exprName, expression, superClass } = fields as Record<string, Node | undefined>
  const named = [typeName, exprName, superClass, /Heritage|Implements/.test(type ?? '') ? expression : undefined]
  const here = named.flatMap((name) => (name?.type === 'Identifier' ? [String(name.name)] : []))
  return [...here, ...Object.values(fields).flatMap(mentionsIn)]
}

function isSame(one: Named, other: Named): boolean {
  return one.file === other.file && one.name === other.name
}

/** What a declaration speaks of, with that which those of its parts do that its file keeps to itself. */
function mentionedBy({ file, name }: Named, seen = new Set<string>()): Named[] {
  const { declared, exported } = typesIn(file)
  return mentionsIn(declared.get(name)).flatMap((mention) => {
    if (mention.startsWith("import('.")) return [{ file, name: mention }]
    const found = declarationOf({ file, name: mention })
    if (found === undefined || seen.has(mention)) return []
    const isValue = typesIn(found.file).declared.get(found.name)?.type === 'VariableDeclaration'
    // A value has no name of its own in a type: that is what it holds.
    if (!isValue && (found.file !== file || exported.has(found.name))) return [found]
    return mentionedBy(found, seen.add(mention))
  })
}

test.each([
  { entry: 'index', known: ['Lake', 'LakeError', 'Limits', 'defineLake', 'TableConfig'] },
  { entry: 'client/index', known: ['createClient', 'Client', 'LakeweirError', 'Update'] },
  // Whoever has it has the package's own exports, too.
  { entry: 'server/index', known: ['dashboardHandler', 'mountDashboard', 'Dashboard'], besides: 'index' },
])('what the package exports from $entry speaks of nothing that it does not export', ({ entry, known, besides }) => {
  const index = join(DIST, `${entry}.d.ts`)
  const names = exportsOf(index)
  const exported = names.flatMap((name) => declarationOf({ file: index, name }) ?? [])
  const other = join(DIST, `${besides ?? entry}.d.ts`)
  const alsoKnown = exportsOf(other).flatMap((name) => declarationOf({ file: other, name }) ?? [])
  expect(names).toEqual(expect.arrayContaining(known))
  expect(exported).toHaveLength(names.length)
  const hidden = exported.flatMap((one) => {
    const others = mentionedBy(one).filter((found) => ![...exported, ...alsoKnown].some((it) => isSame(it, found)))
    return others.map(
      ({ name }) => `${one.name} (${relative(DIST, one.file)}) speaks of ${name}; export it, or hide it`,
    )
  })
  expect([...new Set(hidden)]).toEqual([])
})
