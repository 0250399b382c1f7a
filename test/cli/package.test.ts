import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { makeTemporaryFolder, removeFolder } from '../support/temporaryFolder.ts'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))
const package_ = JSON.parse(readFileSync(join(REPOSITORY, 'package.json'), 'utf8')) as {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
}

/** The folder of somebody who installs Lakeweir: its node_modules has what `npm pack` gives, and nothing else yet. */
const folder = makeTemporaryFolder()
const installed = join(folder, 'node_modules/lakeweir')

beforeAll(() => {
  const packed = execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder], {
    cwd: REPOSITORY,
    encoding: 'utf8',
  })
  mkdirSync(installed, { recursive: true })
  execFileSync('tar', ['-xzf', join(folder, packed.trim()), '--strip-components=1', '-C', installed])
})
afterAll(() => removeFolder(folder))

interface Ended {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

function node(...args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NO_COLOR: '1' },
  })
  return { exitCode: status, stdout, stderr }
}

function lakeweir(...args: readonly string[]): Ended {
  return node(join(installed, 'dist/cli/bin.cjs'), ...args)
}

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
}

test('after a build the program can be run as a file, and by npx in the checkout', () => {
  const bin = join(REPOSITORY, 'dist/cli/bin.cjs')
  expect(execFileSync(bin, ['--version'], { encoding: 'utf8' })).toBe(`${package_.version}\n`)
  // The first time, npm would build the package once more, and take dist/ away from all tests that run meanwhile.
  const env = { ...process.env, npm_config_ignore_scripts: 'true' }
  const run = spawnSync('npx', ['--no-install', 'lakeweir', '--version'], { cwd: REPOSITORY, encoding: 'utf8', env })
  expect(run).toMatchObject({ status: 0, stdout: `${package_.version}\n`, stderr: '' })
})

describe('without DuckDB or any other package, so that none of them is loaded,', () => {
  test('--help and --version answer', () => {
    const help = lakeweir('--help')
    expect(help).toMatchObject({ exitCode: 0, stderr: '' })
    expect(help.stdout).toContain('lakeweir run [streams..]')
    expect(lakeweir('--version')).toEqual({ exitCode: 0, stdout: `${package_.version}\n`, stderr: '' })
  })

  test.each(['rn', 'report x --json --csv', 'run --for 3', 'run --seed 1 --seed 2'])(
    'the slip "%s" is named',
    (line) => {
      const end = lakeweir(...line.split(' '))
      expect(end.stderr).toMatch(/^LAKE_USAGE: /)
      expect(end).toMatchObject({ exitCode: 2, stdout: '' })
    },
  )

  test('no code is loaded that makes tables of all emoji, which takes as long as the rest of --help', () => {
    expect(readFileSync(join(installed, 'dist/cli/main.js'), 'utf8')).not.toMatch(/RGI_Emoji|Intl\.Segmenter/)
  })

  test('a command that needs them says which one is missing', () => {
    write({ 'lakeweir.config.ts': '' })
    const end = lakeweir('status')
    expect(end.exitCode).toBe(1)
    expect(end.stderr).toContain("Cannot find module '@duckdb/node-bindings'")
  })
})

/** A lake that needs no .sql file, written down in a folder that has nothing but the package. */
const CONFIG = `
import { defineLake, generated } from 'lakeweir'

export default defineLake({
  root: 'lake',
  tables: { ticks: { path: 'ticks', columns: { value: 'BIGINT', timestamp: 'TIMESTAMPTZ' } } },
  streams: { tick: { from: generated({ rowsPerSecond: 5 }), into: ['ticks'] } },
})
`

describe('with its dependencies and no other package', () => {
  beforeAll(() => {
    for (const name of Object.keys(package_.dependencies)) {
      const link = join(folder, 'node_modules', name)
      mkdirSync(dirname(link), { recursive: true })
      symlinkSync(realpathSync(join(REPOSITORY, 'node_modules', name)), link)
    }
    write({ 'lakeweir.config.ts': CONFIG })
  })

  test('the program runs a lake and shows it', () => {
    const run = lakeweir('run', 'tick', '--rows', '12', '--json')
    expect(run.stderr).toBe('')
    expect(JSON.parse(run.stdout)).toMatchObject({ stream: 'tick', batch: 1, rows: { ticks: 12 } })
    expect(lakeweir('sql', '--csv', 'SELECT max(value) AS last FROM ticks').stdout).toBe('last\n11\n')
    expect(lakeweir('status').stdout).toMatch(/^ticks +12 +1 /m)
  })

  test('a change of the config, and of a file that it imports, is seen at the next command', () => {
    const config = CONFIG.replace("'ticks'] }", 'tables] }').replace(
      '\n\n',
      "\nimport { tables } from './tables.ts'\n\n",
    )
    write({
      'changing.config.ts': config.replace('[tables]', 'tables'),
      'tables.ts': "export const tables = ['ticks']",
    })
    expect(lakeweir('status', '--config', 'changing.config.ts').exitCode).toBe(0)
    write({ 'tables.ts': "export const tables = ['tacks']" })
    const end = lakeweir('status', '--config', 'changing.config.ts')
    expect(end.stderr).toContain('streams.tick.into names "tacks", which is not a table.')
  })

  test('code that imports the package, and a config that the program loads, have the same functions and classes', () => {
    write({
      'preload.mjs': "import * as lakeweir from 'lakeweir'\nglobalThis.imported = lakeweir\n",
      'same.config.ts': `import * as lakeweir from 'lakeweir'
        for (const name of Object.keys({ ...lakeweir, ...globalThis.imported })) {
          if (globalThis.imported[name] !== lakeweir[name]) throw new Error(name + ' is not the same in both')
        }
        ${CONFIG}`,
    })
    const program = join(installed, 'dist/cli/bin.cjs')
    const end = node('--import', './preload.mjs', program, 'status', '--config', 'same.config.ts')
    expect(end).toMatchObject({ exitCode: 0, stderr: '' })
  })

  test('a library call fails with the LakeError that the package exports', () => {
    write({
      'open.mjs': `import { Lake, LakeError } from 'lakeweir'
        const error = await Lake.open({ config: 'no.config.ts' }).catch((error) => error)
        console.log(error instanceof LakeError, error.code)`,
    })
    expect(node('open.mjs')).toEqual({ exitCode: 0, stdout: 'true LAKE_CONFIG_INVALID\n', stderr: '' })
  })

  test('its server is put into the server of a website', () => {
    write({
      'site.mjs': `import { Lake } from 'lakeweir'
        import { dashboardHandler, mountDashboard } from 'lakeweir/server'
        const lake = await Lake.open()
        const error = await dashboardHandler(lake).catch((error) => error)
        console.log(typeof mountDashboard, error.code)
        await lake.close()`,
    })
    expect(node('site.mjs')).toEqual({ exitCode: 0, stdout: 'function LAKE_CONFIG_INVALID\n', stderr: '' })
  })

  test('its types are whole for a compiler that checks libraries too', () => {
    const tsc = join(REPOSITORY, 'node_modules/typescript/bin/tsc')
    const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2023', '--skipLibCheck', 'false']
    expect(node(tsc, ...options, 'lakeweir.config.ts')).toEqual({ exitCode: 0, stdout: '', stderr: '' })
  })
})
