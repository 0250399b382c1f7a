import type { z } from 'zod'
import { LakeError } from '../../errors.ts'
import type { Fail } from '../../sources/kind.ts'
import { suggestion } from '../../words.ts'
import { parseDurationMs } from './duration.ts'
import { type Kinds, keysAt, kindOf } from './schema.ts'

export function failOf(configFile: string): Fail {
  return (place, what, remedy) => {
    throw configError(configFile, `${place} ${what}`, remedy)
  }
}

export function configError(configFile: string, what: string, remedy?: string): LakeError {
  return new LakeError('LAKE_CONFIG_INVALID', `${configFile}: ${what}`, remedy === undefined ? {} : { remedy })
}

/** A duration of a config in milliseconds. @throws LakeError LAKE_CONFIG_INVALID */
export function durationMsIn(configFile: string, place: string, text: string): number {
  try {
    return parseDurationMs(text, place)
  } catch (error) {
    throw error instanceof LakeError ? configError(configFile, error.message, error.remedy) : error
  }
}

/** Examples of keys that every lake has and whose name alone does not say how to write them; some by where they are. */
const EXAMPLES: Readonly<Record<string, string>> = {
  root: "root: 'lake'",
  tables: "tables: { events: { path: 'bronze/events', columns: { seen_at: 'TIMESTAMPTZ' } } }",
  streams: "streams: { land: { from: parquetFolder('landing'), into: ['events'] } }",
  path: "path: 'bronze/events'",
  columns: "columns: { seen_at: 'TIMESTAMPTZ', name: 'VARCHAR' }",
  partitionBy: "partitionBy: ['date']",
  sortBy: "sortBy: ['seen_at']",
  into: "into: ['events']",
  rows: "rows: 'any'",
  trigger: "trigger: '5 seconds'",
  engine: "engine: 'auto'",
  threads: 'threads: 4',
  memory: "memory: '8GB'",
  file: "file: 'sql/reference/kinds.csv'",
  follows: "follows: 'split'",
  store: "store: 'gold/live.duckdb'",
  models: "models: 'sql/live'",
  panels: "panels: 'sql/panels'",
  eventTime: "eventTime: 'seen_at'",
  publishTo: "publishTo: postgres({ url: env('DATABASE_URL') })",
  secrets: "secrets: [env('LAKEWEIR_SECRET')]",
  staleAfter: "staleAfter: '1 minute'",
  dashboard: "dashboard: { title: 'Shop', panels: { sales: { width: 12 } } }",
  'dashboard.panels': 'panels: { sales: { width: 12 } }',
  upkeep: "upkeep: { keepFiles: '7 days' }",
  fileSize: "fileSize: '128MB'",
  keepFiles: "keepFiles: '7 days'",
  keepLog: "keepLog: '30 days'",
  keepArchive: "keepArchive: '90 days'",
  presets: "presets: ['1 hour', 'today', '7 days']",
}

const EXPECTED: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'an object',
  record: 'an object',
}

/** Keys whose value is of one of several kinds → what they all are. */
const UNIONS: Readonly<Record<string, string>> = { from: 'source', publishTo: 'copy' }

export function shapeError(configFile: string, error: z.ZodError, config: unknown, kinds: Kinds): LakeError {
  const { what, remedy } = shapeFault(error, config, kinds)
  return configError(configFile, what, remedy)
}

interface ShapeFault {
  readonly what: string
  readonly remedy: string | undefined
}

/** The first fault in a config's shape; an unknown key comes first, because it may be a misspelt missing one. */
export function shapeFault(error: z.ZodError, config: unknown, kinds: Kinds): ShapeFault {
  const issue = error.issues.find(({ code }) => code === 'unrecognized_keys') ?? error.issues[0]
  if (issue === undefined) return { what: 'the config is not a lake.', remedy: undefined }
  // A function writes a source's kind, so its user never sees that key.
  const path = issue.code === 'invalid_union' ? issue.path.slice(0, -1) : issue.path
  const place = path.join('.') || 'the config'
  const key = String(path.at(-1))
  switch (issue.code) {
    case 'unrecognized_keys': {
      const [unknown = ''] = issue.keys
      return {
        what: `${place} has an unknown key "${unknown}".`,
        remedy: suggestion(unknown, keysAt(kinds, path, config)),
      }
    }
    case 'invalid_key':
      return {
        what: `${path.slice(0, -1).join('.')} has the name "${key}", but ${issue.issues[0]?.message}.`,
        remedy: undefined,
      }
    case 'custom': {
      const { known, remedy }: Record<string, unknown> = issue.params ?? {}
      const suggested = Array.isArray(known) ? suggestion(String(issue.input), known) : undefined
      return { what: `${place} ${predicateOf(issue)}.`, remedy: typeof remedy === 'string' ? remedy : suggested }
    }
    default: {
      const examples = examplesOf(kinds)
      const example = examples[path.slice(-2).join('.')] ?? examples[key]
      const remedy = example === undefined ? undefined : `Write it like this: ${example}`
      return { what: `${place} ${predicateOf(issue)}.`, remedy }
    }
  }
}

/** Key → an example of it. */
function examplesOf(kinds: Kinds): Readonly<Record<string, string>> {
  const sources = kinds.sources.map(({ example }) => `from: ${example}`)
  const from = sources.length === 1 ? sources.join() : `${sources.slice(0, -1).join(', ')} or ${sources.at(-1)}`
  const { sources: ofSources, engines } = kinds
  const ofKinds = [...ofSources, ...engines].flatMap(({ keyExamples }) => Object.entries(keyExamples))
  const ofEngines = engines.map(({ word, example }) => [word, `engine: ${example}`])
  return { from, ...Object.fromEntries([...ofEngines, ...ofKinds]), ...EXAMPLES }
}

function predicateOf(issue: z.core.$ZodIssue): string {
  const found = describe(issue.input)
  switch (issue.code) {
    case 'invalid_type':
      if (issue.input === undefined) return 'is missing'
      return `must be ${EXPECTED[issue.expected] ?? issue.expected}, not ${found}`
    case 'invalid_value':
      return `must be ${issue.values.map((value) => JSON.stringify(value)).join(' or ')}, not ${found}`
    case 'invalid_union': {
      const kind = kindOf(issue.input)
      const place = issue.path.findLast((step) => typeof step === 'string' && Object.hasOwn(UNIONS, step))
      const what = UNIONS[String(place)] ?? 'source'
      return `must be a ${what}, not ${kind === undefined ? found : `one of kind ${describe(kind)}`}`
    }
    default:
      return issue.message.replace('{input}', found)
  }
}

/** A wrong value, short enough for a message. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object' && value !== null) return isPlain(value) ? 'an object' : `a ${value.constructor.name}`
  if (typeof value === 'function') return 'a function'
  return typeof value === 'string' ? JSON.stringify(value) : String(value)
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  return prototype === null || prototype === Object.prototype || value.constructor.name === 'Object'
}
