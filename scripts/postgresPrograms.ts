import { spawnSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** Where Debian keeps the programs of each major version, which it does not put into the PATH. */
const DEBIAN = '/usr/lib/postgresql'

/** The oldest version whose server the tests can use. */
export const OLDEST_POSTGRES = 15

/** The folder of PostgreSQL's server programs on this machine, of the newest version; undefined without one. */
export function postgresFolder(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort((one, other) => Number(other) - Number(one)) : []
  const inPath = (process.env.PATH ?? '').split(delimiter)
  const folders = [...versions.map((version) => join(DEBIAN, version, 'bin')), ...inPath]
  return folders.find((folder) => existsSync(join(folder, 'initdb')) && majorIn(folder) >= OLDEST_POSTGRES)
}

function majorIn(folder: string): number {
  const { stdout } = spawnSync(join(folder, 'postgres'), ['--version'], { encoding: 'utf8' })
  return Number(/(\d+)/.exec(stdout ?? '')?.[1] ?? 0)
}
