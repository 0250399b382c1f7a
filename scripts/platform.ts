// Plays the website of a made-up platform, which shows the dashboard to its customers: a lake of its messages, the
// server, and pages of another origin that embed it in each way that docs/embedding.md names. Until Ctrl-C:
// npx jiti scripts/platform.ts [--port 4090] [--per-minute 300]
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PlatformLake } from './platform/platformLake.ts'

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'lakeweir-platform-'))
const lake = await PlatformLake.make(folder, { perMinute: 100 })
const handler = await lake.serve({ onFailure: (failure) => console.error(failure) })
const server = createServer(handler)
server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`)
})
const every = 1000
let takenMs = lake.nowMs()
let isOver = false
process.once('SIGINT', () => {
  isOver = true
})
while (!isOver) {
  await new Promise((resolve) => setTimeout(resolve, every))
  const now = lake.nowMs()
  await lake.take(takenMs, now)
  takenMs = now
}
server.closeAllConnections()
server.close()
await handler.close()
await lake.close()
rmSync(folder, { recursive: true })
