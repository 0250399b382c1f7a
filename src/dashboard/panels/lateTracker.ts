import type { PanelAnswer, PanelHead } from '../../client/index.ts'
import { type LateMarks, lateMarks, NO_LATE_MARKS, type Shown } from './lateMarks.ts'

/** How long a mark is there; how it looks says whether it moves. */
const MARK_MS = 4_000
/** After a mark, none for so long: a stream of late rows would blink. */
const REST_MS = 10_000

interface Tracked {
  readonly shown: Shown
  readonly marks: LateMarks
  readonly markedMs: number
  /** Whether nobody has looked since this answer: the next one has all that came meanwhile. */
  readonly isForgotten: boolean
}

/** Notices late corrections of each panel from one answer to the next, and for how long they are marked. */
export class LateTracker {
  readonly #tracked = new Map<string, Tracked>()

  /** What to mark now. `key` is the same for answers to the same question; times are those of the server's clock. */
  marks(key: string, head: PanelHead, answer: PanelAnswer, nowMs: number): LateMarks {
    const before = this.#tracked.get(key)
    if (before === undefined || (before.isForgotten && before.shown.answer !== answer)) {
      this.#tracked.set(key, {
        shown: { answer, atMs: nowMs },
        marks: NO_LATE_MARKS,
        markedMs: Number.NaN,
        isForgotten: false,
      })
      return NO_LATE_MARKS
    }
    if (before.shown.answer === answer) {
      if (before.marks === NO_LATE_MARKS || nowMs - before.markedMs < MARK_MS) return before.marks
      this.#tracked.set(key, { ...before, marks: NO_LATE_MARKS })
      return NO_LATE_MARKS
    }
    const shown = { answer, atMs: nowMs }
    const isMarked = before.marks !== NO_LATE_MARKS && nowMs - before.markedMs < MARK_MS
    const isResting = nowMs - before.markedMs < REST_MS
    const found = isResting ? NO_LATE_MARKS : lateMarks(head, before.shown, shown)
    const isNew = found !== NO_LATE_MARKS
    const marks = isNew ? found : isMarked ? before.marks : NO_LATE_MARKS
    this.#tracked.set(key, { ...before, shown, marks, markedMs: isNew ? nowMs : before.markedMs })
    return marks
  }

  /** Answers that come next are not compared with those before: what came meanwhile is not late. */
  forget(): void {
    for (const [key, tracked] of this.#tracked) this.#tracked.set(key, { ...tracked, isForgotten: true })
  }
}
