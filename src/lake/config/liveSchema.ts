import { z } from 'zod'
import { belowRoot } from '../../sources/configParts.ts'
import { environmentOrText } from './environmentSchema.ts'
import { memory } from './memorySchema.ts'

// The shape of `live` in a config. Rules that involve other parts of it are checked in resolveLive.ts.

const filled = z.string().min(1, 'is empty')

const postgresCopy = z.strictObject({
  kind: z.literal('postgres'),
  url: environmentOrText,
})

const copy = z.discriminatedUnion('kind', [postgresCopy])

export const live = z.strictObject({
  follows: z.string(),
  store: belowRoot.default('gold/live.duckdb'),
  models: filled,
  panels: filled.optional(),
  memory: memory.prefault('1GB'),
  eventTime: z.string().optional(),
  publishTo: copy.optional(),
})

/** A copy of the live aggregates elsewhere, as configured. */
export type CheckedCopy = z.output<typeof copy>
