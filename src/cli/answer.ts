import { existsSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import type { ResultHead } from '../duckdb/result.ts'
import type { JsonValue } from '../duckdb/values.ts'
import { LakeError, messageOf, systemCodeOf } from '../errors.ts'
import { count, plural } from './format.ts'
import type { ResultWriter } from './result.ts'
import type { ResultForm } from './resultForm.ts'
import type { Terminal } from './terminal.ts'
import { cut } from './text.ts'

/** A result whose rows are read some at a time. */
export interface AnswerRows extends ResultHead {
  readonly hasRows: boolean
  next(): Promise<readonly (readonly JsonValue[])[] | undefined>
  countRest(budgetMs: number): Promise<{ readonly rows: number; readonly isAll: boolean }>
}

/** What there is to write: the results of statements, each read before the next is asked for. */
export interface Answer {
  readonly results: () => AsyncIterable<AnswerRows>
  /** Writes the last result to a Parquet file. @returns its rows */
  readonly writeParquet: (file: string, limit: number | undefined) => Promise<number>
}

/** This many rows of a table are shown on a terminal if nothing else is asked for. */
const TERMINAL_ROWS = 100

/** Writes an answer to stdout, or to a file: then the whole of it or nothing. */
export async function writeAnswer(answer: Answer, form: ResultForm, terminal: Terminal): Promise<void> {
  if (form.file === undefined) return printAnswer(answer, form, terminal)
  const { replaceOutput, writePieces } = await import('../files/output.ts')
  const path = resolve(form.file)
  let rows = 0
  try {
    await replaceOutput(path, async (file) => {
      if (form.form === 'parquet') {
        rows = await answer.writeParquet(file, form.limit)
        return
      }
      const pieces = textOf(answer, form, (more) => {
        rows += more
      })
      await writePieces(file, pieces)
    })
  } catch (cause) {
    throw cause instanceof LakeError ? cause : outputError(path, cause)
  }
  terminal.note(`${plural(rows, 'row')} in ${form.file}`)
}

/** The text of the only result. */
async function* textOf(answer: Answer, form: ResultForm, onRows: (count: number) => void): AsyncGenerator<string> {
  let writer: ResultWriter | undefined
  for await (const result of answer.results()) {
    if (!result.hasRows) continue
    if (writer !== undefined) {
      throw new LakeError('LAKE_USAGE', 'the query has several results, where only one is allowed.', {
        remedy: 'Run its statements one by one.',
      })
    }
    writer = await writerFor(result, form, undefined)
    for await (const { rows } of firstRows(result, form.limit)) {
      onRows(rows.length)
      yield writer.rows(rows)
    }
  }
  if (writer === undefined) {
    throw new LakeError('LAKE_USAGE', 'the query returns no rows that could be written.', {
      remedy: 'End it with a SELECT.',
    })
  }
  yield writer.end()
}

async function printAnswer(answer: Answer, form: ResultForm, terminal: Terminal): Promise<void> {
  const isTerminal = terminal.dataWidth !== undefined
  const limit = form.limit ?? (isTerminal && form.form === 'table' && !form.isAll ? TERMINAL_ROWS : undefined)
  let isFirst = true
  for await (const result of answer.results()) {
    if (!result.hasRows) continue
    const writer = await writerFor(result, form, terminal.dataWidth)
    // JSON lines are told apart by their keys, and an empty line is not one of them.
    if (!isFirst && form.form !== 'ndjson') await terminal.text('\n')
    isFirst = false
    let shown = 0
    let surplus = 0
    for await (const { rows, beyond } of firstRows(result, limit)) {
      shown += rows.length
      surplus = beyond
      await terminal.text(writer.rows(rows))
      if (terminal.isClosed) return
    }
    await terminal.text(writer.end())
    if (isTerminal && shown === limit) await tellRest(result, surplus, terminal)
    if (isTerminal && shown === 0) terminal.note('no rows')
  }
}

async function tellRest(result: AnswerRows, surplus: number, terminal: Terminal): Promise<void> {
  const rest = await result.countRest(terminal.countMs)
  const rows = surplus + rest.rows
  if (rows === 0 && rest.isAll) return
  const number = rest.isAll ? count(rows) : `more than ${count(rows)}`
  const noun = rows === 1 && rest.isAll ? 'row' : 'rows'
  const text = `… and ${number} more ${noun}; --all shows them, --output FILE writes them`
  terminal.data(cut(text, terminal.dataWidth ?? Number.POSITIVE_INFINITY))
}

/** Rows that were read together, and how many came with them beyond a limit. */
interface SomeRows {
  readonly rows: readonly (readonly JsonValue[])[]
  readonly beyond: number
}

/** The rows of a result up to a limit. */
async function* firstRows(result: AnswerRows, limit = Number.POSITIVE_INFINITY): AsyncGenerator<SomeRows> {
  let room = limit
  while (room > 0) {
    const rows = await result.next()
    if (rows === undefined) return
    const within = rows.slice(0, room)
    room -= within.length
    yield { rows: within, beyond: rows.length - within.length }
  }
}

async function writerFor(head: ResultHead, form: ResultForm, width: number | undefined): Promise<ResultWriter> {
  if (form.form === 'parquet') throw new Error('Parquet is written by DuckDB')
  const { resultWriter } = await import('./result.ts')
  return resultWriter(form.form, head, width)
}

/** Why a file cannot be written, if its path is to blame. */
const PATH_FAULTS: Readonly<Record<string, (path: string) => string>> = {
  ENOENT: (path) => `there is no folder ${dirname(path)} to write ${basename(path)} to.`,
  ENOTDIR: (path) => `${dirname(path)} is not a folder, so ${basename(path)} cannot be written there.`,
  EISDIR: (path) => `${path} is a folder; name a file.`,
  ENAMETOOLONG: (path) => `${path} is too long a name for a file.`,
  EACCES: (path) => `${path} may not be written by this user.`,
  EPERM: (path) => `${path} may not be written by this user.`,
  EROFS: (path) => `${path} is on a disk that may only be read.`,
}

function outputError(path: string, cause: unknown): LakeError {
  const code = systemCodeOf(cause) ?? ''
  const fault = PATH_FAULTS[code]
  // A folder that exists may still take no file: those of /proc say ENOENT.
  const isKnown = code !== 'ENOENT' || !existsSync(dirname(path))
  if (fault !== undefined && isKnown) return new LakeError('LAKE_USAGE', fault(path), { cause })
  const isFull = code === 'ENOSPC' || code === 'EDQUOT'
  return new LakeError('LAKE_DISK_FAILED', `${path} cannot be written: ${messageOf(cause)}`, {
    cause,
    state: 'What stood there before still does, and the lake is as it was.',
    remedy: `${isFull ? 'Free space' : 'Check the disk'} there, or write elsewhere: --output FILE`,
  })
}
