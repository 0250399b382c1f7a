/** What a panel is drawn from, as far as it matters here. */
export interface Drawable {
  readonly view: { readonly nowMs: number }
}

/** Parts of the view that no drawing of values shows. */
const UNSEEN = ['nowMs', 'freshness']

/**
 * Whether a panel would be drawn the same from both: most updates are of other panels, or of the clock alone.
 * @param clockMs  how often what is drawn by the clock changes
 */
export function isSameDrawing<Input extends Drawable>(
  before: Input | undefined,
  now: Input | undefined,
  clockMs: number,
): boolean {
  if (before === undefined || now === undefined) return before === now
  const isSameTime = Math.floor(before.view.nowMs / clockMs) === Math.floor(now.view.nowMs / clockMs)
  return isSameTime && hasSameParts(before, now, ['view']) && hasSameParts(before.view, now.view, UNSEEN)
}

function hasSameParts(before: object, now: object, except: readonly string[]): boolean {
  const [was, is] = [new Map(Object.entries(before)), new Map(Object.entries(now))]
  return [...was.keys(), ...is.keys()].every((part) => except.includes(part) || was.get(part) === is.get(part))
}
