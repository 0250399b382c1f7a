import { createRequire } from 'node:module'
import type { Browser } from 'playwright-core'
import { chromiumProgram } from './chromiumProgram.ts'

/** Starts the browser of this machine. @throws Error where there is none */
export function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  const found = chromiumProgram()
  if (found === undefined) throw new Error('there is no browser: npx jiti scripts/install-chromium.ts')
  // As Node reads it: a suite of the bench is run by jiti, which cannot read a bundle of that form.
  const { chromium } = createRequire(import.meta.url)('playwright-core') as typeof import('playwright-core')
  const env = { ...process.env, ...found.env } as Record<string, string>
  return chromium.launch({ executablePath: found.program, env, args: [...args] })
}
