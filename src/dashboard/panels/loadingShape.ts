import { range } from 'd3-array'
import { scaleLinear } from 'd3-scale'
import { area, curveBasis } from 'd3-shape'

const POINTS = 46

/** The path of a quiet wave that stands where a chart will be, in a box of 100 by 100. It shows no numbers. */
export function loadingWave(): string {
  const x = scaleLinear([0, POINTS - 1], [0, 100])
  const wave = area<number>(
    (at) => x(at),
    100,
    (at) => 46 + 7 * Math.sin(at / 5) - 4 * Math.sin(at / 2.3),
  ).curve(curveBasis)
  return wave(range(POINTS)) ?? ''
}
