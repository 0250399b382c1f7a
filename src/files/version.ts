import { readFileSync } from 'node:fs'
import { assertFits, isRecordOf, isText, parsedJson } from './json.ts'

const PACKAGE = new URL('../../package.json', import.meta.url)

const isPackage = isRecordOf<{ readonly version: string }>({ version: isText })

/** The version of the Lakeweir that runs, as its package says. */
export function versionOf(): string {
  const damage = { state: 'Nothing was changed.', remedy: 'Install Lakeweir again.' }
  const found = parsedJson(readFileSync(PACKAGE, 'utf8'), PACKAGE.pathname, damage)
  assertFits(found, isPackage, PACKAGE.pathname, damage)
  return found.version
}
