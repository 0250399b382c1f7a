import { z } from 'zod'
import { environmentValue } from './environmentSchema.ts'

// The shape of `server` in a config. Rules that involve other parts of it are checked in resolveServer.ts.

const filled = z.string().min(1, 'is empty')

const PORT_RULE = 'must be a whole number from 0 to 65535, not {input}'
const port = z.int(PORT_RULE).min(0, PORT_RULE).max(65_535, PORT_RULE)

const COUNT_RULE = 'must be a whole number from 1, not {input}'
const count = z.int(COUNT_RULE).min(1, COUNT_RULE)

const limits = z.strictObject({
  connections: count.default(1000),
  panelRows: count.default(10_000),
  panelTime: z.string().default('5 seconds'),
  clientsPerToken: count.default(20),
  requestsPerToken: count.default(32),
  tokenLife: z.string().default('15 minutes'),
})

export const server = z.strictObject({
  host: filled.default('127.0.0.1'),
  port: port.default(4080),
  origins: z.array(filled).default([]),
  hosts: z.array(filled).default([]),
  rows: z.array(z.string()).default([]),
  secrets: z.array(environmentValue).default([]),
  metricsSecret: environmentValue.optional(),
  publicKeys: z.array(filled).default([]),
  limits: limits.prefault({}),
  staleAfter: z.string().default('1 minute'),
})
