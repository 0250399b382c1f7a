// Waits, as a process of its own, for each next version in the logs of both silver tables, and tells when it saw them.
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

const [root = ''] = process.argv.slice(2)
const logs = ['messages', 'messages_corrupted'].map((table) => join(root, 'silver', table, 'data/_delta_log'))
const versions = logs.flatMap((log) => readdirSync(log).map((name) => Number.parseInt(name, 10)))
let version = Math.max(...versions.filter(Number.isFinite)) + 1

function look(): void {
  const name = `${String(version).padStart(20, '0')}.json`
  if (logs.every((log) => existsSync(join(log, name)))) {
    process.send?.({ version, atMs: performance.timeOrigin + performance.now() })
    version += 1
  }
  setTimeout(look, 1)
}

process.send?.('ready')
look()
