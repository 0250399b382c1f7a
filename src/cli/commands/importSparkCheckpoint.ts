import type { ImportStep, SparkImport } from '../../lake/sparkCheckpoint/importCheckpoint.ts'
import { type CommonArguments, defineCommand } from '../command.ts'
import { commandLine } from '../commandLine.ts'
import { withLake } from '../session.ts'
import { listenForSignals } from '../signals.ts'
import type { Terminal } from '../terminal.ts'
import { visible } from '../text.ts'

export const importSparkCheckpoint = defineCommand({
  name: 'import-spark-checkpoint',
  describe: 'take over what Structured Streaming queries have committed, so that streams go on after it',
  words: { name: 'checkpoints', describe: "the queries' checkpoint folders", isMany: true },
  options: {
    sink: {
      type: 'string',
      isMany: true,
      describe: 'a folder that the queries write, and the table of its rows; once for each table',
      example: 'messages=/etl/silver/messages',
    },
    'dry-run': { type: 'boolean', describe: 'show what would be taken, and change nothing' },
    json: { type: 'boolean', describe: 'one JSON object on stdout' },
  },
  examples: [
    [
      'import-spark-checkpoint /etl/checkpoints/messages --sink messages=/etl/silver/messages --dry-run',
      'what a query has committed',
    ],
  ],
  run: async (argv, terminal) => {
    const interruption = listenForSignals(terminal, 'stops, and goes on when it is run again; once more: at once')
    try {
      const isJson = argv.json === true
      const result = await withLake(argv, (lake) =>
        lake.importSparkCheckpoint(argv.checkpoints, {
          sinks: argv.sink ?? [],
          dryRun: argv['dry-run'] === true,
          signal: interruption.signal,
          onStep: (step) => isJson || printStep(step, terminal),
        }),
      )
      if (isJson) terminal.data(JSON.stringify(result))
      else printEnd(result, argv, terminal)
      return interruption.exitCode() ?? 0
    } finally {
      interruption.release()
    }
  },
})

const STEP_WIDTH = 8

function printStep({ step, text }: ImportStep, terminal: Terminal): void {
  terminal.data(`${step.padEnd(STEP_WIDTH)}  ${visible(text)}`)
}

function printEnd({ outcome, streams }: SparkImport, argv: CommonArguments, terminal: Terminal): void {
  if (outcome === 'planned') {
    terminal.data(`${'next'.padEnd(STEP_WIDTH)}  the same command without --dry-run; nothing was changed`)
    return
  }
  if (outcome === 'earlier') terminal.data(`${'done'.padEnd(STEP_WIDTH)}  imported before; nothing was changed`)
  terminal.data(`${'next'.padEnd(STEP_WIDTH)}  ${commandLine(`run ${streams.join(' ')}`, argv)}`)
}
