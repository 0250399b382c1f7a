import type { CommandModule } from 'yargs'
import type { Lake } from '../../lake/lake.ts'
import type { LakeStatus } from '../../lake/status.ts'
import type { Console } from '../console.ts'
import { bytes, count } from '../format.ts'
import { type CommonArguments, withLake } from '../session.ts'
import { pendingOf } from './status.ts'

/** `lakeweir` alone. */
export function overviewCommand(
  console: Console,
  exit: (code: number) => void,
): CommandModule<CommonArguments, CommonArguments> {
  return {
    command: '$0',
    describe: 'the lake in five lines, and the next command',
    handler: async (argv) => {
      await withLake(argv, async (lake) => {
        const status = await lake.status()
        const { colors } = console
        for (const [label, text] of overview(lake, status)) console.data(`${colors.bold(label.padEnd(8))}  ${text}`)
      })
      exit(0)
    },
  }
}

function overview(lake: Lake, status: LakeStatus): [string, string][] {
  const size = status.tables.reduce((sum, table) => sum + table.bytes, 0)
  const tables = status.tables.map(({ name, rows }) => `${name} ${count(rows)}`)
  const streams = status.streams.map(({ name, last, held, problem }) => {
    if (problem !== undefined) return `${name} has a problem`
    const at = last === undefined ? 'no batch yet' : `batch ${count(last.batch)}`
    return `${name} ${at}${held.held ? ', running' : ''}`
  })
  const pending = status.streams.filter((stream) => stream.pending.files > 0)
  const waiting = pending.map((stream) => `${stream.name} ${pendingOf(stream)}`)
  return [
    ['lake', `${status.root} (${bytes(size)})`],
    ['tables', tables.join(' · ')],
    ['streams', streams.join(' · ')],
    ['pending', waiting.join(' · ') || 'nothing'],
    ['next', nextCommand(lake, status, pending.length > 0)],
  ]
}

function nextCommand(lake: Lake, status: LakeStatus, isPending: boolean): string {
  if (status.streams.some(({ problem }) => problem !== undefined)) return 'lakeweir status'
  if (isPending) return 'lakeweir run --available-now'
  const isEmpty = status.tables.every(({ rows }) => rows === 0)
  const generator = lake.resolved.streams.find(({ from }) => from.kind === 'generated')
  if (isEmpty && generator !== undefined) return `lakeweir run ${generator.name} --for 10s`
  if (isEmpty) return 'lakeweir run'
  const [report] = lake.resolved.reports.keys()
  return report === undefined ? 'lakeweir sql' : `lakeweir report ${report}`
}
