// Makes the pictures of the dashboard in the README, of two days of a made-up platform's messages:
// npx jiti scripts/pictures.ts [FOLDER]
//
// `light.png`, `dark.png` and `phone.png`, in docs/pictures/ where no folder is named. Needs a build, and a browser:
// npx jiti scripts/install-chromium.ts. The server's clock stands in the early afternoon, whenever this runs.
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Browser } from 'playwright-core'
import { launchBrowser } from './launchBrowser.ts'
import { indexedPng } from './pictures/indexedPng.ts'
import { NOON_MS, PlatformLake } from './platform/platformLake.ts'
import { PlatformServer } from './platform/platformServer.ts'

interface Picture {
  readonly name: string
  readonly width: number
  readonly height: number
  readonly theme: 'light' | 'dark'
}

const PICTURES: readonly Picture[] = [
  { name: 'light', width: 1440, height: 1600, theme: 'light' },
  { name: 'dark', width: 1440, height: 1600, theme: 'dark' },
  { name: 'phone', width: 390, height: 844, theme: 'light' },
]

/** How many messages a minute has on average. */
const PER_MINUTE = 900
/** Files of ten minutes each, before the ones that come while the pictures are taken. */
const LATE_FILES = 12
const FILE_MS = 600_000
/** How long files come before the pictures, one a second: the strip of commits shows a minute. */
const LIVE_SECONDS = 62

const target = process.argv[2] ?? join(import.meta.dirname, '../docs/pictures')
const folder = mkdtempSync(join(realpathSync(tmpdir()), 'lakeweir-pictures-'))
try {
  mkdirSync(target, { recursive: true })
  await takePictures()
} finally {
  rmSync(folder, { recursive: true, force: true })
}

async function takePictures(): Promise<void> {
  const untilMs = NOON_MS - LATE_FILES * FILE_MS
  const lake = await PlatformLake.make(folder, { untilMs, nowMs: NOON_MS, perMinute: PER_MINUTE })
  for (let file = 0; file < LATE_FILES; file++)
    await lake.take(untilMs + file * FILE_MS, untilMs + (file + 1) * FILE_MS)
  const server = await PlatformServer.start(lake)
  const browser = await launchBrowser(['--hide-scrollbars'])
  let isOver = false
  const landing = landSteadily(lake, () => isOver)
  try {
    await delay(LIVE_SECONDS * 1_000)
    for (const picture of PICTURES) await take(browser, server.url, picture)
  } finally {
    isOver = true
    await landing
    await browser.close()
    await server.stop()
    await lake.close()
  }
}

/** One file a second, as the platform would send them. */
async function landSteadily(lake: PlatformLake, isOver: () => boolean): Promise<void> {
  let fromMs = NOON_MS
  while (!isOver()) {
    const toMs = lake.nowMs()
    if (toMs > fromMs) {
      await lake.take(fromMs, toMs)
      fromMs = toMs
    }
    await delay(1_000)
  }
}

async function take(browser: Browser, url: string, { name, width, height, theme }: Picture): Promise<void> {
  const page = await browser.newPage({
    viewport: { width, height },
    colorScheme: theme,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  })
  await page.goto(url)
  await page.locator('section.fresh[data-state]').waitFor()
  await page.locator('section[data-panel][data-state=loading]').first().waitFor({ state: 'detached' })
  await page.evaluate('document.activeElement?.blur()')
  writeFileSync(join(target, `${name}.png`), indexedPng(await page.screenshot()))
  await page.close()
}
