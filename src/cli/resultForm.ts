import { extname } from 'node:path'
import { LakeError } from '../errors.ts'
import { STDIN_WORD } from './arguments.ts'
import type { TextForm } from './result.ts'
import { countOf } from './runOptions.ts'
import type { CommonArguments } from './session.ts'

/** The options by which a result is shaped. */
export interface ResultArguments extends CommonArguments {
  readonly json: boolean | undefined
  readonly csv: boolean | undefined
  readonly output: string | undefined
  readonly limit: string | undefined
  readonly all: boolean | undefined
}

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

/** @throws LakeError LAKE_USAGE where the options contradict, or a file's ending says nothing */
export function resultForm(argv: ResultArguments): ResultForm {
  const { json, csv, output } = argv
  const file = output === STDIN_WORD ? undefined : output
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
