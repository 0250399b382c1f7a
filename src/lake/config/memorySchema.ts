import { z } from 'zod'
import { LEAST_MEMORY_BYTES } from '../../duckdb/share.ts'
import { SIZE, sizeBytes } from '../../size.ts'

const MAX_MEMORY_BYTES = 1e15

/** A size of memory as a config has it, in bytes. */
export const memory = z
  .string()
  .regex(SIZE, 'must be a size in KB, MB, GB, TB, KiB, MiB, GiB or TiB, not {input}')
  .refine(isAllowedSize, {
    error: `must be from ${LEAST_MEMORY_BYTES / 1e6}MB to ${MAX_MEMORY_BYTES / 1e12}TB, not {input}`,
  })
  .transform((text) => sizeBytes(text) ?? z.NEVER)

function isAllowedSize(text: string): boolean {
  const bytes = sizeBytes(text) ?? 0
  return bytes >= LEAST_MEMORY_BYTES && bytes <= MAX_MEMORY_BYTES
}
