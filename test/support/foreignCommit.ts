import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** What another program says of a commit, in the words of delta-rs and of Spark. */
export const WRITERS = {
  deltaRs: { engineInfo: 'delta-rs:py-1.6.6', clientVersion: 'delta-rs.py-1.6.6' },
  spark: { engineInfo: 'Apache-Spark/4.2.1 Delta-Lake/4.4.0' },
} as const

/** Appends a commit as another program writes it. @returns its version */
export function commitAs(
  writer: keyof typeof WRITERS,
  tableFolder: string,
  operation: string,
  actions: readonly object[],
  timestamp = Date.UTC(2026, 10, 26, 12),
): number {
  const log = join(tableFolder, '_delta_log')
  const versions = readdirSync(log).flatMap((name) => /^(\d{20})\.json$/.exec(name)?.[1] ?? [])
  const version = Math.max(...versions.map(Number)) + 1
  const info = { timestamp, operation, operationParameters: {}, ...WRITERS[writer] }
  const lines = [{ commitInfo: info }, ...actions].map((action) => JSON.stringify(action))
  writeFileSync(join(log, `${String(version).padStart(20, '0')}.json`), `${lines.join('\n')}\n`)
  return version
}
