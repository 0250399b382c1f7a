import type { Session } from '../../duckdb/session.ts'
import { createServed, insertServed, SERVED_ROWS, TYPE_NAME } from '../../duckdb/sql/servedRows.ts'
import type { JsonValue } from '../../duckdb/values.ts'
import { LakeError, messageOf } from '../../errors.ts'
import { assertFits, fits, isCount, isMapOf, isMatching, isRecordOf, isText, parsedJson } from '../../files/json.ts'
import type { ServedPosition, ServingReader } from '../../serving/reader.ts'
import type { ModelServer } from './modelServer.ts'

// Whole models of a process that has the store open: DuckDB lets no other process read the file meanwhile.

/** All rows of a model at one position. */
export interface WholeModel {
  readonly name: string
  /** Name → DuckDB's name of the type. */
  readonly columns: Readonly<Record<string, string>>
  readonly position: Pick<ServedPosition, 'generation' | 'batch'>
  readonly pieces: AsyncIterable<readonly (readonly JsonValue[])[]>
}

/** So many rows are written in one statement. */
const ROWS_AT_ONCE = 5_000

/** Puts a model into the database that stands for the store. */
export async function loadModel(session: Session, { name, columns, pieces }: WholeModel): Promise<void> {
  await session.run(createServed(name, columns))
  let rows: (readonly JsonValue[])[] = []
  const write = async (): Promise<void> => {
    await session.setVariable(SERVED_ROWS, JSON.stringify(rows))
    await session.run(insertServed(name, columns))
    rows = []
  }
  for await (const piece of pieces) {
    rows.push(...piece)
    if (rows.length >= ROWS_AT_ONCE) await write()
  }
  if (rows.length > 0) await write()
}

const isHead = isRecordOf<{
  readonly columns: Readonly<Record<string, string>>
  readonly position: Pick<ServedPosition, 'generation' | 'batch'>
}>({
  columns: isMapOf(isMatching(TYPE_NAME, 'the name of a type')),
  position: isRecordOf({ generation: isText, batch: isCount }),
})

/**
 * Asks a server for a model.
 * @throws LakeError LAKE_QUERY_FAILED
 */
export async function modelOfServer(server: ModelServer, name: string, signal: AbortSignal): Promise<WholeModel> {
  const lines = linesOf(server, name, signal)
  const { value: first = '' } = await lines.next()
  const head = parsedJson(first, placeOf(server), DAMAGE)
  assertFits(head, isHead, placeOf(server), DAMAGE)
  return { name, ...head, pieces: rowsIn(lines, server, name) }
}

const isEnd = isRecordOf<{ readonly rows: number }>({ rows: isCount })

const DAMAGE = { state: 'Nothing was changed.', remedy: 'Use the same version of Lakeweir for both processes.' }

function placeOf({ processId, address }: ModelServer): string {
  return `the answer of process ${processId} at ${address}`
}

/** The rows of an answer; its last line says how many there are, so that one that was cut off is noticed. */
async function* rowsIn(
  lines: AsyncGenerator<string>,
  server: ModelServer,
  name: string,
): AsyncGenerator<readonly (readonly JsonValue[])[]> {
  let count = 0
  for await (const line of lines) {
    const row = parsedJson(line, placeOf(server), DAMAGE)
    if (Array.isArray(row)) {
      count += 1
      yield [row as readonly JsonValue[]]
    } else if (fits(row, isEnd) && row.rows === count) return
    else break
  }
  throw failed(server, name, `it ended after ${count} rows`)
}

async function* linesOf(server: ModelServer, name: string, signal: AbortSignal): AsyncGenerator<string> {
  try {
    const response = await fetch(`${server.address}/api/models/${encodeURIComponent(name)}`, {
      headers: { Accept: 'application/x-ndjson', Authorization: `Bearer ${server.key}` },
      signal,
    })
    if (!response.ok || response.body === null) throw failed(server, name, await reasonIn(response))
    let rest = ''
    for await (const text of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = `${rest}${text}`.split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
    if (rest !== '') yield rest
  } catch (cause) {
    if (cause instanceof LakeError) throw cause
    throw failed(server, name, messageOf(cause instanceof Error && cause.cause instanceof Error ? cause.cause : cause))
  }
}

async function reasonIn(response: Response): Promise<string> {
  const text = await response.text()
  try {
    const problem: unknown = JSON.parse(text)
    const { detail, title } = problem as Record<string, unknown>
    if (typeof detail === 'string') return detail
    if (typeof title === 'string') return title
  } catch {
    // It is no JSON.
  }
  return `it answered with status ${response.status}`
}

function failed({ processId, address }: ModelServer, name: string, reason: string): LakeError {
  return new LakeError(
    'LAKE_QUERY_FAILED',
    `live.${name} cannot be read from process ${processId}, which runs live, at ${address}: ${reason}.`,
    { canRetry: true, remedy: 'Try again; or stop that process, then models are read from their store.' },
  )
}

/** A model of the store that this process has open. */
export async function modelOfReader(reader: ServingReader, name: string): Promise<WholeModel> {
  const pieces = reader.model(name)
  const first = await pieces.next()
  if (first.done === true) throw new RangeError('a model has at least one piece, which may have no rows')
  const { columns, types, position } = first.value
  return {
    name,
    columns: Object.fromEntries(columns.map((column, index) => [column, types[index] ?? ''])),
    position,
    pieces: (async function* () {
      yield first.value.rows
      for await (const { rows } of pieces) yield rows
    })(),
  }
}
