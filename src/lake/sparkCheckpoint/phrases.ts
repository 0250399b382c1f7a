/** A number as a sentence shows it. */
export function count(value: number): string {
  return value.toLocaleString('en-US')
}

/** `1 file`, `2,000 files`. */
export function counted(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`
}
