import { z } from 'zod'
import { columnTypes, isColumnType } from '../../columns.ts'
import { LEAST_MEMORY_BYTES } from '../../duckdb/share.ts'
import { SIZE, sizeBytes } from './size.ts'

// The shape of a config. What spans several of its parts is checked in resolve.ts. A message goes on from the key's
// name; {input} stands for what was found there.

/** Names that stand in SQL, in file names and in JSON alike. */
export const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
export const NAME_RULE = 'a name has letters, digits and _, and no digit first'

/** Names of streams begin those of files: of the 255 bytes that a disk takes, 93 tell the batch and the attempt. */
const MAX_NAME_CHARACTERS = 100
const LENGTH_RULE = `a name has at most ${MAX_NAME_CHARACTERS} characters`

const name = z.string().max(MAX_NAME_CHARACTERS, LENGTH_RULE).regex(NAME, NAME_RULE)
/** Names of streams also stand in Delta transactions, before an @. */
const streamName = z
  .string()
  .max(MAX_NAME_CHARACTERS, LENGTH_RULE)
  .regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, 'a stream has letters, digits, _ and -, and no digit or - first')
/** Spark refuses Delta tables with other characters in their column names. */
const columnName = z.string().regex(/^[^\s,;{}()=]+$/, 'a column has a name without spaces and , ; { } ( ) =')

/** Files have the names that their writers gave them; a stream's SELECT makes others of them. */
const foreignName = z.string().regex(/^[^\0]+$/, 'a column has a name without NUL')

const columns = columnsNamed(columnName)
const foreignColumns = columnsNamed(foreignName)

function columnsNamed(rule: z.ZodString) {
  return z
    .record(
      rule,
      z.string().refine((type) => isColumnType(type), {
        error: 'is {input}, which is no type of a column',
        params: { known: columnTypes },
      }),
    )
    .refine((record) => Object.keys(record).length > 0, 'is empty; it needs at least one column')
}

/** The longest name on the file systems of Linux and macOS. */
const MAX_STEP_BYTES = 255

const belowRoot = z
  .string()
  .regex(/^[^/\\]+(\/[^/\\]+)*$/, 'must be a path below the lake, like bronze/events, not {input}')
  .refine((path) => !path.split('/').some((step) => step === '..' || step === '.'), {
    error: 'must be a path below the lake without . and .., not {input}',
  })
  .refine((path) => !/\p{Cc}/u.test(path), 'must be a path without control characters, not {input}')
  .refine((path) => path.split('/').every((step) => Buffer.byteLength(step) <= MAX_STEP_BYTES), {
    error: `has a folder with a name of more than ${MAX_STEP_BYTES} bytes`,
  })
  .refine((path) => !/^(lake\.sql|\.fresh\.json|\.trash-[^/]*)(\/|$)/i.test(path), {
    error: 'must be another path than {input}, which Lakeweir uses itself',
  })

const table = z.strictObject({
  // DuckDB and Spark take a folder with = in its name for the value of a column.
  path: belowRoot.refine((path) => !path.includes('='), { error: 'must be a path without =, not {input}' }),
  columns,
  partitionBy: z.array(z.string()).default([]),
})

const filled = z.string().min(1, 'is empty')

const reference = z.strictObject({ file: filled, columns, key: z.string() })

const MAX_POOL_SIZE = 1_000_000
const POOL_SIZE_RULE = `must be a whole number from 1 to ${MAX_POOL_SIZE}, not {input}`

const pool = z.strictObject({
  size: z.int(POOL_SIZE_RULE).positive(POOL_SIZE_RULE).max(MAX_POOL_SIZE, POOL_SIZE_RULE),
  fill: z.custom<(faker: unknown) => string>(isFunction, {
    error: 'must be a function that returns a text, not {input}',
  }),
})

const sources = {
  generated: z.strictObject({
    kind: z.literal('generated'),
    rowsPerSecond: z.number().positive('must be more than 0, not {input}'),
    pools: z.record(name, pool),
  }),
  parquetFolder: z.strictObject({
    kind: z.literal('parquetFolder'),
    path: belowRoot,
    columns: foreignColumns.optional(),
    afterwards: z.enum(['archive', 'delete']),
  }),
  deltaTable: z.strictObject({ kind: z.literal('deltaTable'), table: z.string(), skipChangeCommits: z.boolean() }),
}

const stream = z.strictObject({
  from: z.discriminatedUnion('kind', [sources.generated, sources.parquetFolder, sources.deltaTable]),
  select: filled.optional(),
  rows: z.enum(['kept', 'any']).default('kept'),
  into: z.array(z.string()).nonempty('is empty; a stream writes at least one table'),
  trigger: z.string().optional(),
})

const MAX_THREADS = 1024
const THREADS_RULE = `must be a whole number from 1 to ${MAX_THREADS}, not {input}`

const MAX_MEMORY_BYTES = 1e15

const memory = z
  .string()
  .regex(SIZE, 'must be a size in KB, MB, GB, TB, KiB, MiB, GiB or TiB, not {input}')
  .refine(isTakenSize, {
    error: `must be from ${LEAST_MEMORY_BYTES / 1e6}MB to ${MAX_MEMORY_BYTES / 1e12}TB, not {input}`,
  })
  .transform(sizeBytes)

export const lakeSchema = z.strictObject({
  root: filled,
  tables: z.record(name, table).refine((record) => Object.keys(record).length > 0, 'is empty; a lake has tables'),
  reference: z.record(name, reference).default({}),
  streams: z.record(streamName, stream),
  views: filled.optional(),
  reports: filled.optional(),
  threads: z.int(THREADS_RULE).min(1, THREADS_RULE).max(MAX_THREADS, THREADS_RULE).optional(),
  memory: memory.optional(),
})

export type CheckedConfig = z.infer<typeof lakeSchema>

/** The keys that may stand at a place of a config. */
export function keysAt(path: readonly PropertyKey[], found: unknown): readonly string[] {
  const [section, , part] = path
  if (section === undefined) return Object.keys(lakeSchema.shape)
  if (section === 'tables') return Object.keys(table.shape)
  if (section === 'reference') return Object.keys(reference.shape)
  if (part === undefined) return Object.keys(stream.shape)
  if (path.length > 3) return Object.keys(pool.shape)
  const source = Object.values(sources).find(({ shape }) => shape.kind.value === kindOf(found))
  return source === undefined ? [] : Object.keys(source.shape).filter((key) => key !== 'kind')
}

/** What a source says that it is. */
export function kindOf(source: unknown): unknown {
  return typeof source === 'object' && source !== null && 'kind' in source ? source.kind : undefined
}

function isTakenSize(text: string): boolean {
  const bytes = sizeBytes(text) ?? 0
  return bytes >= LEAST_MEMORY_BYTES && bytes <= MAX_MEMORY_BYTES
}

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}
