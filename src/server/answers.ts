import { z } from 'zod'
import type { ServedPosition } from '../serving/reader.ts'
import { PANEL_KINDS } from './panels/panel.ts'

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

export const panelHead = z.strictObject({
  name: z.string(),
  title: z.string(),
  describes: z.string().meta({ description: 'What a row is.' }),
  kind: z.enum(PANEL_KINDS),
  x: z.string().nullable(),
  y: z.array(z.string()),
  series: z.string().nullable(),
  unit: z.string().nullable(),
  grain: z.string().nullable().meta({ description: 'A range is widened to whole ones, in UTC. Null: no range.' }),
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
  filters: z.record(z.string(), z.array(z.string())),
  columns: z.array(column),
  rows: z.array(z.array(cell)).meta({ description: 'Values in the order of the columns.' }),
  isCut: z.boolean().meta({ description: 'Whether there were more rows than one answer may have.' }),
  position: positionBody,
})

export type PanelBody = z.infer<typeof panelBody>
