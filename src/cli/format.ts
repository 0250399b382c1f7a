/** A whole number: `1234567` → `1,234,567`. By hand: the first number that Intl writes takes it 10 ms. */
export function count(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 file`, `2 files`, `2 batches`. */
export function plural(value: number, noun: string): string {
  const ending = noun.endsWith('ch') ? 'es' : 's'
  return `${count(value)} ${noun}${value === 1 ? '' : ending}`
}

export { sizeText as bytes } from '../size.ts'

/** Milliseconds as `38 ms`, `1.2 s`, `3 m 20 s` or `2 h 5 m`. */
export function duration(milliseconds: number): string {
  if (Math.round(milliseconds) < 1000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`
  const seconds = Math.round(milliseconds / 1000)
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${seconds % 60} s`
  const minutes = Math.round(seconds / 60)
  return `${count(Math.floor(minutes / 60))} h ${minutes % 60} m`
}

/** The same in whole seconds, for a time that is shown while it passes. */
export function secondsText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  return seconds < 60 ? `${seconds} s` : duration(seconds * 1000)
}

/** How long ago something was: `now`, `12 s ago`, `5 min ago`, `3 h ago`, `12 days ago`. */
export function ago(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000)
  if (seconds < 1) return 'now'
  if (seconds < 60) return `${seconds} s ago`
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`
  if (seconds < 48 * 3600) return `${Math.floor(seconds / 3600)} h ago`
  return `${count(Math.floor(seconds / 86_400))} days ago`
}

/** A rate as `980 rows/s`, `31k rows/s`, `3.2M rows/s`. */
export function rate(rowsPerSecond: number): string {
  if (rowsPerSecond >= 999_500) return `${(rowsPerSecond / 1_000_000).toFixed(1)}M rows/s`
  if (rowsPerSecond >= 9_999.5) return `${Math.round(rowsPerSecond / 1000)}k rows/s`
  return `${count(Math.round(rowsPerSecond))} rows/s`
}
