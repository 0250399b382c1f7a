import type { CommandModule } from 'yargs'
import type { LakeStatus, StreamStatus } from '../../lake/status.ts'
import type { Console } from '../console.ts'
import { bytes, count, plural } from '../format.ts'
import { alignedTable } from '../result.ts'
import { type CommonArguments, withLake } from '../session.ts'

interface StatusArguments extends CommonArguments {
  readonly json: boolean | undefined
}

export function statusCommand(
  console: Console,
  exit: (code: number) => void,
): CommandModule<CommonArguments, StatusArguments> {
  return {
    command: 'status',
    describe: 'streams and who runs them, what is pending, rejected and loose, table sizes',
    builder: (yargs) =>
      yargs
        .option('json', { type: 'boolean', describe: 'one JSON object on stdout' })
        .example('$0 status', 'for people')
        .example('$0 status --json | jq .streams', 'for scripts'),
    handler: async (argv) => {
      const status = await withLake(argv, (lake) => lake.status())
      if (argv.json === true) console.data(JSON.stringify(status))
      else print(status, console)
      exit(0)
    },
  }
}

function print(status: LakeStatus, console: Console): void {
  const streams = alignedTable(
    ['stream', 'into', 'run by', 'last batch', 'at', 'pending'],
    status.streams.map((stream) => [
      stream.name,
      stream.into.join(', '),
      holderOf(stream),
      stream.last === undefined ? '–' : count(stream.last.batch),
      stream.last?.batchTime ?? '–',
      pendingOf(stream),
    ]),
    [false, false, false, true, false, false],
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
  )
  for (const line of [...streams, '', ...tables]) console.data(line)
  printFindings(status, console)
}

function holderOf({ held }: StreamStatus): string {
  if (!held.held) return 'nobody'
  return held.processId === undefined ? 'a process' : `process ${held.processId}`
}

/** What a stream has before it. */
export function pendingOf({ pending, problem }: StreamStatus): string {
  if (problem !== undefined && pending.files === 0) return '?'
  if (pending.files === 0) return '–'
  const rows = pending.rows === undefined ? '' : `${plural(pending.rows, 'row')} in `
  return `${rows}${plural(pending.files, 'file')}`
}

function printFindings(status: LakeStatus, console: Console): void {
  const { colors } = console
  const findings: string[] = []
  for (const stream of status.streams) {
    if (stream.problem !== undefined) findings.push(`${stream.name}: ${stream.problem}`)
    for (const { name, reason } of stream.rejected) findings.push(`${stream.name} rejected ${name}: ${reason}`)
    for (const { name, reason } of stream.ignored) findings.push(`${stream.name} ignores ${name}: ${reason}`)
    if (stream.extraColumns.length > 0) {
      findings.push(`${stream.name} left out columns that no table has: ${stream.extraColumns.join(', ')}`)
    }
  }
  for (const table of status.tables) {
    for (const path of table.looseFiles) findings.push(`${table.name} does not name ${path}, which is in its folder`)
  }
  if (findings.length > 0) console.data('')
  for (const finding of findings) console.data(colors.yellow(finding))
}
