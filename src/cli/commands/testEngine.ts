import type { CaseResult, KitReport } from '../../engines/kit/kit.ts'
import { defineCommand } from '../command.ts'
import { plural } from '../format.ts'
import { timeSpanOf, usage } from '../optionValues.ts'
import type { Terminal } from '../terminal.ts'
import { visible } from '../text.ts'

export const testEngine = defineCommand({
  name: 'test-engine',
  describe: 'run a program through the cases of the contract with engines; exit 1 if one fails',
  words: { name: 'command', describe: 'the program and its arguments, after --', isMany: true, default: 'none' },
  options: {
    only: { type: 'string', describe: 'only cases with this text in their key or sentence', example: 'input.files' },
    patience: {
      type: 'string',
      describe: 'how long the program may take for one answer (default: 5 minutes)',
      example: '30s',
    },
    json: { type: 'boolean', describe: 'one JSON object on stdout' },
  },
  examples: [
    ['test-engine -- python3 engine.py', 'does it do all that docs/engine.md says?'],
    ['test-engine --only shape.references -- ./engine', 'just the cases of reference files'],
  ],
  run: async (argv, terminal) => {
    const [program, ...words] = argv.command
    if (program === undefined)
      throw usage('no program is named.', 'Write it after --: test-engine -- python3 engine.py')
    const patienceMs = timeSpanOf(argv, 'patience')
    // Imported only here, because --help and usage errors need no DuckDB.
    const { testEngine: tested } = await import('../../engines/kit/testEngine.ts')
    const isJson = argv.json === true
    const report = await tested([program, ...words], {
      ...(argv.only === undefined ? {} : { only: argv.only }),
      ...(patienceMs === undefined ? {} : { patienceMs }),
      ...(isJson ? {} : { onResult: (result: CaseResult) => print(result, terminal) }),
    })
    if (isJson) terminal.data(JSON.stringify(report))
    else summarise(report, terminal)
    return report.ok ? 0 : 1
  },
})

const OUTCOME_WIDTH = 15
const KEY_WIDTH = 31

function print({ key, does, outcome, reason }: CaseResult, terminal: Terminal): void {
  const { green, yellow, red } = terminal.dataColors
  const paint = { passed: green, 'not supported': yellow, failed: red }[outcome]
  const says = reason === null ? '' : `: ${reason}`
  terminal.data(`${paint(outcome.padEnd(OUTCOME_WIDTH))}${key.padEnd(KEY_WIDTH)} ${visible(`${does}${says}`)}`)
}

function summarise(report: KitReport & { readonly logFile: string | null }, terminal: Terminal): void {
  const { engine, passed, failed, notSupported, logFile } = report
  const counts = `${plural(passed, 'case')} passed, ${failed} failed, ${notSupported} not supported`
  terminal.note(`test-engine: ${visible(engine)}: ${counts}`)
  if (logFile !== null) terminal.note(`test-engine: what it wrote to stderr is in ${visible(logFile)}`)
}
