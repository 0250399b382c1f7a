// Which names in a folder count.

/** Whether a name is ignored: such a file is still being written, or is about the files beside it. */
export function isHidden(name: string): boolean {
  return /^[_.]/.test(name)
}

export function isParquet(name: string): boolean {
  return name.endsWith('.parquet')
}
