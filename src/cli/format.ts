/** A whole number: `1234567` → `1,234,567`. By hand: the first number that Intl writes takes it 10 ms. */
export function count(value: number): string {
  return String(value).replaceAll(/\B(?=(\d{3})+$)/g, ',')
}

/** `1 file`, `2 files`. */
export function plural(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}

const BYTE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** `12345678` bytes → `12.3 MB`. */
export function bytes(value: number): string {
  const power = Math.min(BYTE_UNITS.length - 1, value < 1 ? 0 : Math.floor(Math.log10(value) / 3))
  const scaled = value / 1000 ** power
  return `${power === 0 ? scaled : scaled.toFixed(1)} ${BYTE_UNITS[power]}`
}

/** Milliseconds as `38 ms`, `1.2 s` or `3 m 20 s`. */
export function duration(milliseconds: number): string {
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  if (milliseconds < 60_000) return `${(milliseconds / 1000).toFixed(1)} s`
  return `${Math.floor(milliseconds / 60_000)} m ${Math.round((milliseconds % 60_000) / 1000)} s`
}

/** A rate as `980 rows/s`, `31k rows/s`, `3.2M rows/s`. */
export function rate(rowsPerSecond: number): string {
  if (rowsPerSecond >= 1_000_000) return `${(rowsPerSecond / 1_000_000).toFixed(1)}M rows/s`
  if (rowsPerSecond >= 10_000) return `${Math.round(rowsPerSecond / 1000)}k rows/s`
  return `${count(Math.round(rowsPerSecond))} rows/s`
}
