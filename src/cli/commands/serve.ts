import { defineCommand } from '../command.ts'
import { usage } from '../optionValues.ts'
import { serveFrom } from '../served.ts'
import { SERVER_OPTIONS, serverOptionsOf } from '../serverOptions.ts'
import { withLake } from '../session.ts'
import { listenForSignals } from '../signals.ts'
import { run } from './run.ts'

/** What `run --serve` does with no other stream. */
const LIVE_ALONE = { streams: ['live'], serve: true } as const

export const serve = defineCommand({
  name: 'serve',
  describe: 'serve the live aggregates, and keep them, beside streams that run elsewhere',
  options: {
    ...SERVER_OPTIONS,
    from: { type: 'string', describe: 'answer from a copy, without the lake: postgres', example: 'postgres' },
    rebuild: { type: 'boolean', describe: 'first make the store of the live aggregates anew' },
    json: { type: 'boolean', describe: 'one JSON object per batch on stdout' },
  },
  examples: [
    ['serve', 'at http://127.0.0.1:4080/'],
    ['serve --port 0', 'at a free port, which is printed'],
    ['serve --from postgres', 'on a web node, from the copy there'],
  ],
  run: async (argv, terminal) => {
    const { from, ...others } = argv
    serverOptionsOf(argv, terminal.isInteractive)
    if (from === undefined) return run.run({ ...others, ...LIVE_ALONE }, terminal)
    const keeping = (['rebuild', 'json'] as const).find((option) => argv[option] !== undefined)
    if (keeping !== undefined) {
      throw usage(
        `--from and --${keeping} contradict: whoever serves from a copy takes no batch.`,
        'Leave one of them out.',
      )
    }
    return withLake(argv, async (_, open) => {
      const interruption = listenForSignals(terminal, undefined)
      try {
        await serveFrom(open, argv, from, terminal, interruption.signal)
        return interruption.exitCode() ?? 0
      } finally {
        interruption.release()
      }
    })
  },
})
