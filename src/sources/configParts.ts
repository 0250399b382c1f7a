import { z } from 'zod'
import { type ColumnType, columnTypes, isColumnType } from '../columns.ts'

// Parts of a config that occur in more than one place: names, columns and paths. A message continues the key's name;
// {input} stands for the value that was found there.

/** Names that can be used in SQL, in file names and in JSON. */
export const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/
export const NAME_RULE = 'a name has letters, digits and _, and no digit first'

/** File names begin with the stream's name: of the 255 bytes that a disk allows, batch and attempt take 93. */
const MAX_NAME_CHARACTERS = 100
const LENGTH_RULE = `a name has at most ${MAX_NAME_CHARACTERS} characters`

/** A string that is short enough to be a name. */
export const shortText = z.string().max(MAX_NAME_CHARACTERS, LENGTH_RULE)
export const configName = shortText.regex(NAME, NAME_RULE)

/** Column name → DuckDB type. */
export type ColumnTypes = Readonly<Record<string, ColumnType>>

/** Columns with their types, whose names follow a rule. */
export function columnsNamed(rule: z.ZodString) {
  return z
    .record(
      rule,
      z.string().refine(isColumnType, {
        error: 'is {input}, which is not a column type',
        params: { known: columnTypes },
      }),
    )
    .refine((record) => Object.keys(record).length > 0, 'is empty; it needs at least one column')
}

/** The longest name on the file systems of Linux and macOS. */
const MAX_STEP_BYTES = 255

/** The path of a folder of the lake. */
export const belowRoot = z
  .string()
  .regex(/^[^/\\]+(\/[^/\\]+)*$/, 'must be a path below the lake, like bronze/events, not {input}')
  .refine((path) => !path.split('/').some((step) => step === '..' || step === '.'), {
    error: 'must be a path below the lake without . and .., not {input}',
  })
  .refine((path) => !/\p{Cc}/u.test(path), 'must be a path without control characters, not {input}')
  .refine((path) => path.split('/').every((step) => Buffer.byteLength(step) <= MAX_STEP_BYTES), {
    error: `has a folder with a name of more than ${MAX_STEP_BYTES} bytes`,
  })
  .refine((path) => !/^(lake\.sql|\.fresh\.json|\.trash-[^/]*)(\/|$)/i.test(path), {
    error: 'must not be {input}, which Lakeweir uses itself',
  })
