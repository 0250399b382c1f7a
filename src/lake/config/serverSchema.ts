import { z } from 'zod'
import { environmentValue } from './environmentSchema.ts'
import { hostOf, originOf } from './webNames.ts'

// The shape of `server` in a config. Rules that involve other parts of it are checked in resolveServer.ts.

const filled = z.string().min(1, 'is empty')

const PORT_RULE = 'must be a whole number from 0 to 65535, not {input}'
const port = z.int(PORT_RULE).min(0, PORT_RULE).max(65_535, PORT_RULE)

const COUNT_RULE = 'must be a whole number from 1, not {input}'
const count = z.int(COUNT_RULE).min(1, COUNT_RULE)

const origin = z
  .string()
  .refine((text) => originOf(text) !== undefined, {
    error: 'must be the origin of a website, without a path and without *, not {input}',
    params: { remedy: "Write it like this: 'https://shop.example'" },
  })
  .transform((text) => text.toLowerCase())

const host = z.string().refine((text) => hostOf(text) !== undefined, {
  error: 'must be the name of a host, not {input}',
  params: { remedy: "Write it like this: 'dash.example', or 'dash.example:8443' for one port alone." },
})

const limits = z.strictObject({
  connections: count.default(1000),
  panelRows: count.default(10_000),
  panelTime: z.string().default('5 seconds'),
  clientsPerToken: count.default(20),
  requestsPerToken: count.default(32),
  tokenLife: z.string().default('15 minutes'),
})

/** The columns of a dashboard. */
export const DASHBOARD_COLUMNS = 12

const WIDTH_RULE = `must be a whole number of columns from 1 to ${DASHBOARD_COLUMNS}, not {input}`
const width = z.int(WIDTH_RULE).min(1, WIDTH_RULE).max(DASHBOARD_COLUMNS, WIDTH_RULE)

const WALL_RULE = `must be a whole number of columns from 1 to ${DASHBOARD_COLUMNS}, or 0 for none, not {input}`
const wallWidth = z.int(WALL_RULE).min(0, WALL_RULE).max(DASHBOARD_COLUMNS, WALL_RULE)

const dashboardPanel = z.strictObject({
  width: width.optional(),
  wallWidth: wallWidth.optional(),
  alarm: z.number().optional(),
})

const dashboard = z.strictObject({
  title: filled.default('Lakeweir'),
  panels: z.record(z.string(), dashboardPanel).optional(),
  range: z.string().default('3 hours'),
  presets: z.array(z.string()).default(['15 minutes', '1 hour', '3 hours', 'today', '7 days']),
  catchingUpAfter: z.string().default('1 minute'),
  disconnectedAfter: z.string().default('30 seconds'),
})

export const server = z.strictObject({
  host: filled.default('127.0.0.1'),
  port: port.default(4080),
  origins: z.array(origin).default([]),
  hosts: z.array(host).default([]),
  rows: z.array(z.string()).default([]),
  secrets: z.array(environmentValue).default([]),
  metricsSecret: environmentValue.optional(),
  publicKeys: z.array(filled).default([]),
  limits: limits.prefault({}),
  staleAfter: z.string().default('1 minute'),
  dashboard: dashboard.prefault({}),
})
