import { extname } from 'node:path'
import { LakeError } from '../errors.ts'
import type { Arguments, Options } from './command.ts'
import { countOf } from './optionValues.ts'
import type { TextForm } from './result.ts'

/** The word for stdout in place of a file, and for stdin in place of a query. */
export const STANDARD_STREAM = '-'

/** The options by which a result is shaped. */
export const RESULT_OPTIONS = {
  json: { type: 'boolean', describe: 'one JSON object per row' },
  csv: { type: 'boolean', describe: 'CSV with a header' },
  output: {
    type: 'string',
    describe: 'write a .parquet, .csv, .json, .ndjson or .md file; - is stdout',
    example: 'rows.csv',
  },
  limit: { type: 'string', describe: 'at most this many rows of each result', example: '1000' },
  all: { type: 'boolean', describe: 'all rows, where a terminal shows the first 100' },
} as const satisfies Options

/** How a result is to be written, and where. */
export interface ResultForm {
  readonly form: TextForm | 'parquet'
  /** Undefined: stdout. */
  readonly file: string | undefined
  /** The most rows of each result; undefined where none is set. */
  readonly limit: number | undefined
  /** All rows, also on a terminal. */
  readonly isAll: boolean
}

const FORM_OF_ENDING: Readonly<Record<string, ResultForm['form']>> = {
  '.parquet': 'parquet',
  '.csv': 'csv',
  '.json': 'json',
  '.ndjson': 'ndjson',
  '.jsonl': 'ndjson',
  '.md': 'md',
}

/** @throws LakeError LAKE_USAGE if the options contradict each other, or the file's ending is not that of a form */
export function resultForm(argv: Arguments<typeof RESULT_OPTIONS>): ResultForm {
  const { json, csv, output } = argv
  const file = output === STANDARD_STREAM ? undefined : output
  const limit = countOf(argv, 'limit')
  if (limit !== undefined && argv.all === true) {
    throw usage('--limit and --all contradict: one sets how many rows there are at the most, the other none.')
  }
  if (json === true && csv === true) throw usage('--json and --csv contradict: a result has one form.')
  const asked = json === true ? 'ndjson' : csv === true ? 'csv' : undefined
  const ofFile = file === undefined ? undefined : FORM_OF_ENDING[extname(file).toLowerCase()]
  if (file !== undefined && ofFile === undefined && asked === undefined) {
    throw new LakeError('LAKE_USAGE', `--output ${file}: its ending says no form.`, {
      remedy: `There are ${Object.keys(FORM_OF_ENDING).join(', ')}; --csv and --json write any file.`,
    })
  }
  const isJson = asked === 'ndjson' && ofFile === 'json' // the file's ending says which of the two
  if (asked !== undefined && ofFile !== undefined && asked !== ofFile && !isJson) {
    throw usage(`${json === true ? '--json' : '--csv'} and --output ${file} contradict: a result has one form.`)
  }
  return { form: ofFile ?? asked ?? 'table', file, limit, isAll: argv.all === true }
}

function usage(what: string): LakeError {
  return new LakeError('LAKE_USAGE', what, { remedy: 'Leave one of them out.' })
}
