/** An option of the command line. */
export interface Option {
  readonly type: 'string' | 'boolean'
  readonly describe: string
  /** A value that it may have; those without one take none. */
  readonly example?: string
  readonly group?: string
}

const GENERATED = 'For generated streams:'

/** What every command takes. */
export const COMMON_OPTIONS = {
  config: {
    type: 'string',
    describe: 'the config of the lake (default: ./lakeweir.config.ts)',
    example: 'lakeweir.config.ts',
  },
  lake: { type: 'string', describe: "the lake's folder, instead of the one that the config names", example: 'lake' },
  debug: { type: 'boolean', describe: 'show the stack of an error' },
} as const satisfies Record<string, Option>

const RUN_OPTIONS = {
  'available-now': { type: 'boolean', describe: 'take what there is, then stop' },
  for: { type: 'string', describe: 'stop after this time: 20s, 5 minutes', example: '20s' },
  trigger: { type: 'string', describe: 'the least time between two batches: "5 seconds"', example: '"5 seconds"' },
  poll: { type: 'string', describe: 'look for files this often, instead of waiting for events: 1s', example: '1s' },
  'max-rows-per-batch': { type: 'string', describe: 'at most this many rows; one file at least', example: '1M' },
  'max-files-per-batch': { type: 'string', describe: 'at most this many files', example: '100' },
  fresh: { type: 'boolean', describe: 'first empty the tables of the streams, and all that follow from them' },
  reland: { type: 'boolean', describe: 'with --fresh: take the archived files again' },
  yes: { type: 'boolean', describe: 'with --fresh: do not ask, even where rows are lost for good' },
  'no-retry': { type: 'boolean', describe: 'end a stream at its first error, even a temporary one' },
  strict: { type: 'boolean', describe: 'exit 1 when files in a landing folder are rejected' },
  json: { type: 'boolean', describe: 'one JSON object per batch on stdout' },
  rows: { type: 'string', describe: 'make this many rows, as fast as possible: 20M', example: '20M', group: GENERATED },
  'rows-per-second': { type: 'string', describe: 'make rows at this pace', example: '100', group: GENERATED },
  seed: {
    type: 'string',
    describe: 'the same seed makes the same rows, except for their timestamps',
    example: '7',
    group: GENERATED,
  },
  'start-time': {
    type: 'string',
    describe: 'the timestamp of row 0: 2026-11-22T10:00Z',
    example: '2026-11-22T10:00Z',
    group: GENERATED,
  },
} as const satisfies Record<string, Option>

const RESULT_OPTIONS = {
  json: { type: 'boolean', describe: 'one JSON object per row' },
  csv: { type: 'boolean', describe: 'CSV with a header' },
  output: {
    type: 'string',
    describe: 'write a .parquet, .csv, .json, .ndjson or .md file; - is stdout',
    example: 'rows.csv',
  },
  limit: { type: 'string', describe: 'at most this many rows of each result', example: '1000' },
  all: { type: 'boolean', describe: 'all rows, where a terminal shows the first 100' },
} as const satisfies Record<string, Option>

/** Every command with the options that it takes beside the common ones. */
export const OPTIONS = {
  run: RUN_OPTIONS,
  validate: {
    deep: { type: 'boolean', describe: 'compare the rows too, by running each SELECT again' },
    json: { type: 'boolean', describe: 'one JSON object on stdout' },
  },
  report: RESULT_OPTIONS,
  sql: RESULT_OPTIONS,
  status: { json: { type: 'boolean', describe: 'one JSON object on stdout' } },
} as const satisfies Record<string, Record<string, Option>>

export type Command = keyof typeof OPTIONS

export const COMMANDS = Object.keys(OPTIONS) as readonly Command[]

/** How many words a command takes after its name. */
export const MAX_WORDS: Readonly<Record<Command, number>> = {
  run: Number.POSITIVE_INFINITY,
  validate: 0,
  report: 1,
  sql: 1,
  status: 0,
}
