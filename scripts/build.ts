// Builds dist/: the types with tsc, the code with rolldown, bundled into a few files with the packages that every start
// needs. Node spends most of a start on finding and opening files: unbundled, `status` opened 470 of them.
import { execFileSync } from 'node:child_process'
import { chmodSync, cpSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { type BuildOptions, type RolldownOutput, build as rolldown } from 'rolldown'
import { versionOf } from '../src/files/version.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const dist = join(root, 'dist')

/** What stays a package of its own: native code, what few starts load, and what is optional. All others are bundled. */
const EXTERNAL = ['@duckdb/node-bindings', '@faker-js/faker', 'jiti', 'pg', 'pg-copy-streams']

/** The name of the dashboard's element, and of its loader's file. */
const DASHBOARD = 'lakeweir-dashboard'

/**
 * The library, its server and the command line share the code that they need, so that there is only one class
 * `LakeError`. Names are not minified, to keep stack traces readable; short names saved only 3 ms.
 */
const code: BuildOptions = {
  input: {
    index: join(root, 'src/index.ts'),
    'server/index': join(root, 'src/server/index.ts'),
    'cli/main': join(root, 'src/cli/main.ts'),
  },
  platform: 'node',
  external: EXTERNAL,
  resolve: {
    // yargs brings two versions of it, which build tables of all emoji when they load (60 ms), only to measure help
    // texts. Our own function, which measures result tables, does that as well.
    alias: { 'string-width': join(root, 'scripts/stringWidth.ts') },
  },
  // Files that the code names by URL, such as a .sql file beside it, are copied too.
  experimental: { resolveNewUrlToAsset: true },
  output: { dir: dist, chunkFileNames: 'chunks/[name].js' },
}

/** The client is one file that a browser can load as it is: it shares no code with the rest. */
const client: BuildOptions = {
  input: { 'client/index': join(root, 'src/client/index.ts') },
  platform: 'browser',
  output: { dir: dist },
}

/**
 * The dashboard is one file with all it needs, so that it works without any other server. Its name has its hash:
 * browsers keep it for good, and ask at the loader's fixed address whether there is another.
 */
const dashboard: BuildOptions = {
  input: join(root, 'src/dashboard/index.ts'),
  platform: 'browser',
  // It tells a reader where the server is of another version.
  transform: { define: { LAKEWEIR_VERSION: JSON.stringify(versionOf()) } },
  output: { dir: join(dist, 'dashboard'), entryFileNames: `${DASHBOARD}-[hash].js`, minify: true },
}

/** The program's entry file is CommonJS: it sets what Node reads before the first import. */
const program: BuildOptions = {
  input: { 'cli/bin': join(root, 'src/cli/bin.cts') },
  platform: 'node',
  external: './main.js',
  makeAbsoluteExternalsRelative: false,
  output: { dir: dist, format: 'cjs', entryFileNames: '[name].cjs' },
}

async function bundle(options: BuildOptions): Promise<RolldownOutput> {
  return rolldown({
    ...options,
    onLog: (_, log) => {
      throw new Error(log.message) // a name that is not found here would fail for a user
    },
  })
}

/** The folders of the packages whose code is in the bundle. */
function packagesIn({ output }: RolldownOutput): string[] {
  const modules = output.flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))
  const folders = modules.map((id) => /^.*\/node_modules\/(@[^/]+\/)?[^/]+/.exec(id)?.[0])
  return [...new Set(folders.filter((folder) => folder !== undefined))].sort()
}

/** A package's licence, which must be distributed with its code. */
function licenceOf(folder: string): string {
  const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as Record<string, string>
  const file = readdirSync(folder).find((entry) => /^licen[cs]e/i.test(entry))
  if (file === undefined) throw new Error(`${folder} has no licence; it cannot go into dist/`)
  return `${name} ${version}\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`
}

/** Removes the types that nobody can get at: those that the package's own types do not lead to. */
function removeUnreachableTypes(): void {
  const entries = ['index.d.ts', 'server/index.d.ts', 'client/index.d.ts', 'dashboard/index.d.ts']
  const reachable = new Set(entries.map((entry) => join(dist, entry)))
  for (const file of reachable) {
    const imported = readFileSync(file, 'utf8').matchAll(/(?:from|import\() ?['"](\.[^'"]+)\.ts['"]/g)
    for (const [, path = ''] of imported) reachable.add(join(dirname(file), `${path}.d.ts`))
  }
  const all = readdirSync(dist, { recursive: true, encoding: 'utf8' }).map((path) => join(dist, path))
  for (const file of all.filter((path) => path.endsWith('.d.ts'))) if (!reachable.has(file)) rmSync(file)
}

/** Writes the types of a project. */
function writeTypes(...words: readonly string[]): void {
  execFileSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), ...words], { stdio: 'inherit' })
}

/** Beside the dashboard's file: the loader, and the same packed, so that no server has to do it for each request. */
function writeLoader({ output: [{ fileName, code: text }] }: RolldownOutput): void {
  const folder = join(dist, 'dashboard')
  writeFileSync(join(folder, `${DASHBOARD}.js`), `export * from './${fileName}'\n`)
  writeFileSync(join(folder, `${fileName}.gz`), gzipSync(text, { level: 9 }))
}

rmSync(dist, { recursive: true, force: true })
writeTypes('-p', join(root, 'tsconfig.build.json'))
writeTypes('-p', join(root, 'src/dashboard'), '--emitDeclarationOnly')
removeUnreachableTypes() // all are checked, and some name packages that nobody who installs ours has
const component = await bundle(dashboard)
writeLoader(component)
const bundled = [...packagesIn(await bundle(code)), ...packagesIn(component)]
await bundle(program)
await bundle(client)
// What runs in Spark's driver, without what Python compiles.
cpSync(join(root, 'src/engines/spark/runner'), join(dist, 'spark'), {
  recursive: true,
  filter: (path) => !path.includes('__pycache__'),
})
chmodSync(join(dist, 'cli/bin.cjs'), 0o755) // npm does this on installation, but not after a build in a checkout
const licences = new Set(bundled.map(licenceOf))
writeFileSync(join(dist, 'LICENSES.txt'), [...licences].join(`\n${'─'.repeat(80)}\n\n`))
