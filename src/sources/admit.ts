import type { Limits } from '../stream/source.ts'

/** What the limits count. */
export interface Sized {
  readonly rows: number
  readonly bytes: number
}

/** As many of `files`, from the first on, as the limits allow; at least one if there is any. */
export function admit<F extends Sized>(files: readonly F[], limits: Limits): F[] {
  const admitted: F[] = []
  let rows = 0
  let bytes = 0
  for (const file of files) {
    rows += file.rows
    bytes += file.bytes
    const isOver = rows > limits.maxRows || bytes > limits.maxBytes || admitted.length >= limits.maxFiles
    if (isOver && admitted.length > 0) break
    admitted.push(file)
  }
  return admitted
}
