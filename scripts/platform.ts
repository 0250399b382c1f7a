// Plays the website of a messaging platform that shows its customers their numbers: a lake in a temporary folder with
// two days of messages, to which every second adds some, Lakeweir's server, and the website, whose page of numbers
// embeds the dashboard. Needs a build. Until Ctrl-C:
// npx jiti scripts/platform.ts [PORT]
import { randomBytes } from 'node:crypto'
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { env } from '../src/index.ts'
import { NOON_MS, PlatformLake } from './platform/platformLake.ts'
import { PlatformServer } from './platform/platformServer.ts'
import { Website } from './platform/website.ts'

const EVERY_MS = 1_000
const PER_MINUTE = 200

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'lakeweir-platform-'))
const secret = randomBytes(48).toString('base64')
const website = await Website.start({ port: Number(process.argv[2] ?? 0), secret, nowMs: () => lake.nowMs() })
const lake = await PlatformLake.make(folder, {
  perMinute: PER_MINUTE,
  server: { origins: [website.origin], secrets: [env('LAKEWEIR_SECRET')] },
  environment: { LAKEWEIR_SECRET: secret },
})
const server = await PlatformServer.start(lake)
website.numbersUrl = server.url
process.stderr.write(`${website.origin}/numbers\n`)
let isOver = false
process.once('SIGINT', () => {
  isOver = true
})
// What came while it was being made comes with the first file.
for (let takenMs = NOON_MS; !isOver; ) {
  await delay(EVERY_MS)
  const nowMs = lake.nowMs()
  await lake.take(takenMs, nowMs)
  takenMs = nowMs
}
website.close()
await server.stop()
await lake.close()
rmSync(folder, { recursive: true })
