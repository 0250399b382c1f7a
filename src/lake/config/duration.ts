import { LakeError } from '../../errors.ts'

const UNITS_MS = {
  ms: 1,
  millisecond: 1,
  milliseconds: 1,
  s: 1_000,
  second: 1_000,
  seconds: 1_000,
  m: 60_000,
  minute: 60_000,
  minutes: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  hours: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
  days: 86_400_000,
} as const satisfies Readonly<Record<string, number>>

type Unit = keyof typeof UNITS_MS

/** A number and a unit: `500ms`, `5 seconds`, `1.5 minutes`, `2h`. */
export type Duration = `${number}${Unit}` | `${number} ${Unit}`

/** `5 seconds`, `20s`, `1.5 minutes`, `500ms` in milliseconds. @throws LakeError LAKE_ARGUMENT_INVALID */
export function parseDurationMs(text: string, what: string): number {
  const parts = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text)
  const unit = parts?.[2]?.toLowerCase() ?? ''
  const unitMs = Object.hasOwn(UNITS_MS, unit) ? UNITS_MS[unit as Unit] : undefined
  if (parts === null || unitMs === undefined) {
    throw new LakeError('LAKE_ARGUMENT_INVALID', `${what}: "${text}" is not a duration.`, {
      remedy: 'Write a number and a unit: 500ms, 5 seconds, 1 minute, 2h, 7 days.',
    })
  }
  return Number(parts[1]) * unitMs
}
