import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Client } from 'pg'
import { LakeError, messageOf } from '../../../errors.ts'
import type { ChangedRow, CopyChanges, CopyPosition, CopyTarget, CopyWriter, ModelChanges } from '../copy.ts'
import { connect, copyError, cutConnection, loadCopyFrom, nameOf } from './connection.ts'
import {
  applyStaged,
  copyInto,
  copyIntoStaged,
  createStaged,
  createTable,
  createTimeIndex,
  createView,
  dropTable,
  dropView,
  forgetModel,
  type KeptTable,
  LOCK,
  makeSchemas,
  markBeingBuilt,
  notify,
  readDamaged,
  readHolder,
  readNumbers,
  writeCursor,
  writeModel,
} from './statements.ts'
import { readCopy, type StoredCopy } from './stored.ts'
import { postgresType } from './types.ts'

/** PostgreSQL cuts longer names off, in bytes; what we add to a model's name has room beside it. */
const MAX_NAME_BYTES = 63
const MAX_MODEL_BYTES = 52
const OUR_COLUMNS: ReadonlySet<string> = new Set(['_key', '_batch', '_is_gone'])

/** A copy in a database of PostgreSQL, in the schemas `live` and `live_kept`. */
export function postgresTarget(url: string): CopyTarget {
  let connected: Client | undefined
  const onConnected = (client: Client): void => {
    connected = client
  }
  return {
    name: nameOf(url),
    assertFits,
    open: () => PostgresWriter.open(url, onConnected),
    cut: () => connected && cutConnection(connected),
  }
}

function assertFits({ name, columns }: Pick<ModelChanges, 'name' | 'columns'>): void {
  const fail = (what: string): never => {
    throw new LakeError('LAKE_CONFIG_INVALID', `model ${name} cannot be copied to PostgreSQL: ${what}.`, {
      state: 'The store keeps it, and nothing was changed in the copy.',
    })
  }
  if (Buffer.byteLength(name) > MAX_MODEL_BYTES) fail(`its name has more than ${MAX_MODEL_BYTES} bytes`)
  for (const [column, type] of Object.entries(columns)) {
    if (OUR_COLUMNS.has(column)) fail(`its column ${column} has a name that the copy itself uses`)
    if (Buffer.byteLength(column) > MAX_NAME_BYTES) fail(`the name of its column ${column} has over 63 bytes`)
    if (postgresType(type) === undefined) fail(`its column ${column} is ${type}, which the copy cannot hold`)
  }
}

/** A table that takes the place of others. */
interface Replaced {
  readonly table: KeptTable
  /** What was written down of the model; undefined where nothing was. */
  readonly old: KeptTable | undefined
  /** The numbers of all tables that there were of it. */
  readonly numbers: readonly number[]
}

type CopyFrom = Awaited<ReturnType<typeof loadCopyFrom>>

class PostgresWriter implements CopyWriter {
  readonly #url: string
  readonly #client: Client
  readonly #copyFrom: CopyFrom

  private constructor(url: string, client: Client, copyFrom: CopyFrom) {
    this.#url = url
    this.#client = client
    this.#copyFrom = copyFrom
  }

  static async open(url: string, onConnected: (client: Client) => void): Promise<PostgresWriter> {
    const copyFrom = await loadCopyFrom()
    const client = await connect(url, `lakeweir live, process ${process.pid}`)
    onConnected(client)
    const writer = new PostgresWriter(url, client, copyFrom)
    try {
      await writer.#lock()
      await client.query(makeSchemas)
      return writer
    } catch (cause) {
      await writer.close()
      throw copyError(url, cause)
    }
  }

  async position(): Promise<CopyPosition | undefined> {
    const stored = await this.#stored()
    if (stored.position === undefined) return undefined
    const { lake, generation, batch } = stored.position
    const damaged = await this.#damaged()
    const whole = [...stored.models].filter(([name, { isBuilt }]) => isBuilt && !damaged.has(name))
    return { lake, generation, batch, models: new Map(whole.map(([name, { build }]) => [name, build])) }
  }

  async write(changes: CopyChanges): Promise<void> {
    try {
      await this.#client.query('BEGIN')
      await this.#writeIn(changes, await this.#stored())
      await this.#client.query('COMMIT') // everything of these changes, or nothing
    } catch (cause) {
      await this.#client.query('ROLLBACK').catch(() => undefined) // without a connection, nothing was committed
      throw copyError(this.#url, cause)
    }
  }

  async close(): Promise<void> {
    await this.#client.end().catch(() => undefined) // its connection may be gone already
  }

  async #lock(): Promise<void> {
    const { rows } = await this.#client.query<{ locked: string }>(`SELECT pg_try_advisory_lock(${LOCK}) AS locked`)
    if (rows[0]?.locked === 't') return
    const holder = (await this.#client.query<{ name: string; address: string }>(readHolder)).rows[0]
    const who = holder === undefined ? 'another program' : `${holder.name} at ${holder.address}`
    throw new LakeError('LAKE_COPY_HELD', `the copy in ${nameOf(this.#url)} is written by ${who}.`, {
      state: 'Nothing was changed there.',
      remedy: 'A database holds one copy: stop the other program, or give this lake a database of its own.',
      canRetry: true,
    })
  }

  #stored(): Promise<StoredCopy> {
    return readCopy(this.#client)
  }

  /** The models of which something was dropped or emptied by others. */
  async #damaged(): Promise<ReadonlySet<string>> {
    const { rows } = await this.#client.query<{ name: string }>(readDamaged)
    return new Set(rows.map(({ name }) => name))
  }

  /** Asserts that changes are changes of what is there: what was emptied must not get later rows alone. */
  async #assertUnchanged({ models }: CopyChanges, stored: StoredCopy): Promise<void> {
    const continued = models.filter(({ isWhole }) => !isWhole)
    if (continued.length === 0) return
    const damaged = await this.#damaged()
    const other = continued.find(({ name, build }) => {
      return stored.position === undefined || stored.models.get(name)?.build !== build || damaged.has(name)
    })
    if (other === undefined) return
    const copy = `the copy in ${nameOf(this.#url)}`
    throw new LakeError('LAKE_COPY_FAILED', `${copy} was emptied by another program: ${other.name} is not whole.`, {
      state: 'Nothing was written there.',
      remedy: 'Nothing has to be done: what is missing there is written again.',
      canRetry: true,
    })
  }

  async #writeIn(changes: CopyChanges, stored: StoredCopy): Promise<void> {
    const { lake, position, models, building } = changes
    await this.#assertUnchanged(changes, stored)
    const client = this.#client
    const replaced: Replaced[] = []
    for (const model of models) {
      const old = stored.models.get(model.name)
      const numbers = model.isWhole ? await this.#numbersOf(model.name) : []
      const number = model.isWhole || old === undefined ? Math.max(0, ...numbers) + 1 : old.number
      const table = { model: model.name, number, columns: model.columns }
      if (model.isWhole) {
        await this.#writeWhole(table, model)
        replaced.push({ old, numbers, table })
      } else {
        await this.#writeChanged(table, model)
      }
      const columns = JSON.stringify(model.columns)
      if (model.isWhole) await client.query(writeModel, [model.name, model.build, number, columns])
    }
    // Last, because readers of a view wait from here to the end.
    for (const each of replaced) await this.#show(each)
    await client.query(markBeingBuilt, [building])
    const kept = new Set([...models.map(({ name }) => name), ...building])
    for (const old of [...stored.models.values()].filter(({ model }) => !kept.has(model))) await this.#remove(old)
    const { generation, batch, batchTimeMs, takenMs, newestEventMs } = position
    await client.query(writeCursor, [lake, generation, batch, batchTimeMs, takenMs, newestEventMs ?? null])
    await client.query(notify, [String(batch)])
  }

  async #writeWhole(table: KeptTable, model: ModelChanges): Promise<void> {
    await this.#client.query(createTable(table))
    await this.#copy(copyInto(table), model, ({ key, batch, values }) => [key, String(batch), ...values])
    const index = createTimeIndex(table)
    if (index !== undefined) await this.#client.query(index)
  }

  async #writeChanged(table: KeptTable, model: ModelChanges): Promise<void> {
    await this.#client.query(createStaged(table))
    await this.#copy(copyIntoStaged(table), model, ({ key, batch, isGone, values }) => [
      key,
      String(batch),
      ...values,
      String(isGone),
    ])
    for (const statement of applyStaged(table)) await this.#client.query(statement)
  }

  /** Shows a new table in its model's view, which keeps its privileges unless its columns have changed. */
  async #show({ table, old, numbers }: Replaced): Promise<void> {
    const { model } = table
    if (old !== undefined && !haveSameColumns(old, table)) await this.#client.query(dropView(model))
    await this.#client.query(createView(table))
    for (const number of numbers) await this.#client.query(dropTable({ model, number }))
  }

  async #numbersOf(model: string): Promise<number[]> {
    const { rows } = await this.#client.query<{ number: string }>(readNumbers, [model])
    return rows.map(({ number }) => Number(number))
  }

  async #remove(old: KeptTable): Promise<void> {
    for (const statement of [dropView(old.model), dropTable(old)]) await this.#client.query(statement)
    await this.#client.query(forgetModel, [old.model])
  }

  async #copy(statement: string, model: ModelChanges, fields: (row: ChangedRow) => readonly (string | null)[]) {
    const lines = async function* (): AsyncGenerator<string> {
      try {
        for await (const rows of model.rows()) {
          yield rows.map((row) => `${fields(row).map(copyField).join('\t')}\n`).join('')
        }
      } catch (cause) {
        throw unreadError(model, cause)
      }
    }
    await pipeline(Readable.from(lines()), this.#client.query(this.#copyFrom(statement)))
  }
}

function unreadError({ name }: ModelChanges, cause: unknown): LakeError {
  if (cause instanceof LakeError) return cause
  return new LakeError('LAKE_COPY_FAILED', `model ${name} could not be read from the store: ${messageOf(cause)}`, {
    cause,
    state: 'The copy is as its last whole transaction left it.',
    canRetry: true,
  })
}

function haveSameColumns(one: KeptTable, other: KeptTable): boolean {
  return JSON.stringify(Object.entries(one.columns)) === JSON.stringify(Object.entries(other.columns))
}

/** A value in COPY's text format: PostgreSQL's manual, "COPY", "Text Format". */
function copyField(value: string | null): string {
  if (value === null) return '\\N'
  return value.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character] ?? character)
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
