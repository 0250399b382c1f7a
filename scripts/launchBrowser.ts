import { type Browser, chromium } from 'playwright-core'
import { chromiumProgram } from './chromiumProgram.ts'

/** Starts the browser of this machine. @throws Error where there is none */
export function launchBrowser(args: readonly string[] = []): Promise<Browser> {
  const found = chromiumProgram()
  if (found === undefined) throw new Error('there is no browser: npx jiti scripts/install-chromium.ts')
  const env = { ...process.env, ...found.env } as Record<string, string>
  return chromium.launch({ executablePath: found.program, env, args: [...args] })
}
