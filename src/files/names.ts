// Which names in a folder count.

/** A name that begins so is nobody's business: what is being written, or is about the files beside it. */
export function isHidden(name: string): boolean {
  return /^[_.]/.test(name)
}

export function isParquet(name: string): boolean {
  return name.endsWith('.parquet')
}
