import { readFileSync } from 'node:fs'
import { assertFits, isRecordOf, isText, parsedJson } from './json.ts'

const PACKAGE = new URL('../../package.json', import.meta.url)

interface Package {
  readonly version: string
  readonly engines: { readonly node: string }
  readonly dependencies: { readonly '@duckdb/node-api': string }
}

const isPackage = isRecordOf<Package>({
  version: isText,
  engines: isRecordOf({ node: isText }),
  dependencies: isRecordOf({ '@duckdb/node-api': isText }),
})

/** The version of the Lakeweir that runs, as its package says. */
export function versionOf(): string {
  return packageOf().version
}

/** The oldest Node that it runs on. */
export function nodeNeeded(): string {
  return packageOf().engines.node.replace(/^\D+/, '')
}

/** The version of DuckDB that it was tested with. */
export function engineNeeded(): string {
  return packageOf().dependencies['@duckdb/node-api'].replace(/-.*$/, '')
}

function packageOf(): Package {
  const damage = { state: 'Nothing was changed.', remedy: 'Install Lakeweir again.' }
  const found = parsedJson(readFileSync(PACKAGE, 'utf8'), PACKAGE.pathname, damage)
  assertFits(found, isPackage, PACKAGE.pathname, damage)
  return found
}
