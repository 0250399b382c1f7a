import type { ColumnValues } from '../../columns.ts'
import { assertFits, isCount, isLeftOutOr, isListOf, isMapOf, isNullOr, isRecordOf, isText } from '../../files/json.ts'
import { ANSWER_FAULT, isColumnValues, isStagedPath } from '../../tables/engineAnswer.ts'

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

const isSpokenResult = isRecordOf<SpokenResult>({
  engine: isLeftOutOr(isText),
  references: isLeftOutOr(isMapOf(isText)),
  files: isListOf(
    isRecordOf<SpokenFile>({
      table: isText,
      path: isStagedPath,
      partitionValues: isLeftOutOr(isMapOf(isNullOr(isText))),
      rows: isLeftOutOr(isCount),
      bytes: isLeftOutOr(isCount),
      columns: isLeftOutOr(isMapOf(isColumnValues)),
    }),
  ),
})

/** @throws LakeError LAKE_VALUE_UNEXPECTED naming the engine and the field */
export function assertSpoken(engine: string, answer: unknown): asserts answer is SpokenResult {
  assertFits(answer, isSpokenResult, `the answer of ${engine}`, ANSWER_FAULT)
}
