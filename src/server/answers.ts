import { z } from 'zod'
import type { ServedPosition } from '../serving/reader.ts'
import { PANEL_KINDS, PANEL_SPANS } from './panels/panel.ts'

// What the server answers, as schemas: the types here and the description for clients are made from the same.

const time = z.string().meta({ format: 'date-time' })

export const positionBody = z.strictObject({
  generation: z.string().meta({ description: 'Changes when the store is made anew; batches start again then.' }),
  batch: z.int().meta({ description: 'The last batch of the followed stream that is in every model.' }),
  batchTime: time.meta({ description: 'When its stream wrote that batch.' }),
  takenTime: time.meta({ description: 'When the models took it.' }),
  newestEventTime: time.nullable().meta({ description: 'The latest event time in it and before, if known.' }),
})

export type PositionBody = z.infer<typeof positionBody>

export function positionOf(position: ServedPosition): PositionBody {
  const { generation, batch, batchTimeMs, takenMs, newestEventMs } = position
  return {
    generation,
    batch,
    batchTime: new Date(batchTimeMs).toISOString(),
    takenTime: new Date(takenMs).toISOString(),
    newestEventTime: newestEventMs === undefined ? null : new Date(newestEventMs).toISOString(),
  }
}

const column = z.strictObject({ name: z.string(), type: z.string().meta({ description: "DuckDB's name of it." }) })

const texts = z.record(z.string(), z.string())

export const panelHead = z.strictObject({
  name: z.string(),
  title: z.string(),
  note: z.string().nullable().meta({ description: 'What stands beside the title.' }),
  describes: z.string().meta({ description: 'What a row is.' }),
  kind: z.enum(PANEL_KINDS),
  x: z.string().nullable(),
  y: z.array(z.string()),
  series: z.string().nullable(),
  group: z.string().nullable().meta({ description: 'The column that makes groups of rows.' }),
  before: z.string().nullable().meta({ description: 'The column of the same measure a day earlier.' }),
  compared: z.string().nullable().meta({ description: 'What it is compared with; null: the first of y.' }),
  order: z.array(z.string()).meta({ description: 'The values of series that have a fixed place.' }),
  unit: z.string().nullable(),
  units: texts.meta({ description: 'Column → what stands behind its values.' }),
  headings: texts.meta({ description: 'Column → what it is called.' }),
  labels: z
    .array(z.strictObject({ value: z.string().nullable(), label: z.string() }))
    .meta({ description: 'What values of x, series and group are called.' }),
  alarm: z.number().nullable().meta({ description: 'Above it a value is bad.' }),
  spark: z.string().nullable().meta({ description: 'The panel of the line below a number.' }),
  brush: z.string().nullable().meta({ description: 'The panel of a day in which a range is picked.' }),
  coarser: z
    .strictObject({ panel: z.string(), beyondMs: z.number() })
    .nullable()
    .meta({ description: 'The panel that shows longer ranges instead.' }),
  rows: z.string().nullable().meta({ description: 'The table whose rows may be looked at.' }),
  over: z.enum(PANEL_SPANS).nullable().meta({ description: 'Which range a page asks for.' }),
  grain: z.string().nullable().meta({ description: 'A range is widened to whole ones, in UTC. Null: no range.' }),
  grainMs: z.number().nullable(),
  rangeMs: z.number().nullable().meta({ description: 'How long the range is where nobody asks for another.' }),
  filters: z.array(column),
  columns: z.array(column),
  problem: z.string().nullable().meta({ description: 'Why it cannot be answered; it is tried again.' }),
})

export type PanelHead = z.infer<typeof panelHead>

export const panelListBody = z.strictObject({ panels: z.array(panelHead), position: positionBody.nullable() })

/** Anything that JSON can hold; the columns say what. */
const cell = z.unknown()

export const panelBody = z.strictObject({
  panel: z.string(),
  range: z.strictObject({ from: time, to: time }).nullable().meta({ description: 'In whole grains; to is not in it.' }),
  isWidened: z.boolean().meta({ description: 'Whether the range is longer than the one asked for.' }),
  completeTo: time.nullable().meta({ description: 'Every grain before it is complete; null for a panel without one.' }),
  filters: z.record(z.string(), z.array(z.string())),
  columns: z.array(column),
  rows: z.array(z.array(cell)).meta({ description: 'Values in the order of the columns.' }),
  isCut: z.boolean().meta({ description: 'Whether there were more rows than one answer may have.' }),
  position: positionBody,
})

export type PanelBody = z.infer<typeof panelBody>
