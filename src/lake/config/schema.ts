import { z } from 'zod'
import { belowRoot, columnsNamed, configName, shortText } from '../../sources/configParts.ts'
import type { SourceRunOptions } from '../../sources/index.ts'
import type { SourceKind } from '../../sources/kind.ts'
import { eachOf, type NonEmpty } from '../../tables/table.ts'
import { engineChoice, engineSettings } from './engineSchema.ts'
import { live } from './liveSchema.ts'
import { memory } from './memorySchema.ts'
import type { EngineKinds } from './resolveEngines.ts'
import { server } from './serverSchema.ts'
import { upkeep } from './upkeepSchema.ts'

// The shape of a config. Rules that involve several of its parts are checked in resolve.ts. A message continues
// from the name of the key; {input} is replaced by what was found there.

/** Delta transactions contain the stream's name too, followed by an @. */
const streamName = shortText.regex(
  /^[A-Za-z_][A-Za-z0-9_-]*$/,
  'a stream has letters, digits, _ and -, and no digit or - first',
)
/** Spark refuses Delta tables with other characters in their column names. */
const columnName = z.string().regex(/^[^\s,;{}()=]+$/, 'a column has a name without spaces and , ; { } ( ) =')
const columns = columnsNamed(columnName)

const table = z.strictObject({
  // DuckDB and Spark would read a folder with = in its name as the value of a column.
  path: belowRoot.refine((path) => !path.includes('='), { error: 'must be a path without =, not {input}' }),
  columns,
  partitionBy: z.array(z.string()).default([]),
  sortBy: z.array(z.string()).default([]),
})

const filled = z.string().min(1, 'is empty')

const reference = z.strictObject({ file: filled, columns, key: z.string() })

const into = z.array(z.string()).transform(([first, ...others], context): NonEmpty<string> => {
  if (first !== undefined) return [first, ...others]
  const message = 'is empty; a stream writes at least one table'
  context.addIssue({ code: 'too_small', origin: 'array', minimum: 1, input: [], message })
  return z.NEVER
})

const MAX_THREADS = 1024
const THREADS_RULE = `must be a whole number from 1 to ${MAX_THREADS}, not {input}`

/** The kinds of sources that a lake may have. */
export type SourceKinds = NonEmpty<SourceKind<SourceRunOptions>>

/** The kinds of what a lake may have several of. */
export interface Kinds {
  readonly sources: SourceKinds
  readonly engines: EngineKinds
}

export function lakeSchema(kinds: Kinds) {
  const stream = z.strictObject({
    from: z.discriminatedUnion(
      'kind',
      eachOf(kinds.sources, ({ schema }) => schema),
    ),
    select: filled.optional(),
    rows: z.enum(['kept', 'any']).default('kept'),
    into,
    engine: engineChoice(kinds.engines).optional(),
    trigger: z.string().optional(),
  })
  return z.strictObject({
    root: filled,
    tables: z
      .record(configName, table)
      .refine((record) => Object.keys(record).length > 0, 'is empty; a lake has tables'),
    reference: z.record(configName, reference).default({}),
    streams: z.record(streamName, stream),
    engines: engineSettings(kinds.engines).prefault({}),
    views: filled.optional(),
    reports: filled.optional(),
    threads: z.int(THREADS_RULE).min(1, THREADS_RULE).max(MAX_THREADS, THREADS_RULE).optional(),
    memory: memory.optional(),
    live: live.optional(),
    server: server.prefault({}),
    upkeep: upkeep.prefault({}),
  })
}

export type CheckedConfig = z.output<ReturnType<typeof lakeSchema>>

/** The keys that may be at a place in a config, except `kind`, which a function writes, and old names. */
export function keysAt(kinds: Kinds, path: readonly PropertyKey[], config: unknown): readonly string[] {
  let schema: unknown = lakeSchema(kinds)
  let value = config
  for (const step of path) {
    schema = schemaBelow(schema, step, value)
    value = isObject(value) ? value[step] : undefined
  }
  const found = alternativeOf(schema, value)
  if (!(found instanceof z.ZodObject)) return []
  const keys = Object.entries(found.shape)
  return keys.flatMap(([key, part]) => (key === 'kind' || isDeprecated(part) ? [] : [key]))
}

function schemaBelow(schema: unknown, step: PropertyKey, value: unknown): unknown {
  const found = alternativeOf(schema, value)
  if (found instanceof z.ZodObject) return found.shape[String(step)]
  return found instanceof z.ZodRecord ? found.valueType : undefined
}

/** The schema that applies to a value, without wrappers such as optional and default. */
function alternativeOf(schema: unknown, value: unknown): unknown {
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault || schema instanceof z.ZodOptional) {
    return alternativeOf(schema.unwrap(), value)
  }
  if (schema instanceof z.ZodPipe) {
    return alternativeOf(schema.in instanceof z.ZodTransform ? schema.out : schema.in, value)
  }
  if (!(schema instanceof z.ZodDiscriminatedUnion)) return schema
  const alternatives = schema.options.map((option) => alternativeOf(option, value))
  const isOfKind = (part: unknown): boolean => part instanceof z.ZodObject && part.shape.kind.value === kindOf(value)
  return alternatives.find(isOfKind)
}

function isDeprecated(schema: unknown): boolean {
  return schema instanceof z.ZodType && schema.meta()?.deprecated === true
}

/** The kind that a source says it is. */
export function kindOf(source: unknown): unknown {
  return isObject(source) ? source.kind : undefined
}

function isObject(value: unknown): value is Readonly<Record<PropertyKey, unknown>> {
  return typeof value === 'object' && value !== null
}
