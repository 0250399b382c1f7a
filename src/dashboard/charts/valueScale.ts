/** Values from `low` to `high`, both round, with the round values between them. */
export interface ValueScale {
  readonly low: number
  readonly high: number
  readonly ticks: readonly number[]
}

/** A third of a scale is one of these times a power of ten. */
const ROUND_STEPS = [1, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10] as const

/** Three intervals: enough to read a value by, few enough not to be looked at. */
const INTERVALS = 3

/** Below this share of the highest value, the lowest is near enough to zero that the scale begins there. */
const NEAR_ZERO = 0.5

/**
 * The scale of some values by round numbers.
 * @param about  whether lengths from zero are compared, as in an area: the scale then has a zero
 */
export function valueScaleOf(
  [least, most]: readonly [number, number],
  about: { readonly hasZero: boolean; readonly isWhole: boolean },
): ValueScale {
  const isNear = least >= 0 ? least <= most * NEAR_ZERO : most < 0 && most >= least * NEAR_ZERO
  const low = about.hasZero || isNear ? Math.min(0, least) : least
  const high = about.hasZero || isNear ? Math.max(0, most) : most
  const spread = high - low
  const smallest = about.isWhole ? 1 : smallestStep(high, low)
  let step = roundStep(Math.max(spread / INTERVALS, smallest), about.isWhole)
  // A scale that does not begin at zero begins at a round value, and may then be a step too short.
  let bottom = Math.floor(low / step) * step
  while (bottom + INTERVALS * step < high - spread * 1e-9) {
    step = roundStep(step * 1.001, about.isWhole)
    bottom = Math.floor(low / step) * step
  }
  const ticks = Array.from({ length: INTERVALS + 1 }, (_, index) => tidy(bottom + index * step))
  return { low: ticks[0] ?? 0, high: ticks[INTERVALS] ?? 1, ticks }
}

/** Where all values are equal, a step that is still a difference beside them. */
function smallestStep(high: number, low: number): number {
  const size = Math.max(Math.abs(high), Math.abs(low))
  return size === 0 ? 1 / INTERVALS : size * 1e-6
}

function roundStep(atLeast: number, isWhole: boolean): number {
  const power = 10 ** Math.floor(Math.log10(atLeast))
  const step = ROUND_STEPS.find(
    (each) => each * power >= atLeast * (1 - 1e-9) && (!isWhole || isWholeStep(each * power)),
  )
  return tidy((step ?? 10) * power)
}

function isWholeStep(step: number): boolean {
  return Number.isInteger(tidy(step))
}

/** Without the last digits that adding fractions leaves behind. */
function tidy(value: number): number {
  return Number(value.toPrecision(12))
}

/** A scale that is in use, and since when a smaller one would do. */
export interface HeldScale {
  readonly scale: ValueScale
  readonly isSmallerSinceMs: number | undefined
  /** What is drawn: another range or filter begins with a scale of its own. */
  readonly subject: string
}

/** How long a scale stays larger than it must be, so that it does not jump to and fro. */
const SHRINKS_AFTER_MS = 10_000

/** The scale to draw with: it grows at once and shrinks after 10 s. */
export function heldScale(
  held: HeldScale | undefined,
  needed: ValueScale,
  { subject, nowMs }: { readonly subject: string; readonly nowMs: number },
): HeldScale {
  const fresh = { scale: needed, isSmallerSinceMs: undefined, subject }
  if (held === undefined || held.subject !== subject) return fresh
  const fits = needed.low >= held.scale.low && needed.high <= held.scale.high
  const isSame = needed.low === held.scale.low && needed.high === held.scale.high
  if (!fits || isSame) return fresh
  const isSmallerSinceMs = held.isSmallerSinceMs ?? nowMs
  return nowMs - isSmallerSinceMs >= SHRINKS_AFTER_MS ? fresh : { ...held, isSmallerSinceMs }
}
