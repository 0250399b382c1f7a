import type { Column, PanelHead, Value } from '../../client/index.ts'

// What columns and values are called.

type Named = Pick<PanelHead, 'headings' | 'labels'>

/** What a column is called: as the header says, or its name as words. */
export function headingOf({ headings }: Named, column: string): string {
  if (Object.hasOwn(headings, column)) return headings[column] ?? column
  const words = column.replaceAll('_', ' ').trim()
  return words === '' ? column : words.charAt(0).toUpperCase() + words.slice(1)
}

/** What a value is called where the header has another name for it. */
export function labelOf({ labels }: Named, value: Value): string | undefined {
  const text = value === null ? null : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return labels.find((one) => one.value === text)?.label
}

/** The unit of a column: its own, or that of all measures. */
export function unitOf(
  { unit, units, y, before, compared }: Pick<PanelHead, 'unit' | 'units' | 'y' | 'before' | 'compared'>,
  column: string,
): string | null {
  if (Object.hasOwn(units, column)) return units[column] ?? null
  return y.includes(column) || column === before || column === compared ? unit : null
}

/** Whether a column holds amounts. All other whole numbers are names: they have no separators. */
export function isMeasure(
  { y, before, compared, units }: Pick<PanelHead, 'y' | 'before' | 'compared' | 'units'>,
  column: Column,
): boolean {
  const { name, type } = column
  const isNamed = y.includes(name) || name === before || name === compared || Object.hasOwn(units, name)
  return isNamed || FRACTIONS.test(type)
}

/** Numbers with decimal places: nobody names things by them. */
const FRACTIONS = /^(FLOAT|DOUBLE|DECIMAL\(\d+, ?[1-9]\d*\))$/

/** Whether rows can be narrowed to a value by a click. NULL has no place in an address. */
export function canFilter({ filters }: Pick<PanelHead, 'filters'>, column: string | null, value: Value): boolean {
  return value !== null && typeof value !== 'object' && filters.some(({ name }) => name === column)
}
