import type { Value } from '../../client/index.ts'

/** What a value is drawn as; null if it has no place on a scale, as NaN and the infinities have none. */
export function numberOf(value: Value | undefined): number | null {
  if (typeof value === 'number') return Number.isFinite(value) ? value : null
  if (typeof value !== 'string' || value.trim() === '') return null
  const number = Number(value)
  return Number.isFinite(number) ? number : null
}

/** The sum of values as they are to be read: whole numbers beyond 2^53 keep every digit. Null if there is none. */
export function sumOf(values: readonly (Value | undefined)[]): number | string | null {
  let sum = 0
  let isEmpty = true
  for (const value of values) {
    const number = numberOf(value)
    if (number === null) continue
    isEmpty = false
    sum += number
  }
  if (isEmpty) return null
  const isExact = Number.isSafeInteger(sum) && !values.some(isLongInteger)
  if (isExact || !values.every(isIntegerOrMissing)) return sum
  return values.reduce<bigint>((total, value) => total + (isInteger(value) ? BigInt(value) : 0n), 0n).toString()
}

function isInteger(value: Value | undefined): value is number | string {
  return typeof value === 'number' ? Number.isSafeInteger(value) : typeof value === 'string' && /^-?\d+$/.test(value)
}

function isIntegerOrMissing(value: Value | undefined): boolean {
  return isInteger(value) || numberOf(value) === null
}

function isLongInteger(value: Value | undefined): boolean {
  return typeof value === 'string' && isInteger(value)
}

/** The lowest and the highest of some values; undefined if there is none. */
export function extentOf(lists: readonly (readonly (number | null)[])[]): readonly [number, number] | undefined {
  let least = Number.POSITIVE_INFINITY
  let most = Number.NEGATIVE_INFINITY
  for (const values of lists) {
    for (const value of values) {
      if (value === null) continue
      if (value < least) least = value
      if (value > most) most = value
    }
  }
  return least > most ? undefined : [least, most]
}

/** The mean of a value and its neighbours; none from beyond a gap, and null where the value itself is missing. */
export function meanOf(values: readonly (number | null)[], width: number): readonly (number | null)[] {
  const reach = Math.floor(width / 2)
  return values.map((own, index) => {
    if (own === null) return null
    let sum = own
    let count = 1
    for (const direction of [-1, 1]) {
      for (let away = 1; away <= reach; away++) {
        const near = values[index + direction * away]
        if (near === null || near === undefined) break
        sum += near
        count += 1
      }
    }
    return sum / count
  })
}
