import type { Session } from '../../duckdb/session.ts'
import { statOf } from '../../files/read.ts'
import type { Reference } from '../../tables/engine.ts'
import { loadReference } from '../../tables/loadReference.ts'
import type { LiveModel } from '../model.ts'

interface Loaded {
  readonly hash: string
  /** Of the file: while it is the same, the file need not be read. */
  readonly identity: string
}

/** The reference files that models join, each as a temporary table of its name in the session that writes the store. */
export class LoadedReferences {
  readonly #session: Session
  readonly #references: ReadonlyMap<string, Reference>
  readonly #loaded = new Map<string, Loaded>()

  constructor(session: Session, models: readonly LiveModel[]) {
    this.#session = session
    this.#references = new Map(
      models.flatMap((model) => model.references.map((reference) => [reference.name, reference])),
    )
  }

  /** Loads what has changed. @throws LakeError LAKE_REFERENCE_INVALID */
  async load(): Promise<void> {
    for (const [name, reference] of this.#references) {
      const stats = await statOf(reference.file)
      const identity = [stats?.ino, stats?.size, stats?.mtimeMs, stats?.ctimeMs].join(':')
      const loaded = this.#loaded.get(name)
      if (loaded?.identity === identity) continue
      this.#loaded.delete(name) // a load that fails may leave another table
      this.#loaded.set(name, { identity, hash: await loadReference(this.#session, reference, loaded?.hash) })
    }
  }

  /** The hashes of the files that a model joins. */
  hashesOf({ references }: LiveModel): string[] {
    return references.map(({ name }) => this.#loaded.get(name)?.hash ?? '')
  }
}
