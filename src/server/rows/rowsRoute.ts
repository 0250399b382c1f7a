import type { Context } from 'hono'
import { z } from 'zod'
import { parseTimeMs } from '../../lake/config/time.ts'
import { suggestion } from '../../words.ts'
import type { Grant } from '../grant.ts'
import { isoOf } from '../panels/panelAnswers.ts'
import type { ServerEnv, ServerRoute } from '../parts.ts'
import { ProblemError } from '../problem.ts'
import { grantOf, problemAnswer } from '../routes/answering.ts'
import type { ShownTables } from './shownTables.ts'
import { type FoundRows, type RowsAsked, UnfitFilter } from './tableRows.ts'

const MAX_ROWS = 100
const MAX_VALUES = 100
const MAX_VALUE_CHARACTERS = 1_000

/** What cannot be the name of a column to look by. */
const OWN = ['from', 'to', 'batch', 'limit', 'null'] as const

const rowsBody = z
  .strictObject({
    table: z.string(),
    version: z.int().meta({ description: "The version of the table's log; -1 while it has none." }),
    columns: z.array(z.strictObject({ name: z.string(), type: z.string() })),
    rows: z.array(z.array(z.json())).meta({ description: 'The newest first. A long text ends in ….' }),
    isCut: z.boolean().meta({ description: 'Whether there are more.' }),
  })
  .meta({ id: 'Rows' })

/** The newest rows of the tables that the config lets people look at. */
export function rowsRoute(tables: ShownTables): ServerRoute {
  return {
    path: '/api/rows/:table',
    summary: 'The newest rows of a table.',
    parameters: [
      { name: 'table', in: 'path', describes: 'The table.', schema: z.string(), isRequired: true },
      { name: 'from', in: 'query', describes: 'The earliest time of a row.', schema: z.iso.datetime() },
      { name: 'to', in: 'query', describes: 'What all times are before.', schema: z.iso.datetime() },
      { name: 'batch', in: 'query', describes: 'The batch that wrote a row.', schema: z.int().min(0) },
      { name: 'limit', in: 'query', describes: 'At most this many rows.', schema: z.int().min(1).max(MAX_ROWS) },
      { name: 'null', in: 'query', describes: 'A column that may be NULL.', schema: z.string() },
    ],
    answers: {
      200: { describes: 'The rows.', content: { 'application/json': rowsBody } },
      400: problemAnswer('A parameter does not exist, or cannot have this value.'),
      401: problemAnswer('A token is missing.'),
      403: problemAnswer('The token does not grant this.'),
      404: problemAnswer('There is no such table to look at.'),
      503: problemAnswer('Too many ask for rows.'),
      504: problemAnswer('It takes too long.'),
    },
    handle: async (context) => {
      const name = context.req.param('table') ?? ''
      const grant = grantOf(context)
      const shown = tables.names.filter((table) => grant.rows === 'all' || grant.rows.has(table))
      const columns = tables.columnsOf(name)
      if (columns === undefined || !shown.includes(name)) {
        throw new ProblemError(404, 'There is no table of this name to look at.', { detail: suggestion(name, shown) })
      }
      const asked = narrowed(rowsAsked(new URL(context.req.url).searchParams), grant, columns)
      const found = await tables.newest(name, asked).catch(refuse)
      return answerRows(context, name, found)
    },
  }
}

/** @throws ProblemError 400 */
function rowsAsked(query: URLSearchParams): RowsAsked {
  const filters = new Map<string, { values: string[]; orNull: boolean }>()
  const filterOf = (column: string): { values: string[]; orNull: boolean } => {
    const filter = filters.get(column) ?? { values: [], orNull: false }
    filters.set(column, filter)
    return filter
  }
  for (const [name, value] of query) {
    if (value.length > MAX_VALUE_CHARACTERS) throw new ProblemError(400, `The value of "${name}" is too long.`)
    if (name === 'null') filterOf(value).orNull = true
    else if (!OWN.some((own) => own === name)) filterOf(name).values.push(value)
  }
  const count = [...filters.values()].reduce((sum, { values }) => sum + values.length, 0)
  if (count > MAX_VALUES) throw new ProblemError(400, `There are ${count} values; ${MAX_VALUES} are the most.`)
  const [from, to] = [timeOf(query, 'from'), timeOf(query, 'to')]
  return { filters, from, to, batch: batchIn(query), limit: limitOf(query) }
}

function single(query: URLSearchParams, name: string): string | undefined {
  const [value, ...more] = query.getAll(name)
  if (more.length > 0) throw new ProblemError(400, `"${name}" is given more than once.`, { detail: 'Leave one out.' })
  return value
}

function timeOf(query: URLSearchParams, name: string): string | undefined {
  const text = single(query, name)
  if (text === undefined) return undefined
  const timeMs = parseTimeMs(text)
  if (timeMs !== undefined) return new Date(timeMs).toISOString()
  throw new ProblemError(400, `"${name}" is not a time.`, {
    detail: 'Write 2026-11-22 or 2026-11-22T10:00:00Z; in an address, a + is written %2B.',
  })
}

function batchIn(query: URLSearchParams): number | undefined {
  const text = single(query, 'batch')
  if (text === undefined) return undefined
  if (/^\d{1,15}$/.test(text)) return Number(text)
  throw new ProblemError(400, '"batch" is not the number of a batch.', { detail: 'It is a whole number, such as 7.' })
}

function limitOf(query: URLSearchParams): number {
  const text = single(query, 'limit') ?? String(MAX_ROWS)
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (limit >= 1 && limit <= MAX_ROWS) return limit
  throw new ProblemError(400, '"limit" is not a number of rows.', { detail: `It is from 1 to ${MAX_ROWS}.` })
}

/**
 * What is asked for, within what a token fixes: a filter by the column of its name.
 * @throws ProblemError 403
 */
function narrowed(asked: RowsAsked, { fixed }: Grant, columns: readonly string[]): RowsAsked {
  const filters = new Map(asked.filters)
  for (const [column, allowed] of fixed) {
    if (!columns.includes(column)) {
      throw new ProblemError(403, `The rows of this table cannot be narrowed to the "${column}" of this token.`)
    }
    const { values, orNull } = filters.get(column) ?? { values: allowed, orNull: false }
    if (orNull || !values.every((value) => allowed.includes(value))) {
      throw new ProblemError(403, `This token does not grant that value of "${column}".`)
    }
    filters.set(column, { values, orNull })
  }
  return { ...asked, filters }
}

function refuse(error: unknown): never {
  if (!(error instanceof UnfitFilter)) throw error
  const { column, reason, columns } = error
  if (reason === 'unknown') {
    const names = columns.map(({ name }) => name)
    throw new ProblemError(400, `The table has no column "${column}".`, {
      detail: suggestion(column, [...names, ...OWN]),
    })
  }
  const what = reason === 'type' ? 'cannot be looked for' : 'is not of the type of its column'
  throw new ProblemError(400, `A value of "${column}" ${what}.`)
}

/** Characters that are plain in JSON and mean something where it is put into a page or a script by mistake. */
const MEANT_ELSEWHERE = /[<>&\u2028\u2029]/g

function answerRows(
  context: Context<ServerEnv>,
  table: string,
  { columns, rows, isCut, version }: FoundRows,
): Response {
  const isTime = columns.map(({ type }) => type === 'TIMESTAMPTZ')
  const body = {
    table,
    version,
    columns,
    rows: rows.map((row) => row.map((value, index) => (isTime[index] === true ? isoOf(value) : value))),
    isCut,
  }
  const json = JSON.stringify(body).replace(
    MEANT_ELSEWHERE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  return context.body(json, 200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' })
}
