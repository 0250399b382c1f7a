import { WRITTEN_FEATURES } from '../../delta/features.ts'
import { foreignCommitText } from '../../lake/foreignCommitText.ts'
import type { StatedCopy, StatedRelation } from '../../lake/live/leftStatus.ts'
import type { LiveStatus } from '../../lake/live/liveStatus.ts'
import type { LakeStatus, StreamStatus } from '../../lake/status.ts'
import type { LastError } from '../../tables/lastError.ts'
import { defineCommand } from '../command.ts'
import { usualEngine } from '../engineOptions.ts'
import { ago, bytes, count, duration, plural } from '../format.ts'
import { assertPresent } from '../presence.ts'
import { withLake } from '../session.ts'
import type { Terminal } from '../terminal.ts'
import { visible } from '../text.ts'

export const status = defineCommand({
  name: 'status',
  describe: 'streams and who runs them, what is pending or rejected, table sizes, files that no log names',
  options: { json: { type: 'boolean', describe: 'one JSON object on stdout' } },
  examples: [
    ['status', 'for people'],
    ['status --json | jq .streams', 'for scripts'],
  ],
  run: async (argv, terminal) => {
    const [found, usual] = await withLake(argv, async (lake, open) => {
      await assertPresent(open, argv)
      return [await lake.status(), usualEngine(open.config)] as const
    })
    if (argv.json === true) terminal.data(JSON.stringify(found))
    else await print(found, usual, terminal)
    return 0
  },
})

async function print(status: LakeStatus, usual: string, terminal: Terminal): Promise<void> {
  const { alignedTable } = await import('../table.ts')
  const nowMs = Date.now()
  // A lake on its usual engine alone has no room to spend on saying so.
  const engines = status.streams.map(engineOf)
  const hasEngines = engines.some((engine) => engine.split(' ')[0] !== usual)
  const streams = alignedTable(
    ['stream', 'last batch', 'when', ...(hasEngines ? ['engine'] : []), 'pending', 'run by', 'into'],
    status.streams.map((stream) => [
      stream.name,
      stream.last === undefined ? '–' : count(stream.last.batch),
      stream.last === undefined ? '–' : ago(nowMs - Date.parse(stream.last.batchTime)),
      ...(hasEngines ? [visible(engineOf(stream))] : []),
      pendingOf(stream),
      runnerOf(stream),
      stream.into.join(', '),
    ]),
    [false, true, false, ...(hasEngines ? [false] : []), false, false, false],
    terminal.dataWidth,
  )
  const tables = alignedTable(
    ['table', 'rows', 'files', 'size', 'version'],
    status.tables.map((table) => [
      table.name,
      count(table.rows),
      count(table.files),
      bytes(table.bytes),
      table.version === undefined ? '–' : count(table.version),
    ]),
    [false, true, true, true, true],
    terminal.dataWidth,
  )
  const live = status.live === undefined ? [] : ['', ...liveLines(status.live, nowMs, terminal.dataWidth, alignedTable)]
  for (const line of [...streams, '', ...tables, ...live]) terminal.data(line)
  printFindings(status, terminal)
}

/** The live aggregates: what they are as a whole, then each model, then what models read that has a state. */
function liveLines(
  live: LiveStatus,
  nowMs: number,
  width: number | undefined,
  alignedTable: typeof import('../table.ts')['alignedTable'],
): string[] {
  const { last, pendingBatches, bytes: storeBytes, saidAt } = live
  const lines = alignedTable(
    ['live', 'last batch', 'when', 'pending', 'run by', 'store'],
    [
      [
        `of ${live.follows}`,
        last === undefined ? '–' : count(last.batch),
        last === undefined ? '–' : ago(nowMs - Date.parse(last.batchTime)),
        pendingBatches === undefined ? '?' : pendingBatches === 0 ? '–' : plural(pendingBatches, 'batch'),
        runnerOf(live),
        storeBytes === undefined ? '–' : bytes(storeBytes),
      ],
    ],
    [false, true, false, false, false, true],
    width,
  )
  const models = alignedTable(
    ['model', 'batch', 'rows', 'size', 'lag'],
    live.models.map((model) => [
      model.name,
      model.problem !== undefined ? 'refused' : model.batch === undefined ? 'not built' : count(model.batch),
      model.rows === undefined ? '–' : count(model.rows),
      model.bytes === undefined ? '–' : bytes(model.bytes),
      model.lagMs === undefined ? '–' : duration(model.lagMs),
    ]),
    [false, true, true, true, true],
    width,
  )
  const relations = alignedTable(
    ['first rows', 'keys', 'size', 'memory', 'looked up by'],
    live.relations.map((relation) => [
      relation.name,
      count(relation.keys ?? relation.rows),
      bytes(relation.bytes),
      relation.memoryBytes === undefined ? '–' : bytes(relation.memoryBytes),
      lookupOf(relation),
    ]),
    [false, true, true, true, false],
    width,
  )
  const said = saidAt === undefined ? [] : [`as its process said ${ago(nowMs - Date.parse(saidAt))}`]
  const copy = live.copy === undefined ? [] : ['', copyLine(live.copy, nowMs)]
  return [...lines, '', ...models, ...(live.relations.length === 0 ? [] : ['', ...relations]), ...copy, ...said]
}

function lookupOf({ lookup, isBeingBuilt }: StatedRelation): string {
  const by = lookup === undefined || lookup === 'none' ? undefined : lookup
  if (isBeingBuilt !== true) return by ?? '–'
  return by === undefined ? 'being built' : `${by}, being rebuilt`
}

function copyLine({ target, batch, error }: StatedCopy, nowMs: number): string {
  const has = batch === undefined ? 'nothing yet' : `batch ${count(batch)}`
  return error === undefined
    ? `copy in ${target}: ${has}`
    : `copy in ${target}: ${has}; waiting, since ${ago(nowMs - Date.parse(error.since))}: ${error.message}`
}

function runnerOf({ held }: Pick<StreamStatus, 'held'>): string {
  if (!held.held) return 'nobody'
  return held.processId === undefined ? 'a process' : `process ${held.processId}`
}

/** The engine of the last batch, and that of the config where the next may be on another. */
function engineOf({ engine, last }: StreamStatus): string {
  if (last === undefined) return engine
  return last.engine.split(' ')[0] === engine ? last.engine : `${last.engine}, now ${engine}`
}

/** What a stream has yet to take. */
export function pendingOf({ pending, problem }: StreamStatus): string {
  if (problem !== undefined && pending.files === 0) return '?'
  if (pending.files === 0) return '–'
  const rows = pending.rows === undefined ? '' : `${plural(pending.rows, 'row')} in `
  return `${rows}${plural(pending.files, 'file')}`
}

function lastErrorText(stream: string, { time, code, message }: LastError): string {
  const when = `${time.slice(0, 19)}Z (${ago(Date.now() - Date.parse(time))})`
  return `${stream} stopped at ${when}: ${code === undefined ? '' : `${code}: `}${message}`
}

function featuresIn(features: readonly string[]): string {
  return `the Delta ${features.length === 1 ? 'feature' : 'features'} ${features.join(', ')}`
}

/** At most so many lines of one kind: a folder full of broken files must not push all else off the screen. */
const MAX_FINDINGS = 10

function printFindings(status: LakeStatus, terminal: Terminal): void {
  const kinds: string[][] = []
  for (const { name, source } of status.streams) {
    if (source === undefined) continue
    const features = source.features.length === 0 ? 'no Delta features' : featuresIn(source.features)
    kinds.push([`${name} follows ${source.folder}, now at version ${count(source.version)}, with ${features}`])
  }
  for (const { name, problem, lastError, rejected, ignored, extraColumns } of status.streams) {
    if (problem !== undefined) kinds.push([`${name}: ${problem}`])
    if (lastError !== undefined) kinds.push([lastErrorText(name, lastError)])
    kinds.push(rejected.map((file) => `${name} rejected ${file.name}: ${file.reason}`))
    kinds.push(ignored.map((file) => `${name} ignores ${file.name}: ${file.reason}`))
    if (extraColumns.length > 0) {
      kinds.push([`${name} left out columns that no table has: ${extraColumns.join(', ')}`])
    }
  }
  if (status.live?.problem !== undefined) kinds.push([`live: ${status.live.problem}`])
  if (status.live?.lastError !== undefined) kinds.push([lastErrorText('live', status.live.lastError)])
  for (const { name, unreferencedFiles, differences, features, foreignCommits } of status.tables) {
    // Those that a table of Lakeweir's has anyway are not worth a line.
    const foreign = features.filter((feature) => !WRITTEN_FEATURES.has(feature))
    if (foreign.length > 0) kinds.push([`${name} has ${featuresIn(foreign)}`])
    kinds.push(foreignCommits.map((commit) => foreignCommitText(name, commit)))
    kinds.push(differences.map((difference) => `${name} and the config: ${difference}`))
    kinds.push((unreferencedFiles ?? []).map((path) => `${name} does not name ${path}, which is in its folder`))
  }
  kinds.push(status.undeclaredTables.map((folder) => `${folder} is a Delta table that the config does not name`))
  const lines = kinds.flatMap((findings) => {
    const hidden = findings.length - MAX_FINDINGS
    return hidden > 0 ? [...findings.slice(0, MAX_FINDINGS), `… and ${count(hidden)} more; --json has all`] : findings
  })
  if (lines.length > 0) terminal.data('')
  for (const line of lines) terminal.data(terminal.dataColors.yellow(visible(line)))
  printNotLookedThrough(status, terminal)
}

/** What a reader might take to be all right, and nobody has looked at. */
function printNotLookedThrough({ tables }: LakeStatus, terminal: Terminal): void {
  const names = tables.flatMap(({ name, unreferencedFiles }) => (unreferencedFiles === undefined ? [name] : []))
  if (names.length === 0) return
  terminal.data('')
  terminal.data(visible(`not looked for files that no log names in ${names.join(', ')}: lakeweir doctor does`))
}
