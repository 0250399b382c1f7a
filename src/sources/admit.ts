import type { Limits } from '../stream/source.ts'

/** What a limit looks at. */
export interface Sized {
  readonly rows: number
  readonly bytes: number
}

/** The longest start of `files` within the limits; at least one where there is any. */
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
