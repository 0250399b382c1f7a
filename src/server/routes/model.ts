import { z } from 'zod'
import type { ServedModel, ServedRows, ServingReader } from '../../serving/reader.ts'
import type { Clock, Timer } from '../../stream/clock.ts'
import { suggestion } from '../../words.ts'
import { positionBody, positionOf } from '../answers.ts'
import type { ServerRoute } from '../parts.ts'
import { ProblemError } from '../problem.ts'
import { cutOff, entityTag, grantOf, isUnchanged, problemAnswer } from './answering.ts'

const NDJSON = 'application/x-ndjson'

/** A reader of a whole model that takes nothing for so long is cut off: it holds a state of the store. */
const MAX_STALL_MS = 60_000

const headLine = z.strictObject({
  model: z.string(),
  columns: z.record(z.string(), z.string()).meta({ description: "Column → DuckDB's name of its type." }),
  position: positionBody,
})
const rowLine = z.array(z.unknown()).meta({ description: 'A row: values in the order of the columns.' })
const endLine = z
  .strictObject({ rows: z.int() })
  .meta({ description: 'The last line; without it something is missing.' })

/** What each line of a whole model is. */
export const modelLine = z.union([headLine, rowLine, endLine])

export const modelRoute: ServerRoute = {
  path: '/api/models/:name',
  summary: 'All rows of a model at one batch.',
  parameters: [{ name: 'name', in: 'path', describes: 'The model.', schema: z.string(), isRequired: true }],
  answers: {
    200: { describes: 'A head, a line a row, and an end.', content: { [NDJSON]: modelLine } },
    304: { describes: 'Nothing has changed since the ETag that was sent.' },
    401: problemAnswer('A token is missing.'),
    403: problemAnswer('The token does not grant whole models.'),
    404: problemAnswer('There is no such model.'),
    503: problemAnswer('It cannot be answered now.'),
  },
  handle: async (context, { reader, watch, clock, log }) => {
    if (!grantOf(context).mayReadModels) throw new ProblemError(403, 'This token does not grant whole models.')
    const model = modelNamed(reader, context.req.param('name') ?? '')
    const headersAt = ({ generation, batch }: { readonly generation: string; readonly batch: number }) => ({
      ETag: entityTag(`${generation}.${batch}.${model.name}`, 'ndjson'),
      'Cache-Control': 'private, no-cache, no-transform',
      'Content-Type': NDJSON,
    })
    if (watch.current === undefined) {
      throw new ProblemError(503, 'No batch has been taken yet.', { headers: { 'Retry-After': '1' } })
    }
    const known = headersAt(watch.current)
    if (isUnchanged(context, known.ETag)) return context.body(null, 304, known)
    const pieces = reader.model(model.name)
    // What fails before the first rows is still an answer; later it can only be cut off.
    const { value: first } = await pieces.next()
    const at = first?.position ?? watch.current
    const head = {
      model: model.name,
      columns: first === undefined ? model.columns : columnsOf(first),
      position: positionOf(at),
    }
    if (context.req.method === 'HEAD') {
      await pieces.return(undefined) // nobody would read it to its end, or leave it
      return context.body(null, 200, headersAt(at))
    }
    const lines = linesOf(head, first, pieces, clock, (reason) => cutOff(context, log, reason))
    return context.body(lines, 200, headersAt(at))
  },
}

type Piece = Omit<ServedRows, 'isCut'>

function columnsOf({ columns, types }: Piece): Readonly<Record<string, string>> {
  return Object.fromEntries(columns.map((name, index) => [name, types[index] ?? '']))
}

/** @throws ProblemError 404 */
function modelNamed({ models }: ServingReader, name: string): ServedModel {
  const model = models.find((each) => each.name === name)
  if (model !== undefined) return model
  const names = models.map((each) => each.name)
  throw new ProblemError(404, 'There is no model of this name.', { detail: suggestion(name, names) })
}

/**
 * The lines of a model, read as fast as they are taken.
 * @param cutOff  ends the connection, so that nobody takes what was sent for the whole
 */
function linesOf(
  head: z.infer<typeof headLine>,
  first: Piece | undefined,
  pieces: AsyncGenerator<Piece>,
  clock: Clock,
  cutOff: (reason: unknown) => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder()
  const textOf = (lines: readonly unknown[]): Uint8Array =>
    encoder.encode(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  let rows = 0
  let next: Piece | undefined = first
  let stall: Timer | undefined
  let isFreed = false
  const free = async (): Promise<void> => {
    isFreed = true
    stall?.cancel()
    await pieces.return(undefined)
  }
  const push = async (stream: ReadableStreamDefaultController<Uint8Array>): Promise<void> => {
    stall?.cancel()
    if (next === undefined) {
      stream.enqueue(textOf([{ rows }]))
      stream.close()
      return
    }
    rows += next.rows.length
    stream.enqueue(textOf(next.rows))
    next = (await pieces.next()).value ?? undefined
    if (isFreed) return // whoever asked has left meanwhile
    stall = clock.after(MAX_STALL_MS, () => {
      cutOff(new Error(`nothing was taken for ${MAX_STALL_MS / 1_000} s`))
      void free()
    })
  }
  return new ReadableStream<Uint8Array>(
    {
      start: (stream) => stream.enqueue(textOf([head])),
      pull: (stream) => push(stream).catch(cutOff),
      cancel: free,
    },
    { highWaterMark: 1 },
  )
}
