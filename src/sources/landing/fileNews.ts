/** Why a file is not taken, as a person is told of it. */
export interface FileFault {
  readonly sentence: string
  /** Changes where the file does: one that is dropped anew with the same fault is told anew. */
  readonly identity: string
}

/** How many files are told of at once; a folder full of broken ones must not push all else off the screen. */
const MAX_NEWS = 10

/** The faults that were told in a run: each once while its file stays as it is, however often the stream starts. */
export class FileNews {
  #told: ReadonlySet<string> = new Set()

  /** The sentences to tell now, where these are all faults that there are. */
  of(faults: readonly FileFault[]): string[] {
    const news = faults.filter(({ identity }) => !this.#told.has(identity))
    this.#told = new Set(faults.map(({ identity }) => identity))
    const sentences = news.slice(0, MAX_NEWS).map(({ sentence }) => sentence)
    const more = news.length - sentences.length
    return more > 0 ? [...sentences, `does not take ${more} more files; status names them`] : sentences
  }
}
