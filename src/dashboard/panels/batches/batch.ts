import type { Column, Value } from '../../../client/index.ts'
import { amountOf, type Exact, exactOf, placeOf } from '../../values.ts'

/** The phases of a batch, in the order in which they run. Syncing belongs to the commit: it makes it last. */
export const PHASES = ['plan', 'stage', 'commit', 'publish'] as const

export type Phase = (typeof PHASES)[number]

/** Milliseconds of each phase. */
export type Phases = Readonly<Record<Phase, number>>

/** A batch of a stream. What is not known yet, or no longer, is undefined. */
export interface Batch {
  /** Of all batches of all streams. */
  readonly key: string
  readonly stream: string
  readonly number: Exact
  readonly timeMs: number
  readonly rowCount: number | undefined
  readonly lagMs: number | undefined
  readonly phases: Phases | undefined
  readonly durationMs: number | undefined
  /** How many rows it wrote into which table. */
  readonly tables: readonly { readonly table: string; readonly rowCount: Exact }[]
  /** The landed files that its rows came from. */
  readonly files: readonly string[] | undefined
}

export interface BatchRows {
  readonly columns: readonly Column[]
  readonly rows: readonly (readonly Value[])[]
}

/** The batches of an answer, oldest first. */
export function batchesOf({ columns, rows }: BatchRows): readonly Batch[] {
  const read = (row: readonly Value[], name: string): Value => row[placeOf(columns, name) ?? -1] ?? null
  const batches = rows.flatMap((row): Batch[] => {
    const number = exactOf(read(row, 'batch'))
    const timeMs = Date.parse(String(read(row, 'batch_time')))
    if (number === undefined || Number.isNaN(timeMs)) return []
    const stream = String(read(row, 'stream') ?? '')
    const phases = phasesOf((name) => amountOf(read(row, name)))
    return [
      {
        key: `${stream} ${number}`,
        stream,
        number,
        timeMs,
        rowCount: amountOf(read(row, 'input_rows')),
        lagMs: amountOf(read(row, 'lag_ms')),
        phases,
        durationMs: amountOf(read(row, 'total_ms')) ?? sumOfPhases(phases),
        tables: tablesOf(read(row, 'tables'), read(row, 'table_rows')),
        files: filesOf(read(row, 'landed_files')),
      },
    ]
  })
  return batches.sort((a, b) => a.timeMs - b.timeMs || Number(a.number) - Number(b.number))
}

function phasesOf(millisecondsOf: (column: string) => number | undefined): Phases | undefined {
  const [plan, stage, sync, commit, publish] = ['plan_ms', 'stage_ms', 'sync_ms', 'commit_ms', 'publish_ms'].map(
    millisecondsOf,
  )
  const isKnown = [plan, stage, commit, publish].some((value) => value !== undefined)
  return isKnown
    ? { plan: plan ?? 0, stage: stage ?? 0, commit: (commit ?? 0) + (sync ?? 0), publish: publish ?? 0 }
    : undefined
}

function sumOfPhases(phases: Phases | undefined): number | undefined {
  return phases && PHASES.reduce((sum, phase) => sum + phases[phase], 0)
}

/** Two lists in the same order: the tables, and how many rows each got. */
function tablesOf(tables: Value, counts: Value): Batch['tables'] {
  const [names, rowCounts] = [listOf(tables) ?? [], listOf(counts) ?? []]
  return names.flatMap((table, at) => {
    const rowCount = exactOf(rowCounts[at])
    return rowCount === undefined ? [] : [{ table: String(table), rowCount }]
  })
}

function filesOf(value: Value): readonly string[] | undefined {
  return listOf(value)?.map(String)
}

function listOf(value: Value): readonly Value[] | undefined {
  return Array.isArray(value) ? (value as readonly Value[]) : undefined
}

/** Up to where the numbers of a page go. */
export interface CountedBatch {
  readonly batch: number
  readonly batchTime: string
}

/**
 * The streams that there are batches of: as the header orders them, then the one whose batches the numbers of the page
 * come from, then by name.
 */
export function streamsOf(
  batches: readonly Batch[],
  order: readonly string[],
  counted: CountedBatch | null,
): readonly string[] {
  const countedMs = Date.parse(counted?.batchTime ?? '')
  const followed = batches.find(({ number, timeMs }) => Number(number) === counted?.batch && timeMs === countedMs)
  const placeIn = (stream: string): number => {
    const at = order.indexOf(stream)
    return at >= 0 ? at : stream === followed?.stream ? order.length : order.length + 1
  }
  const found = [...new Set(batches.map(({ stream }) => stream))].sort()
  return found.sort((a, b) => placeIn(a) - placeIn(b))
}
