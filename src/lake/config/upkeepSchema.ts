import { z } from 'zod'
import { SIZE, sizeBytes } from '../../size.ts'

// The shape of `upkeep` in a config. Durations are read in resolveUpkeep.ts.

const [LEAST_FILE_BYTES, MOST_FILE_BYTES] = [1e6, 1e11]

/** The size of a file in bytes. */
const fileSize = z
  .string()
  .regex(SIZE, 'must be a size in KB, MB, GB, TB, KiB, MiB, GiB or TiB, not {input}')
  .transform((text) => sizeBytes(text) ?? z.NEVER)
  .refine((bytes) => bytes >= LEAST_FILE_BYTES && bytes <= MOST_FILE_BYTES, {
    error: `must be from ${LEAST_FILE_BYTES / 1e6}MB to ${MOST_FILE_BYTES / 1e9}GB`,
  })

const COMMITS_RULE = 'must be a whole number of commits from 1, not {input}'
const FILES_RULE = 'must be false or a whole number of files from 2, not {input}'
const MAX_SMALL_FILES = 1_000_000

const settings = z.strictObject({
  byItself: z.boolean().default(true),
  checkpointEvery: z.int(COMMITS_RULE).min(1, COMMITS_RULE).default(100),
  smallFiles: z
    .custom<number | false>((value) => value === false || isFileCount(value), { error: FILES_RULE })
    .default(8),
  fileSize: fileSize.prefault('128MB'),
  keepFiles: z.string().default('7 days'),
  keepLog: z.string().default('30 days'),
  keepArchive: z.string().optional(),
})

/** `false` is short for upkeep that does nothing by itself. */
export const upkeep = z.preprocess((value) => (value === false ? { byItself: false } : value), settings)

function isFileCount(value: unknown): boolean {
  return typeof value === 'number' && Number.isInteger(value) && value >= 2 && value <= MAX_SMALL_FILES
}
