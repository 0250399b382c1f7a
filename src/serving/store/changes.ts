import type { Session } from '../../duckdb/session.ts'
import { CHANGED_ROWS, changedBatches, changedRows } from '../../duckdb/sql/copiedModels.ts'
import { beginTransaction, rollbackTransaction } from '../../duckdb/sql/liveStore.ts'
import type { Sql } from '../../duckdb/sql/sql.ts'
import { type JsonValue, requiredText, safeInteger } from '../../duckdb/values.ts'
import type { ChangedRow, CopyChanges, CopyPosition, CopySource, ModelChanges } from '../copies/copy.ts'
import type { ServedModel } from '../reader.ts'
import { readStoreCursor } from './head.ts'
import type { KeptModel } from './keptModel.ts'

/** What copies need of the store. */
export interface CopiedStore {
  /** As errors name it. */
  readonly file: string
  readonly lakeFolder: string
  connect(): Promise<Session>
  /** As they are now. */
  models(): readonly KeptModel[]
  /** The model of the batches. */
  readonly batches: ServedModel
  onCommit(listener: () => void): () => void
}

/** Batches that the store has forgotten go from a copy after at most so many further ones. */
const BATCHES_UNTIL_WHOLE = 10_000

/** What copies have not got yet, each read in a session of its own while batches are taken. */
export class StoreChanges implements CopySource {
  readonly #store: CopiedStore

  constructor(store: CopiedStore) {
    this.#store = store
  }

  onCommit(listener: () => void): () => void {
    return this.#store.onCommit(listener)
  }

  async changesSince<T>(
    position: CopyPosition | undefined,
    use: (changes: CopyChanges) => Promise<T>,
  ): Promise<T | undefined> {
    const session = await this.#store.connect()
    try {
      await session.run(beginTransaction)
      const changes = await this.#changes(session, position)
      const used = changes && (await use(changes))
      await session.run(rollbackTransaction)
      return used
    } finally {
      await session.end()
    }
  }

  async #changes(session: Session, position: CopyPosition | undefined): Promise<CopyChanges | undefined> {
    const { file, lakeFolder, batches } = this.#store
    // The first statement that looks at the store fixes what the others see.
    const { taken } = await readStoreCursor(session, file)
    if (taken === undefined) return undefined
    const { served, streamId } = taken
    const known = this.#store.models()
    const models = known.filter(({ isBuilt }) => isBuilt)
    if (position !== undefined && isAsNew(position, served.generation, served.batch, models)) return undefined
    // Without them, somebody has emptied what the copy had of the batches.
    const hasBatches = position?.models.get(batches.name) === served.generation
    const since = hasBatches && !isTimeForWhole(position.batch, served.batch) ? position.batch : undefined
    return {
      lake: lakeFolder,
      position: served,
      building: known.filter(({ isBuilt }) => !isBuilt).map(({ name }) => name),
      models: [
        ...models.map((model) => changesOf(session, model, position)),
        {
          ...batches,
          build: served.generation,
          isWhole: since === undefined,
          rows: () => rowsOf(session, changedBatches(batches.columns, streamId, served.batch, since)),
        },
      ],
    }
  }
}

function isAsNew(position: CopyPosition, generation: string, batch: number, models: readonly KeptModel[]): boolean {
  const isSame = models.every(({ name, stored }) => position.models.get(name) === stored.build)
  // One more: the batches.
  return (
    isSame &&
    position.models.size === models.length + 1 &&
    position.generation === generation &&
    position.batch === batch
  )
}

function isTimeForWhole(before: number, now: number): boolean {
  return Math.floor(before / BATCHES_UNTIL_WHOLE) !== Math.floor(now / BATCHES_UNTIL_WHOLE)
}

function changesOf(
  session: Session,
  { name, model, stored }: KeptModel,
  position: CopyPosition | undefined,
): ModelChanges {
  const isSame = position !== undefined && position.models.get(name) === stored.build
  const isKnown = isSame && stored.knownAfter !== undefined && position.batch >= stored.knownAfter
  const after = isKnown ? position.batch : undefined
  return {
    name,
    build: stored.build,
    columns: model.columns,
    isWhole: after === undefined,
    rows: () => rowsOf(session, changedRows(model, model.resultOf(CHANGED_ROWS), after)),
  }
}

async function* rowsOf(session: Session, query: Sql): AsyncGenerator<readonly ChangedRow[]> {
  for await (const result of session.results(query)) {
    for (let rows = await result.next(); rows !== undefined; rows = await result.next()) yield rows.map(changedRow)
  }
}

function changedRow([key, batch, isGone, ...values]: readonly JsonValue[]): ChangedRow {
  return {
    key: requiredText(key, 'the key of a group'),
    batch: safeInteger(batch, 'the batch of a group'),
    isGone: isGone === true,
    values: values.map((value) => (value === null ? null : requiredText(value, 'a value of a group'))),
  }
}
