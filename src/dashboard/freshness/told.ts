import type { Amount, Numbers } from '../numbers.ts'
import type { Text } from '../text.ts'
import { type GaugeRange, gaugeRange } from './commitHistory.ts'
import type { FreshnessFacts, FreshnessFound, FreshnessState } from './freshnessState.ts'

/** A figure of three lines, whose baselines agree with those beside it. */
export interface Figure {
  readonly label: string
  readonly amounts: readonly Amount[]
  readonly note: string
}

/** The strip of freshness in words. */
export interface FreshnessTold {
  readonly state: FreshnessState
  readonly word: string
  readonly sentence: string
  /** Whether somebody can have it tried again at once. */
  readonly canTry: boolean
  readonly lag: Figure
  readonly event: Figure
  readonly commit: Figure
  readonly gauge: GaugeTold
}

export interface GaugeTold extends GaugeRange {
  readonly title: string
  /** What the marks below it say, and where: from 0 to 1. */
  readonly marks: readonly { readonly at: number; readonly text: string }[]
  readonly now: string
  /** What it shows besides commits: what waits, or what is not known. */
  readonly rest: 'lag' | 'waiting' | 'unknown' | 'none'
  /** Up to where event time is counted, of what waits; from 0 to 1. */
  readonly countedShare: number | undefined
}

/** What is known besides the facts of the moment. */
export interface FreshnessPast {
  /** Milliseconds of events that are counted in one of the clock. */
  readonly speed: number | undefined
  /** The lag when the server was last heard. */
  readonly heardLagMs: number | undefined
  /** When it is tried again, from now; undefined where it is being tried. */
  readonly retryInMs: number | undefined
}

export function toldFreshness(
  found: FreshnessFound,
  facts: FreshnessFacts,
  past: FreshnessPast,
  text: Text,
): FreshnessTold {
  const { words, numbers } = text
  const { state } = found
  const { commit } = facts
  const plain = (value: string): readonly Amount[] => [{ value, unit: '' }]
  const none = plain(words.panel.none)
  const batch = commit === undefined ? '' : numbers.whole(commit.batch)
  const isToday = (timeMs: number): boolean => numbers.isSameDay(timeMs, facts.nowMs)
  const eventMs = commit?.eventMs
  const { freshness } = words
  return {
    state,
    word: freshness[state],
    sentence: sentenceOf(found, facts, past, text),
    canTry: state === 'disconnected',
    lag: lagFigure(found, facts, past, text),
    event: {
      label: freshness.event,
      amounts: eventMs === undefined ? none : plain(numbers.timeWithSeconds(eventMs)),
      note: eventNote(eventMs, state, isToday, text),
    },
    commit: {
      label: freshness.commit,
      amounts: commit === undefined ? none : plain(numbers.timeWithSeconds(commit.timeMs)),
      note:
        commit === undefined
          ? ''
          : isToday(commit.timeMs)
            ? freshness.commitNote(batch)
            : freshness.commitOn(batch, numbers.shortDate(commit.timeMs)),
    },
    gauge: toldGauge(found, facts, text),
  }
}

function eventNote(
  eventMs: number | undefined,
  state: FreshnessState,
  isToday: (timeMs: number) => boolean,
  { words: { freshness }, numbers }: Text,
): string {
  if (eventMs === undefined) return ''
  if (!isToday(eventMs)) return freshness.eventOn(numbers.shortDate(eventMs))
  return state === 'disconnected' ? freshness.eventKnown : freshness.eventNote
}

function sentenceOf(
  { state, lagMs, quietMs }: FreshnessFound,
  facts: FreshnessFacts,
  { speed, retryInMs }: FreshnessPast,
  { words: { freshness }, numbers }: Text,
): string {
  const { commit, waiting, heardMs, isOffline } = facts
  const fileCount = waiting?.files ?? 0
  const files = numbers.whole(fileCount)
  switch (state) {
    case 'fresh':
      if (commit?.eventMs === undefined) return freshness.counted
      return freshness.countedUpTo(numbers.timeWithSeconds(commit.eventMs))
    case 'quiet':
      if (quietMs === undefined) return freshness.nothingYet
      return waiting === undefined
        ? freshness.nothingKnownFor(numbers.duration(quietMs))
        : freshness.nothingFor(numbers.duration(quietMs))
    case 'catching-up':
      if (fileCount === 0) return freshness.countsLate(numbers.duration(lagMs ?? 0))
      if (speed === undefined || speed <= 0) return freshness.isBehind(fileCount, files)
      if (speed <= 1) return freshness.takes(lagText(speed * 1_000, numbers))
      return freshness.takesUntil(lagText(speed * 1_000, numbers), numbers.duration((lagMs ?? 0) / (speed - 1)))
    case 'stale':
      return quietMs === undefined
        ? freshness.waitsFirst(fileCount, files)
        : freshness.waitsFor(fileCount, files, numbers.duration(quietMs))
    case 'disconnected': {
      const heard = numbers.timeWithSeconds(heardMs)
      if (isOffline) return freshness.offline(heard)
      const trying = retryInMs === undefined ? freshness.trying : freshness.tryingIn(numbers.duration(retryInMs))
      return `${freshness.lastHeard(heard)} ${trying}`
    }
  }
}

function lagFigure(
  { state, lagMs }: FreshnessFound,
  { heardMs }: FreshnessFacts,
  { speed, heardLagMs }: FreshnessPast,
  { words: { freshness }, numbers }: Text,
): Figure {
  const label = freshness.lag
  if (lagMs === undefined) {
    const lag = lagText(heardLagMs ?? 0, numbers)
    const note = heardLagMs === undefined ? '' : freshness.lagWas(lag, numbers.timeWithSeconds(heardMs))
    return { label, amounts: [{ value: freshness.lagUnknown, unit: '' }], note }
  }
  const amounts = numbers.lag(lagMs)
  if (state === 'quiet') return { label, amounts, note: freshness.lagIdle }
  if (state !== 'catching-up' || speed === undefined) return { label, amounts, note: freshness.lagNote }
  return { label, amounts, note: speed > 1 ? freshness.lagShrinking : freshness.lagGrowing }
}

/** A time span with tenths of a second, if it is that short. */
function lagText(lagMs: number, numbers: Numbers): string {
  if (lagMs >= 10_000) return numbers.duration(lagMs)
  return numbers
    .lag(lagMs)
    .map(({ value, unit }) => `${value}\u00a0${unit}`)
    .join(' ')
}

function toldGauge({ state }: FreshnessFound, facts: FreshnessFacts, { words, numbers }: Text): GaugeTold {
  const { nowMs, commit, waiting } = facts
  const { freshness } = words
  const now = freshness.gaugeNow(numbers.timeWithSeconds(nowMs))
  const oldest = waiting?.eventMs ?? nowMs
  if (state === 'catching-up' && commit?.eventMs !== undefined && oldest > commit.eventMs) {
    // Of the events that wait, and as many before them.
    const fromMs = commit.eventMs - (oldest - commit.eventMs)
    return {
      title: freshness.gaugeEvents,
      fromMs,
      toMs: oldest,
      edgeMs: commit.eventMs,
      marks: [
        { at: 0, text: numbers.time(fromMs) },
        { at: 0.5, text: freshness.gaugeCounted(numbers.time(commit.eventMs)) },
      ],
      now: oldest === nowMs ? now : numbers.time(oldest),
      rest: 'waiting',
      countedShare: 0.5,
    }
  }
  const range = gaugeRange(state, nowMs, commit?.timeMs)
  const { fromMs, toMs, edgeMs } = range
  const isMinute = toMs - fromMs <= 60_000
  const at = (timeMs: number): number => (timeMs - fromMs) / (toMs - fromMs)
  const begins = { at: 0, text: isMinute ? numbers.timeWithSeconds(fromMs) : numbers.time(fromMs) }
  const middle = (fromMs + toMs) / 2
  const last = { at: at(edgeMs), text: freshness.gaugeLast(numbers.timeWithSeconds(edgeMs)) }
  const isRecent = state === 'fresh' || state === 'catching-up'
  return {
    ...range,
    title: state === 'disconnected' ? freshness.gaugeUntil : isMinute ? freshness.gaugeMinute : freshness.gaugeMinutes,
    // Two marks that would touch are one.
    marks: isRecent
      ? [begins, { at: 0.5, text: numbers.timeWithSeconds(middle) }]
      : last.at < 0.25 || last.at > 0.7
        ? [begins]
        : [begins, last],
    now,
    rest: state === 'stale' ? 'waiting' : state === 'disconnected' ? 'unknown' : isRecent ? 'lag' : 'none',
    countedShare: undefined,
  }
}
