import { extentOf } from '../../charts/cells.ts'
import { type DayValues, dayPlaces } from '../../charts/dayValues.ts'
import { bandPath, linePath } from '../../charts/paths.ts'

/** The line below a number, in hundredths of its width and height. */
export interface SparkLine {
  readonly area: string
  readonly today: string
  readonly before: string
  /** Where today's line ends; undefined if there is none. */
  readonly end: { readonly x: number; readonly y: number } | undefined
}

/** What the drawing is stretched from: enough that a tenth of a unit is less than a pixel. */
export const SPARK_WIDTH = 1_000
export const SPARK_HEIGHT = 100

/** The highest value leaves some room above it. */
const HEADROOM = 1.05

export function sparkLine(day: DayValues): SparkLine {
  const { values, before } = day
  const [least, most] = extentOf([values, before]) ?? [0, 1]
  const low = Math.min(0, least)
  const high = most > low ? low + (most - low) * HEADROOM : low + 1
  const placesOf = (line: readonly (number | null)[]): ((index: number) => number) => {
    const place = dayPlaces(day, line)
    return (index) => place(index) * SPARK_WIDTH
  }
  const x = placesOf(values)
  const y = (value: number): number => SPARK_HEIGHT - ((value - low) / (high - low)) * SPARK_HEIGHT
  const last = values.findLastIndex((value) => value !== null)
  const end = values[last]
  return {
    area: bandPath(
      values.map(() => low),
      values,
      x,
      y,
      { width: SPARK_WIDTH / 200 },
    ),
    today: linePath(values, x, y),
    before: linePath(before, placesOf(before), y),
    end: end === null || end === undefined ? undefined : { x: x(last), y: y(end) },
  }
}
