// The archives that make Spark read Delta tables, in `.cache/delta-spark/jars`.
import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

const FOLDER = resolve(import.meta.dirname, '../.cache/delta-spark/jars')
const REPOSITORY = 'https://repo1.maven.org/maven2'

interface Jar {
  /** Below the repository. */
  readonly folder: string
  readonly name: string
  readonly sha256: string
}

/** Delta 4.4.0 for Spark 4.2, and what it needs besides what comes with Spark. */
export const deltaJars: readonly Jar[] = [
  {
    folder: 'io/delta/delta-spark_4.2_2.13/4.4.0',
    name: 'delta-spark_4.2_2.13-4.4.0.jar',
    sha256: '27d4fd8b1f879535c573ed1c718177d6a27f24d3e626ba02e216369725721ead',
  },
  {
    folder: 'io/delta/delta-storage/4.4.0',
    name: 'delta-storage-4.4.0.jar',
    sha256: 'c46735481fa8e326b0957be02b4420cbcab4b325bb08009b7f2045a95133f1cc',
  },
]

/** Where they are, as Spark's `spark.jars` takes them; undefined where one is missing or is another one. */
export function installedJars(): string | undefined {
  return deltaJars.every(isThere) ? deltaJars.map(pathOf).join(',') : undefined
}

/**
 * Downloads those that are not there.
 * @throws Error  if the repository cannot be reached, or has another file
 */
export async function installJars(jars: readonly Jar[]): Promise<void> {
  mkdirSync(FOLDER, { recursive: true })
  for (const jar of jars.filter((each) => !isThere(each))) {
    const url = `${REPOSITORY}/${jar.folder}/${jar.name}`
    const answer = await fetch(url)
    if (!answer.ok) throw new Error(`${url} answers ${answer.status}`)
    const bytes = Buffer.from(await answer.arrayBuffer())
    const found = sha256Of(bytes)
    if (found !== jar.sha256) throw new Error(`${url} has another content: sha256 ${found}`)
    writeFileSync(`${pathOf(jar)}.new`, bytes)
    renameSync(`${pathOf(jar)}.new`, pathOf(jar))
  }
}

function pathOf({ name }: Jar): string {
  return join(FOLDER, name)
}

function isThere(jar: Jar): boolean {
  try {
    return sha256Of(readFileSync(pathOf(jar))) === jar.sha256
  } catch {
    return false // it was not downloaded yet
  }
}

function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}
