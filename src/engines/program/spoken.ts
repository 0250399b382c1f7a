import type { ColumnValues, ValueBounds } from '../../columns.ts'
import { LakeError } from '../../errors.ts'
import {
  assertFits,
  isCount,
  isLeftOutOr,
  isListOf,
  isMapOf,
  isMatching,
  isNullOr,
  isRecordOf,
  isText,
} from '../../files/json.ts'

/** What a program says about a batch. It may leave out what the files themselves say. */
export interface SpokenResult {
  readonly engine: string | undefined
  readonly references: Readonly<Record<string, string>> | undefined
  readonly files: readonly SpokenFile[]
}

export interface SpokenFile {
  readonly table: string
  readonly path: string
  readonly partitionValues: Readonly<Record<string, string | null>> | undefined
  readonly rows: number | undefined
  readonly bytes: number | undefined
  readonly columns: Readonly<Record<string, ColumnValues>> | undefined
}

/** The state and remedy for an answer that is not what its plan asked for. */
const FAULT = {
  state: 'Nothing was published.',
  remedy: 'Run the stream with another version of that engine, and report this to its maker.',
}

/** A relative path that stays where it is: no step is empty, `.` or `..`, and none has a NUL. */
const PATH = /^(?!\.{1,2}(?:\/|$))[^/\0]+(?:\/(?!\.{1,2}(?:\/|$))[^/\0]+)*$/

const isColumnValues = isRecordOf<ColumnValues>({
  nulls: isNullOr(isCount),
  bounds: isNullOr(isRecordOf<ValueBounds>({ min: isText, max: isText })),
})

const isSpokenResult = isRecordOf<SpokenResult>({
  engine: isLeftOutOr(isText),
  references: isLeftOutOr(isMapOf(isText)),
  files: isListOf(
    isRecordOf<SpokenFile>({
      table: isText,
      path: isMatching(PATH, 'a path below the staging folder'),
      partitionValues: isLeftOutOr(isMapOf(isNullOr(isText))),
      rows: isLeftOutOr(isCount),
      bytes: isLeftOutOr(isCount),
      columns: isLeftOutOr(isMapOf(isColumnValues)),
    }),
  ),
})

/** @throws LakeError LAKE_VALUE_UNEXPECTED naming the engine and the field */
export function assertSpoken(engine: string, answer: unknown): asserts answer is SpokenResult {
  assertFits(answer, isSpokenResult, `the answer of ${engine}`, FAULT)
}

/** @param what  a sentence about an answer without its full stop */
export function fault(what: string, cause?: unknown): LakeError {
  return new LakeError('LAKE_VALUE_UNEXPECTED', `${what}.`, { cause, ...FAULT })
}
