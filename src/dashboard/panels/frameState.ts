import type { LakeweirError, PanelAnswer, PanelHead } from '../../client/index.ts'
import type { ViewFilters } from '../view/view.ts'

/** What a panel's frame shows. */
export type FrameState =
  /** Nothing yet, and it is too early to say so. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'loading' }
  | { readonly kind: 'error'; readonly message: string; readonly detail: string | undefined }
  /** There are no rows at all, or none that fit the filters. */
  | { readonly kind: 'empty' }
  | { readonly kind: 'none match'; readonly filters: readonly (readonly [name: string, values: readonly string[]])[] }
  | { readonly kind: 'shown' }

export interface FrameFacts {
  readonly head: PanelHead
  readonly answer: PanelAnswer | undefined
  readonly problem: LakeweirError | undefined
  readonly filters: ViewFilters
  /** How long an answer has been waited for. */
  readonly waitedMs: number
}

/** Before that, an answer that is on its way would only make the page flicker. */
export const LOADING_AFTER_MS = 150

/** What to show, and beside an error whatever is there of before. */
export function frameState({ head, answer, problem, filters, waitedMs }: FrameFacts): FrameState {
  if (problem !== undefined) return { kind: 'error', message: problem.message, detail: problem.detail }
  if (answer === undefined && head.problem !== null) return { kind: 'error', message: head.problem, detail: undefined }
  if (answer === undefined) return { kind: waitedMs < LOADING_AFTER_MS ? 'waiting' : 'loading' }
  if (!isEmpty(head, answer)) return { kind: 'shown' }
  const narrowed = head.filters.flatMap(({ name }): (readonly [string, readonly string[]])[] => {
    const values = filters[name]
    return values === undefined || values.length === 0 ? [] : [[name, values]]
  })
  return narrowed.length === 0 ? { kind: 'empty' } : { kind: 'none match', filters: narrowed }
}

/** A panel of one number says that by itself: it shows a dash, and is no taller. */
function isEmpty({ kind, y }: PanelHead, { rows, columns }: PanelAnswer): boolean {
  if (kind === 'number') return false
  if (rows.length === 0) return true
  // Rows of grains in which nothing happened are none that could be drawn.
  const places = y.map((name) => columns.findIndex((column) => column.name === name)).filter((place) => place >= 0)
  return places.length > 0 && rows.every((row) => places.every((place) => (row[place] ?? null) === null))
}
