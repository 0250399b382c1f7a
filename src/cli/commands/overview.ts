import type { ResolvedLake } from '../../lake/config/resolve.ts'
import type { LiveStatus } from '../../lake/live/liveStatus.ts'
import type { LakeStatus } from '../../lake/status.ts'
import { type CommonArguments, defineCommand } from '../command.ts'
import { commandLine } from '../commandLine.ts'
import { bytes, count } from '../format.ts'
import { firstCommand, presenceOf } from '../presence.ts'
import { withLake } from '../session.ts'
import { paintedLine, visible } from '../text.ts'
import { pendingOf } from './status.ts'

/** `lakeweir` alone. */
export const overview = defineCommand({
  name: '',
  describe: 'the lake in five lines, and the next command',
  options: {},
  examples: [],
  run: async (argv, terminal) => {
    await withLake(argv, async (lake, open) => {
      const { config } = open
      const presence = await presenceOf(open)
      const lines = presence === 'missing' ? welcome(config, argv) : linesOf(config, await lake.status(), argv)
      const { bold } = terminal.dataColors
      const width = terminal.dataWidth ?? Number.POSITIVE_INFINITY
      for (const [label, text] of lines) {
        // The command is there to be copied: it may wrap, but is never cut.
        const isWhole = label === 'next'
        const pieces = [{ text: label.padEnd(LABEL_WIDTH), paint: bold }, { text: visible(text) }]
        terminal.data(paintedLine(pieces, isWhole ? Number.POSITIVE_INFINITY : width))
      }
    })
    return 0
  },
})

const LABEL_WIDTH = 9

function welcome(config: ResolvedLake, argv: CommonArguments): [string, string][] {
  const { root, streams, live, tables, reports } = config
  return [
    ['lake', `${root} (no lake yet)`],
    ['tables', tables.map(({ name }) => name).join(' · ')],
    ['streams', [...streams.map(({ name }) => name), ...(live === undefined ? [] : ['live'])].join(' · ')],
    ['reports', [...reports.keys()].join(' · ') || 'none'],
    ['next', firstCommand(config, argv)],
  ]
}

function linesOf(config: ResolvedLake, status: LakeStatus, argv: CommonArguments): [string, string][] {
  const size = status.tables.reduce((sum, table) => sum + table.bytes, 0)
  const tables = status.tables.map(({ name, rows }) => `${name} ${count(rows)}`)
  const streams = status.streams.map(({ name, last, held, problem }) => {
    if (problem !== undefined) return `${name} has a problem`
    const at = last === undefined ? 'no batch yet' : `batch ${count(last.batch)}`
    return `${name} ${at}${held.held ? ', running' : ''}`
  })
  if (status.live !== undefined) streams.push(liveText(status.live))
  const pending = status.streams.filter((stream) => stream.pending.files > 0)
  const waiting = pending.map((stream) => `${stream.name} ${pendingOf(stream)}`)
  return [
    ['lake', `${status.root} (${bytes(size)})`],
    ['tables', tables.join(' · ')],
    ['streams', streams.join(' · ')],
    ['pending', waiting.join(' · ') || 'nothing'],
    ...leftLines(status),
    ...differencesFrom(status),
    ['next', nextCommand(config, status, argv)],
  ]
}

function liveText({ last, held, problem }: LiveStatus): string {
  if (problem !== undefined) return 'live has a problem'
  const at = last === undefined ? 'no batch yet' : `batch ${count(last.batch)}`
  return `live ${at}${held.held ? ', running' : ''}`
}

/** Where the config differs from the tables on disk. */
function differencesFrom({ tables, undeclaredTables }: LakeStatus): [string, string][] {
  const differing = tables.filter(({ differences }) => differences.length > 0)
  const sentences = [
    ...differing.map(({ name, differences: [first, ...more] }) => {
      return `${name}: ${first}${more.length > 0 ? ` (and ${count(more.length)} more)` : ''}`
    }),
    ...undeclaredTables.map((folder) => `${folder} is not in it.`),
  ]
  return sentences.length === 0 ? [] : [['config', sentences.join(' · ')]]
}

/** The names of files that will not be taken; no line if there are none. */
function leftLines({ streams }: LakeStatus): [string, string][] {
  const parts = streams.flatMap(({ name, rejected, ignored }) => [
    ...(rejected.length === 0 ? [] : [`${name} rejected ${namesOf(rejected)}`]),
    ...(ignored.length === 0 ? [] : [`${name} ignores ${namesOf(ignored)}`]),
  ])
  return parts.length === 0 ? [] : [['left', parts.join(' · ')]]
}

const MAX_NAMES = 3

function namesOf(files: readonly { readonly name: string }[]): string {
  const names = files.slice(0, MAX_NAMES).map(({ name }) => name)
  const more = files.length - names.length
  return `${names.join(', ')}${more === 0 ? '' : ` and ${count(more)} more`}`
}

function nextCommand(config: ResolvedLake, status: LakeStatus, argv: CommonArguments): string {
  const { streams, tables } = status
  const isRefused = tables.some(({ version, differences }) => version !== undefined && differences.length > 0)
  const isFaulty = streams.some(({ problem }) => problem !== undefined) || status.live?.problem !== undefined
  if (isRefused || isFaulty) return commandLine('status', argv)
  const isLiveBehind = status.live?.last !== undefined && (status.live.pendingBatches ?? 0) > 0
  if (isLiveBehind || streams.some(({ pending }) => pending.files > 0)) return commandLine('run --available-now', argv)
  if (tables.every(({ rows }) => rows === 0)) return firstCommand(config, argv)
  const [report] = config.reports.keys()
  return commandLine(report === undefined ? 'sql' : `report ${report}`, argv)
}
