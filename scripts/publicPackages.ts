// Packages that ship Delta tables with which their makers test how a table is read, and where those are installed.
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'

/** A package of a registry, by the version and the checksum that the registry has of it. */
export interface PublicPackage {
  readonly name: string
  readonly version: string
  readonly sha256: string
  /** The program that downloads it. */
  readonly by: 'cargo' | 'unearth'
  /** Folders in it that hold tables. */
  readonly folders: readonly string[]
}

/** Each is the newest that still ships its tables. */
export const PUBLIC_PACKAGES: readonly PublicPackage[] = [
  {
    name: 'delta_kernel',
    version: '0.13.0',
    sha256: 'f06f3676832e713e44f65804cebf82f46962d3e126f64f3251eb5fbeb0ad94e4',
    by: 'cargo',
    folders: ['tests/data'],
  },
  {
    name: 'deltalake-core',
    version: '1.1.3',
    sha256: '0533941da49fd00cd32bfa41dd5b2cc1367c70f5ad608891a83253a26821b324',
    by: 'cargo',
    folders: ['checkpoint_v2_table'],
  },
  {
    name: 'deltalake',
    version: '1.6.6',
    sha256: '91864d97adb429fa8b8748b4f68d69adab3d0417ffa9f100bdb85805890c997f',
    by: 'unearth',
    folders: ['crates/test/tests/data', 'crates/core/tests/data_err_logs'],
  },
]

/** Where `npx jiti scripts/install-public-tables.ts` works. */
export const PUBLIC_FOLDER = resolve(import.meta.dirname, '..', '.cache', 'public-tables')

/** What is installed there. Written last, so that an interrupted installation does not count as one. */
export const PUBLIC_INSTALLED = join(PUBLIC_FOLDER, 'installed.txt')

/** The pins as a text. */
export function publicPins(): string {
  return PUBLIC_PACKAGES.map(({ name, version, sha256 }) => `${name} ${version} ${sha256}\n`).join('')
}

/** Whether the tables of today's pins are there. */
export function hasPublicTables(): boolean {
  return existsSync(PUBLIC_INSTALLED) && readFileSync(PUBLIC_INSTALLED, 'utf8') === publicPins()
}

/** Where the folders of a package are, with their paths in it. */
export function unpackedFolder({ name, version }: PublicPackage): string {
  return join(PUBLIC_FOLDER, 'tables', `${name}-${version}`)
}

export interface PublicTable {
  readonly package: PublicPackage
  /** The last folder of its path. */
  readonly name: string
  /** The whole path, without a link in it. */
  readonly folder: string
}

/** Every table of the packages, in the order of its path; none where they are not installed. */
export function publicTables(): PublicTable[] {
  if (!hasPublicTables()) return []
  return PUBLIC_PACKAGES.flatMap((each) =>
    each.folders
      .flatMap((folder) => tablesBelow(realpathSync(join(unpackedFolder(each), folder))))
      .map((folder) => ({ package: each, name: basename(folder), folder })),
  )
}

function tablesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  if (entries.some(({ name }) => name === '_delta_log')) return [folder]
  return entries
    .map(({ name }) => name)
    .sort()
    .flatMap((name) => tablesBelow(join(folder, name)))
}
