import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { memoryUnderUpdates } from '../../test/support/pageMemory.ts'
import { launchBrowser } from '../launchBrowser.ts'
import { PlatformLake } from '../platform/platformLake.ts'
import { PlatformServer } from '../platform/platformServer.ts'

/** How much more a page may keep late than early: what grows with each update is far beyond that in ten minutes. */
const MOST_GROWTH = 1.15

/** How long the first numbers may take on a machine that others use, too: what is measured begins after them. */
const START_MS = 120_000

/** A page that is open while four batches a second are committed, and must keep no more for it. */
export async function soakDashboardMemory(_seed: number, goesOn: () => boolean): Promise<string> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'lakeweir-soak-'))
  const lake = await PlatformLake.make(folder)
  const server = await PlatformServer.start(lake)
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage({ viewport: { width: 1440, height: 900 } })
    await page.goto(server.url)
    await page.locator('section[data-panel="messages"][data-state="rows"]').waitFor({ timeout: START_MS })
    const { earlyMb, lateMb, nodesEarly, nodesLate, batches } = await memoryUnderUpdates(page, lake, goesOn)
    const heap = `heap ${earlyMb.toFixed(1)} → ${lateMb.toFixed(1)} MB`
    const said = `${batches} batches; ${heap}, nodes ${nodesEarly} → ${nodesLate}`
    if (lateMb > earlyMb * MOST_GROWTH || nodesLate > nodesEarly * MOST_GROWTH) throw new Error(said)
    return said
  } finally {
    await browser.close()
    await server.stop()
    await lake.close()
    rmSync(folder, { recursive: true, force: true })
  }
}
