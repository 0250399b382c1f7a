import { nothing, svg, type TemplateResult } from 'lit'

// Pieces of drawings that stretch with their panel: all places are shares of its width and height.

/** A share as SVG has it; a hundredth of a per cent is finer than any screen. */
export function percent(share: number): string {
  return `${Math.round(share * 1e4) / 100}%`
}

/** A line from top to bottom. */
export function upright(kind: string, at: number): TemplateResult {
  return svg`<line class=${kind} x1=${percent(at)} x2=${percent(at)} y1="0" y2="100%"></line>`
}

/** A line from side to side; 0 is at the top. */
export function level(kind: string, at: number): TemplateResult {
  return svg`<line class=${kind} x1="0" x2="100%" y1=${percent(at)} y2=${percent(at)}></line>`
}

export interface Stretch {
  readonly kind: string
  readonly from: number
  readonly to: number
  /** By which a click finds it. */
  readonly part?: string
}

/** Pieces of a bar, side by side, with a seam between two of them. */
export function barOf(stretches: readonly Stretch[]): TemplateResult {
  const pieces = stretches.map(({ kind, from, to, part }) => {
    const width = percent(to - from)
    return svg`<rect class=${kind} data-part=${part ?? nothing} x=${percent(from)} width=${width} height="100%"></rect>`
  })
  return svg`${pieces}${stretches.slice(1).map(({ from }) => upright('seam', from))}`
}
