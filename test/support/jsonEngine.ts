import { isDeepStrictEqual } from 'node:util'
import type { TableShape } from '../../src/columns.ts'
import { duckdbEngine } from '../../src/engines/duckdb/kind.ts'
import type { BoundEngine } from '../../src/engines/kind.ts'
import {
  assertFits,
  type Check,
  isBoolean,
  isCount,
  isLeftOutOr,
  isListOf,
  isMapOf,
  isNullOr,
  isNumber,
  isObject,
  isRecordOf,
  isText,
  isTime,
} from '../../src/files/json.ts'
import type { FoundColumn } from '../../src/parquet/foreignColumn.ts'
import type {
  DeltaFile,
  DeltaInput,
  ForeignInput,
  GeneratedInput,
  Input,
  SpooledInput,
  TableInput,
} from '../../src/stream/input.ts'
import type {
  CheckPlan,
  Engine,
  EngineLimits,
  Reference,
  SqlFile,
  StagePlan,
  StreamShape,
} from '../../src/tables/engine.ts'
import { checkedResult } from '../../src/tables/engineAnswer.ts'

/** DuckDB's engine, with all that it is told and all that it answers through JSON. */
export const duckdbThroughJson: Pick<BoundEngine, 'open'> = {
  open: async (means) => throughJson(await duckdbEngine.open(means)),
}

/** An engine as it would be in another process: what it is told, and what it answers, goes through JSON. */
function throughJson(engine: Engine): Engine {
  return {
    name: engine.name,
    check: (plan) => engine.check(parsed(plan, isCheckPlan, 'the plan of a check')),
    async stage(plan, signal) {
      const result = await engine.stage(parsed(plan, isStagePlan, 'the plan of a stage'), signal)
      const answer = parsed(result, isObject, 'a result')
      checkedResult(engine.name, plan, answer)
      return answer
    },
    close: () => engine.close(),
  }
}

/** The same from its text, which must say all of it. */
function parsed<T>(value: T, check: Check<unknown>, what: string): T {
  const copy: unknown = JSON.parse(JSON.stringify(value))
  if (!isDeepStrictEqual(copy, value)) throw new Error(`${what} is not plain JSON`)
  assertFits(copy, check, what, { state: '', remedy: '' })
  return copy as T
}

const anything: Check<never> = () => undefined

/** One of several objects, which their `kind` tells apart. */
function isKindOf<T extends { readonly kind: string }>(
  checks: {
    readonly [Kind in T['kind']]: Check<Extract<T, { readonly kind: Kind }>>
  },
): Check<T> {
  return (value, at) => {
    const kind = typeof value === 'object' && value !== null && 'kind' in value ? String(value.kind) : ''
    const check = Object.entries<Check<unknown>>(checks).find(([name]) => name === kind)?.[1]
    return check === undefined ? { at: `${at}.kind`, value, wanted: 'a known kind' } : check(value, at)
  }
}

const isFiles = isListOf(isText)
const isColumns = isMapOf(isText)

const isFound: Check<FoundColumn> = isRecordOf<FoundColumn>({
  name: isText,
  type: isRecordOf<{ readonly kind: string }>({ kind: isText }) as Check<FoundColumn['type']>,
  legacyCalendar: isLeftOutOr(isRecordOf({ key: isText, before: isText })) as Check<never>,
  isFastparquet: isLeftOutOr(isBoolean) as Check<never>,
})

const isInput: Check<Input> = isKindOf<Input>({
  table: isRecordOf<TableInput>({ kind: anything, files: isFiles, columns: isColumns, partitionBy: isFiles }),
  delta: isRecordOf<DeltaInput>({
    kind: anything,
    files: isListOf(
      isRecordOf<DeltaFile>({ file: isText, partitionValues: isMapOf(isNullOr(isText)), deleted: isNullOr(isText) }),
    ),
    columns: isColumns,
    partitionBy: isFiles,
    storedAs: isMapOf(isText),
  }),
  foreign: isRecordOf<ForeignInput>({
    kind: anything,
    groups: isListOf(
      isRecordOf<ForeignInput['groups'][number]>({
        files: isFiles,
        columns: isListOf(isRecordOf({ name: isText, type: isText, found: isLeftOutOr(isFound) as Check<never> })),
      }),
    ),
  }),
  generated: isRecordOf<GeneratedInput>({
    kind: anything,
    first: isCount,
    endExclusive: isCount,
    firstMicros: isNumber,
    stepMicros: isNumber,
    variables: isMapOf(anything),
  }),
  spooled: isRecordOf<SpooledInput>({ kind: anything, format: anything, files: isFiles, columns: isColumns }),
})

const isShape = isRecordOf<StreamShape>({
  relation: isText,
  columns: isColumns,
  select: isNullOr(isRecordOf<SqlFile>({ name: isText, text: isText })),
  rows: anything,
  references: isListOf(isRecordOf<Reference>({ name: isText, file: isText, columns: isColumns, key: isText })),
  tables: isListOf(isRecordOf<TableShape>({ name: isText, columns: isColumns, partitionBy: isFiles })),
})

const isCheckPlan = isRecordOf<CheckPlan>({
  version: anything,
  shape: isShape,
  inputKind: anything,
  variables: isMapOf(anything),
})

const isStagePlan = isRecordOf<StagePlan>({
  version: anything,
  shape: isShape,
  batch: isCount,
  batchTime: isTime,
  input: isInput,
  stagingFolder: isText,
  filePrefix: isText,
  footer: isMapOf(isText),
  limits: isRecordOf<EngineLimits>({ threads: isCount, memory: isText }),
})
