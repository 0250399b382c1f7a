/** Bytes by unit, as DuckDB counts them: by thousands, or by 1,024 where the unit has an i. */
const UNITS_BYTES = {
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
  TiB: 1024 ** 4,
} as const satisfies Readonly<Record<string, number>>

type Unit = keyof typeof UNITS_BYTES

/** A number and a unit: `512MB`, `1.5 GiB`. */
export type Size = `${number}${Unit}` | `${number} ${Unit}`

/** How a size is written. */
export const SIZE = /^\s*(\d+(?:\.\d+)?)\s*([kmgt]i?b)\s*$/i

/** `8GB`, `512 MiB`, `1.5gb` in whole bytes; undefined for anything else. */
export function sizeBytes(text: string): number | undefined {
  const [, digits, found = ''] = SIZE.exec(text) ?? []
  const unit = Object.entries(UNITS_BYTES).find(([name]) => name.toLowerCase() === found.toLowerCase())
  return unit === undefined ? undefined : Math.floor(Number(digits) * unit[1])
}

const TEXT_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** `12345678` bytes → `12.3 MB`. */
export function sizeText(bytes: number): string {
  const power = Math.min(TEXT_UNITS.length - 1, bytes < 1 ? 0 : Math.floor(Math.log10(bytes) / 3))
  const scaled = bytes / 1000 ** power
  return `${power === 0 ? scaled : scaled.toFixed(1)} ${TEXT_UNITS[power]}`
}
