// Plays a platform at work, and shows the dashboard of its messages: a lake in a temporary folder with two days of
// them, to which every second adds some. Until Ctrl-C:
// npx jiti scripts/platform.ts [PORT]
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { PlatformLake } from './platform/platformLake.ts'
import { PlatformServer } from './platform/platformServer.ts'

const EVERY_MS = 1_000
const PER_MINUTE = 200

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'lakeweir-platform-'))
const lake = await PlatformLake.make(folder, { perMinute: PER_MINUTE })
const server = await PlatformServer.start(lake, { port: Number(process.argv[2] ?? 0) })
process.stderr.write(`${server.url}\n`)
let isOver = false
process.once('SIGINT', () => {
  isOver = true
})
for (let takenMs = lake.nowMs(); !isOver; ) {
  await delay(EVERY_MS)
  const nowMs = lake.nowMs()
  await lake.take(takenMs, nowMs)
  takenMs = nowMs
}
await server.stop()
await lake.close()
rmSync(folder, { recursive: true })
