import type { JsonValue } from '../duckdb/values.ts'
import type { Grant } from './grant.ts'
import { momentsOf } from './moments.ts'
import type { Panel, PanelTime } from './panels/panel.ts'
import type { PanelAnswer } from './panels/panelAnswers.ts'
import { panelValues } from './panels/panelValues.ts'
import type { ServerParts } from './parts.ts'
import { grantedHeads } from './routes/answering.ts'

// Where nothing happened for a while, a page opens on what happened last. The panels themselves are asked when that
// was, so that whoever asks learns of nothing but what it may see.

export interface NewestRange {
  readonly from: string
  readonly to: string
  /** Whether it ends within the present UTC day. */
  readonly isToday: boolean
}

const DAY_MS = 24 * 3_600_000

/** How far back it is looked, in ranges as long as a panel answers at once. */
const MAX_LOOKS = 8

/** A panel over a time of its own rows. */
type TimedPanel = Panel & { readonly time: PanelTime; readonly x: string }

/** The newest range that has rows; undefined if none is found. */
export async function newestRange(parts: ServerParts, grant: Grant): Promise<NewestRange | undefined> {
  if (parts.watch.current === undefined) return undefined
  for (const panel of viewedPanels(parts, grant)) {
    try {
      const found = await newestOf(panel, parts, grant)
      if (found !== undefined) return found
    } catch (err) {
      // It shows its own problem when it is asked by itself.
      parts.log.debug({ err, panel: panel.name }, 'a panel could not say when its newest row was')
    }
  }
  return undefined
}

/** The panels on the dashboard that show the range that is looked at. */
function viewedPanels({ answers, presentation }: ServerParts, grant: Grant): readonly TimedPanel[] {
  const granted = new Set(grantedHeads(answers, grant).map(({ name }) => name))
  return presentation.layout.flatMap(({ panel: name }) => {
    const panel = granted.has(name) ? answers.get(name) : undefined
    return panel !== undefined && isTimed(panel) && panel.time.over === 'view' ? [panel] : []
  })
}

function isTimed(panel: Panel): panel is TimedPanel {
  return panel.time !== undefined && panel.x !== undefined
}

async function newestOf(panel: TimedPanel, parts: ServerParts, grant: Grant): Promise<NewestRange | undefined> {
  const { range } = parts.presentation
  const moments = momentsOf(parts)
  const ask = async (asked: TimedPanel, values: Readonly<Record<string, string>>): Promise<PanelAnswer> => {
    const given = new Map(Object.entries(values).map(([name, value]) => [name, [value]]))
    return parts.answers.answer(asked, panelValues(asked, given, grant, moments, parts.answers.limits), 'soon')
  }
  const isTodayOf = (toMs: number): boolean => toMs > Math.floor(moments.nowMs / DAY_MS) * DAY_MS
  // What a page asks first, and gets from the same cache.
  const first = await ask(panel, range === 'today' ? { from: 'day' } : { range: `${range}ms` })
  const { range: present } = first.head
  if (present !== null && newestRowMs(panel, first) !== undefined) {
    return { ...present, isToday: isTodayOf(Date.parse(present.to)) }
  }
  const endMs = await newestEndMs(chainOf(panel, parts, grant), parts, ask)
  if (endMs === undefined) return undefined
  const fromMs = range === 'today' ? Math.floor((endMs - 1) / DAY_MS) * DAY_MS : endMs - range
  return { from: isoTime(fromMs), to: isoTime(endMs), isToday: isTodayOf(endMs) }
}

/** A panel and those that show longer ranges instead, the coarsest first. */
function chainOf(panel: TimedPanel, { answers }: ServerParts, grant: Grant): readonly TimedPanel[] {
  const heads = grantedHeads(answers, grant)
  const chain: TimedPanel[] = [panel]
  for (const { coarser } of chain) {
    const next = heads.some(({ name }) => name === coarser?.panel) ? answers.get(coarser?.panel ?? '') : undefined
    if (next !== undefined && isTimed(next)) chain.push(next)
  }
  return chain.reverse()
}

type Ask = (panel: TimedPanel, values: Readonly<Record<string, string>>) => Promise<PanelAnswer>

/** The end of the newest grain that has rows: coarse panels look far back, finer ones within what those have found. */
async function newestEndMs(chain: readonly TimedPanel[], parts: ServerParts, ask: Ask): Promise<number | undefined> {
  let endMs: number | undefined
  let grainMs = 0
  for (const panel of chain) {
    const within =
      endMs === undefined ? await lookedBack(panel, parts, ask) : await newestIn(panel, endMs - grainMs, endMs, ask)
    if (within === undefined) return endMs
    grainMs = panel.time.grainMs
    endMs = within + grainMs
  }
  return endMs
}

/** When the newest grain with rows begins, as far back as is looked. */
async function lookedBack(panel: TimedPanel, parts: ServerParts, ask: Ask): Promise<number | undefined> {
  const { grainMs } = panel.time
  const spanMs = parts.answers.limits.maxGrains * grainMs
  const nowMs = Math.ceil(parts.clock.nowMs() / grainMs) * grainMs
  const { newestEventMs = nowMs } = parts.watch.current ?? {}
  // Around the newest event: its column need not be the one that the panel counts by.
  const knownMs = Math.ceil((newestEventMs + spanMs / 2) / grainMs) * grainMs
  const earlierMs = Math.min(nowMs - spanMs, knownMs)
  const ends = [nowMs, ...Array.from({ length: MAX_LOOKS - 1 }, (_, look) => earlierMs - look * spanMs)]
  for (const toMs of ends) {
    if (toMs - spanMs < EARLIEST_MS) return undefined
    const found = await newestIn(panel, toMs - spanMs, toMs, ask)
    if (found !== undefined) return found
  }
  return undefined
}

/** Before this a range cannot begin. */
const EARLIEST_MS = Date.parse('0001-01-02T00:00:00Z')

/** An answer that is cut has its last rows left out: what is after its newest one is asked for again. */
async function newestIn(panel: TimedPanel, fromMs: number, toMs: number, ask: Ask): Promise<number | undefined> {
  let found: number | undefined
  for (let startMs = fromMs; startMs < toMs; ) {
    const answer = await ask(panel, { from: isoTime(startMs), to: isoTime(toMs) })
    const newest = newestRowMs(panel, answer)
    found = newest ?? found
    if (!answer.rows.isCut || newest === undefined || newest <= startMs) return found
    startMs = newest
  }
  return found
}

/** When the newest row with a value of its own was; those with a value of the day before alone do not count. */
function newestRowMs({ x, y }: TimedPanel, { rows: { columns, rows } }: PanelAnswer): number | undefined {
  const [at, ...measures] = [x, ...y].map((name) => columns.indexOf(name))
  const times = rows.flatMap((row): number[] => {
    const hasValue = measures.length === 0 || measures.some((measure) => (row[measure] ?? null) !== null)
    const timeMs = hasValue ? timeOf(row[at ?? -1]) : Number.NaN
    return Number.isNaN(timeMs) ? [] : [timeMs]
  })
  return times.length === 0 ? undefined : times.reduce((one, other) => Math.max(one, other))
}

function timeOf(value: JsonValue | undefined): number {
  return typeof value === 'string' ? Date.parse(value) : Number.NaN
}

function isoTime(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
