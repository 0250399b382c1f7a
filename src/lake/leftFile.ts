/** A file that stands in a landing folder. */
export interface LeftFile {
  readonly stream: string
  readonly name: string
  /** It cannot be taken, is none to take, or is still to be taken. */
  readonly why: 'rejected' | 'ignored' | 'waiting'
  /** Empty for one that waits. */
  readonly reason: string
}
