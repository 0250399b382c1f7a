import type { LakeweirError, PanelAnswer, PanelHead } from '../../client/index.ts'
import type { DashboardClock } from '../clock.ts'
import type { Fed } from '../follow/panelFeed.ts'
import type { Text } from '../text.ts'
import { type AskedPanel, keyOf } from '../view/asking.ts'
import type { View, ViewFilters } from '../view/view.ts'
import { type FrameState, frameState, LOADING_AFTER_MS } from './frameState.ts'
import { type LateMarks, NO_LATE_MARKS } from './lateMarks.ts'
import { LateTracker } from './lateTracker.ts'
import type { PanelInput } from './panelInput.ts'

/** What is known of the moment in which panels are shown. */
export interface Moment {
  readonly fed: Fed
  readonly view: View
  readonly text: Text
  /** The panel that has all the room. */
  readonly expanded: string | undefined
}

/** A panel of the layout with what is known of it. */
export interface ShownPanel {
  readonly asked: AskedPanel
  readonly head: PanelHead
  readonly state: FrameState
  readonly input: PanelInput | undefined
  readonly isBehind: boolean
}

interface Known {
  readonly head: PanelHead
  readonly answer: PanelAnswer
  readonly spark: PanelAnswer | undefined
}

/** What the panels show: the last answer of each, until there is the next one. */
export class ShownPanels {
  readonly #clock: DashboardClock
  readonly #onDue: () => void
  readonly #late = new LateTracker()
  readonly #known = new Map<string, Known>()
  readonly #inputs = new Map<string, { readonly from: readonly unknown[]; readonly input: PanelInput }>()
  #asked: readonly AskedPanel[] = []
  #askedMs = 0
  #cancelDue: () => void = () => undefined

  /** @param onDue  called when what is shown must change by the time alone */
  constructor(clock: DashboardClock, onDue: () => void) {
    this.#clock = clock
    this.#onDue = onDue
  }

  get asked(): readonly AskedPanel[] {
    return this.#asked
  }

  /** From now on these are shown. */
  ask(asked: readonly AskedPanel[]): void {
    this.#asked = asked
    this.#askedMs = this.#clock.monotonicMs()
    this.#cancelDue()
    this.#cancelDue = this.#clock.after(LOADING_AFTER_MS, this.#onDue)
  }

  /** What comes next is not compared with what was before: nobody has looked meanwhile. */
  forgetCorrections(): void {
    this.#late.forget()
  }

  close(): void {
    this.#cancelDue()
  }

  shown(moment: Moment): readonly ShownPanel[] {
    return this.#asked.map((asked) => this.#shown(asked, moment))
  }

  #shown(asked: AskedPanel, moment: Moment): ShownPanel {
    const { fed, view } = moment
    const { shown, spark, name } = asked
    const key = keyOf(shown)
    const answer = fed.answers.get(key)
    const sparkAnswer = spark === undefined ? undefined : fed.answers.get(keyOf(spark))
    const waitedMs = this.#clock.monotonicMs() - this.#askedMs
    if (answer !== undefined) {
      // Until the line of the day is there, the one before is nearer to it than none.
      this.#known.set(name, { head: shown.head, answer, spark: sparkAnswer ?? this.#known.get(name)?.spark })
    }
    const known = this.#known.get(name)
    const problem: LakeweirError | undefined = fed.problems.get(key)
    const state = frameState({ head: shown.head, answer: known?.answer, problem, filters: view.filters, waitedMs })
    const marks = this.#marks(asked, { fed, view })
    const input = known === undefined ? undefined : this.#input(name, known, marks, moment)
    const isBehind = answer === undefined && problem === undefined && waitedMs >= LOADING_AFTER_MS
    return { asked, head: known?.head ?? shown.head, state, input, isBehind: isBehind && known !== undefined }
  }

  /** A number has no grains of its own: it was corrected where its line of the day was. */
  #marks({ shown, spark }: AskedPanel, { fed, view }: Pick<Moment, 'fed' | 'view'>): LateMarks {
    const asked = shown.head.kind === 'number' ? spark : shown
    const answer = asked === undefined ? undefined : fed.answers.get(keyOf(asked))
    if (asked === undefined || answer === undefined) return NO_LATE_MARKS
    return this.#late.marks(keyOf(asked), asked.head, answer, view.nowMs)
  }

  /** The same object as long as it says the same: its element then has nothing to do. */
  #input(name: string, { head, answer, spark }: Known, lateMarks: LateMarks, moment: Moment): PanelInput {
    const { view, text } = moment
    const isExpanded = moment.expanded === name
    const { range, filters, freshness, isWall } = view
    const from = [
      head,
      answer,
      spark,
      range,
      filters,
      freshness,
      isWall,
      text,
      lateMarks,
      isExpanded,
      secondOf(head, view),
    ]
    const before = this.#inputs.get(name)
    if (before?.from.every((each, at) => each === from[at])) return before.input
    const input = { head, answer, spark, view, text, lateMarks, isExpanded }
    this.#inputs.set(name, { from, input })
    return input
  }
}

/** A chart that ends now moves on with each second; nothing else does. */
function secondOf({ kind }: PanelHead, { nowMs, isPaused }: View): number {
  return (kind === 'area' || kind === 'line') && !isPaused ? Math.floor(nowMs / 1_000) : 0
}

/** The filters by which a panel is narrowed, as a sentence has them: EMAIL or PUSH in Germany. */
export function narrowedTo(
  filters: ViewFilters,
  names: readonly string[],
  { words }: Text,
  labelOf: (value: string) => string,
): string {
  return names
    .flatMap((name) => {
      const values = filters[name] ?? []
      return values.length === 0 ? [] : [values.map(labelOf).join(words.panel.or)]
    })
    .reduce((all, each) => (all === '' ? each : words.panel.and(all, each)), '')
}
