/** Why a file is not taken, as it is reported. */
export interface FileFault {
  readonly sentence: string
  /** Changes when the file does: if it is dropped again with the same fault, it is reported again. */
  readonly identity: string
}

/** How many files are reported at once: a folder full of broken ones must not fill the screen. */
const MAX_NEWS = 10

/** Reports each fault once in a run while its file does not change, however often the stream starts. */
export class FileNews {
  #told: ReadonlySet<string> = new Set()

  /** The sentences to report now. @param faults  all that there are */
  of(faults: readonly FileFault[]): string[] {
    const news = faults.filter(({ identity }) => !this.#told.has(identity))
    this.#told = new Set(faults.map(({ identity }) => identity))
    const sentences = news.slice(0, MAX_NEWS).map(({ sentence }) => sentence)
    const more = news.length - sentences.length
    return more > 0 ? [...sentences, `does not take ${more} more files; status names them`] : sentences
  }
}
