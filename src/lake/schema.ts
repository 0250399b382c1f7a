import { z } from 'zod'
import { columnTypes, deltaType } from '../delta/schema.ts'

// The shape of a config. What spans several of its parts is checked in resolve.ts.

/** Names that stand in SQL, in file names and in JSON alike. */
const name = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name has letters, digits and _, and no digit first')
/** Names of streams also stand in Delta transactions, before an @. */
const streamName = z.string().regex(/^[A-Za-z_][A-Za-z0-9_-]*$/, 'a name has letters, digits, _ and -')

const columns = z
  .record(
    z.string().min(1, 'a column needs a name'),
    z.string().refine((type) => deltaType(type) !== undefined, {
      error: ({ input }) => `${JSON.stringify(input)} is not a column type; there are ${columnTypes.join(', ')}`,
    }),
  )
  .refine((record) => Object.keys(record).length > 0, 'a table needs a column')

const belowRoot = z
  .string()
  .regex(/^[^/\\]+(\/[^/\\]+)*$/, 'a path below the lake, like bronze/messages')
  .refine((path) => !path.split('/').some((step) => step === '..' || step === '.'), 'a path without . and ..')

const table = z.strictObject({
  path: belowRoot,
  columns,
  partitionBy: z.array(z.string()).default([]),
})

const reference = z.strictObject({ file: z.string().min(1), columns, key: z.string() })

const pool = z.strictObject({
  size: z.int().positive().max(1_000_000),
  fill: z.custom<(faker: unknown) => string>(isFunction),
})

const source = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('generated'), rowsPerSecond: z.number().positive(), pools: z.record(name, pool) }),
  z.strictObject({
    kind: z.literal('parquetFolder'),
    path: belowRoot,
    columns: columns.optional(),
    afterwards: z.enum(['archive', 'delete']),
  }),
  z.strictObject({ kind: z.literal('deltaTable'), table: z.string(), skipChangeCommits: z.boolean() }),
])

const stream = z.strictObject({
  from: source,
  select: z.string().min(1).optional(),
  into: z.array(z.string()).nonempty('a stream writes at least one table'),
  trigger: z.string().optional(),
})

export const lakeSchema = z.strictObject({
  root: z.string().min(1),
  tables: z.record(name, table),
  reference: z.record(name, reference).default({}),
  streams: z.record(streamName, stream),
  views: z.string().optional(),
  reports: z.string().optional(),
})

export type CheckedConfig = z.infer<typeof lakeSchema>

/** The keys that stand at each place of a config, for a near word. */
export const keysByPlace: readonly string[] = [
  ...Object.keys(lakeSchema.shape),
  ...Object.keys(table.shape),
  ...Object.keys(reference.shape),
  ...Object.keys(stream.shape),
  'rowsPerSecond',
  'pools',
  'afterwards',
  'skipChangeCommits',
]

function isFunction(value: unknown): boolean {
  return typeof value === 'function'
}
