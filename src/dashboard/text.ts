import type { Numbers } from './numbers.ts'
import type { Words } from './words.ts'

/** How the dashboard speaks: its words, and numbers and times as the reader writes them. */
export interface Text {
  readonly words: Words
  readonly numbers: Numbers
}
