// Shows the built dashboard with made-up answers, at any size and in any state, without a lake:
//
//   npm run look                                        serves it until Ctrl-C, and prints the address
//   npm run look -- --picture a.png --width 390         takes a picture instead
//
// `--state stale` shows another state of freshness, `--panel NAME` one panel alone, `--still` numbers that do not move,
// `--theme dark`, `--height 900`, `--axe` what axe finds. Needs a build, and Chromium for pictures.
import { createRequire } from 'node:module'
import { parseArgs } from 'node:util'
import type { AxeResults } from 'axe-core'
import { chromium, type Page } from 'playwright-core'
import { serveMadeUp } from './look/server.ts'

const { values } = parseArgs({
  options: {
    picture: { type: 'string' },
    width: { type: 'string', default: '1440' },
    height: { type: 'string' },
    theme: { type: 'string' },
    state: { type: 'string', default: 'fresh' },
    panel: { type: 'string', multiple: true },
    query: { type: 'string', default: '' },
    still: { type: 'boolean', default: false },
    axe: { type: 'boolean', default: false },
    port: { type: 'string', default: '0' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
  },
})

const server = await serveMadeUp(
  { state: values.state, panels: values.panel, isStill: values.still },
  Number(values.port),
)
if (values.picture === undefined && !values.axe) {
  process.stderr.write(`${server.url}\n`)
  process.once('SIGINT', () => server.close())
} else {
  try {
    await look()
  } finally {
    server.close()
  }
}

async function look(): Promise<void> {
  const browser = await chromium.launch({
    executablePath: values.chromium,
    args: ['--no-sandbox', '--hide-scrollbars'],
  })
  try {
    const viewport = { width: Number(values.width), height: Number(values.height ?? 900) }
    const page = await browser.newPage({ viewport, colorScheme: values.theme === 'dark' ? 'dark' : 'light' })
    page.on('console', (message) => process.stderr.write(`console: ${message.text()}\n`))
    page.on('pageerror', (error) => process.stderr.write(`error: ${error.message}\n`))
    await page.goto(`${server.url}?${values.query}`)
    await page.locator('lakeweir-dashboard').waitFor()
    await page.waitForTimeout(1_500)
    if (values.picture !== undefined) {
      await page.screenshot({ path: values.picture, fullPage: values.height === undefined })
    }
    if (values.axe) await printAxe(page)
  } finally {
    await browser.close()
  }
}

async function printAxe(page: Page): Promise<void> {
  await page.addScriptTag({ path: createRequire(import.meta.url).resolve('axe-core') })
  const found = (await page.evaluate('axe.run()')) as AxeResults
  for (const { id, impact, nodes } of found.violations) {
    process.stderr.write(`axe: ${impact}: ${id}: ${nodes.map(({ html }) => html).join('\n     ')}\n`)
  }
  process.stderr.write(`axe: ${found.violations.length} kinds of violations\n`)
}
