import { z } from 'zod'
import { DASHBOARD_COLUMNS } from '../lake/config/serverSchema.ts'
import { panelHead, positionBody, positionOf } from './answers.ts'
import type { Grant } from './grant.ts'
import type { NewestRange } from './newestRange.ts'
import type { ServerParts } from './parts.ts'
import { grantedHeads } from './routes/answering.ts'

const time = z.iso.datetime()
const width = z.int().min(1).max(DASHBOARD_COLUMNS)
const wallWidth = z.int().min(0).max(DASHBOARD_COLUMNS).meta({ description: 'In full screen, 0 is not there.' })
const durationMs = z.number()
const range = z.union([durationMs, z.literal('today')])

/** What a dashboard is made of. */
export const dashboardBody = z
  .strictObject({
    title: z.string(),
    version: z.string().meta({ description: 'Of the server.' }),
    serverTime: time.meta({ description: "The server's clock; a client's own may be wrong." }),
    position: positionBody.nullable().meta({ description: 'Null before the first batch.' }),
    layout: z.array(z.strictObject({ panel: z.string(), width, wallWidth })).meta({
      description: `The panels that are shown, in order, and how many of ${DASHBOARD_COLUMNS} columns each has.`,
    }),
    panels: z.array(panelHead).meta({ description: 'Those of the layout, and those that they name.' }),
    settings: z.strictObject({
      catchingUpAfterMs: durationMs.meta({ description: 'A longer lag means that it is catching up.' }),
      staleAfterMs: durationMs.meta({ description: 'So long without a commit, while something waits, it is stale.' }),
      disconnectedAfterMs: durationMs.meta({ description: 'So long without a word it is disconnected.' }),
      range: range.meta({ description: 'What is looked at first.' }),
      presets: z.array(range),
    }),
    newest: z
      .strictObject({ from: time, to: time, isToday: z.boolean() })
      .nullable()
      .meta({ description: 'The newest range with rows, of those that may be seen; null if there is none.' }),
    fixed: z.record(z.string(), z.array(z.string())).meta({ description: 'What a token fixes.' }),
  })
  .meta({ id: 'Dashboard' })

type DashboardBody = z.infer<typeof dashboardBody>

/** What whoever asks is told of the dashboard: what is not granted is not there. */
export function dashboardHeadOf(
  { answers, watch, clock, presentation, version }: ServerParts,
  grant: Grant,
  newest: NewestRange | undefined,
): DashboardBody {
  const { title, layout, range: first, presets, ...after } = presentation
  const heads = grantedHeads(answers, grant)
  const placed = layout.filter(({ panel }) => heads.some(({ name }) => name === panel))
  const shown = new Set(placed.map(({ panel }) => panel))
  // Grows while it is walked through: a coarser panel may have a coarser one.
  for (const name of shown) {
    const { spark, brush, coarser } = heads.find((head) => head.name === name) ?? {}
    for (const part of [spark, brush, coarser?.panel]) if (typeof part === 'string') shown.add(part)
  }
  return {
    title,
    version,
    serverTime: new Date(clock.nowMs()).toISOString(),
    position: watch.current === undefined ? null : positionOf(watch.current),
    layout: placed.map((place) => ({ ...place })),
    panels: heads.filter(({ name }) => shown.has(name)),
    settings: { ...after, range: first, presets: [...presets] },
    newest: newest ?? null,
    fixed: Object.fromEntries([...grant.fixed].map(([filter, values]) => [filter, [...values]])),
  }
}
