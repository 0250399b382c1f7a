import { z } from 'zod'
import type { EnvironmentValue } from '../../serving/environment.ts'

// Values that a config may read from the environment. What was found instead may be a secret: no message contains it.

const named = z.strictObject({ kind: z.literal('env'), name: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/) })

/** A value that only the environment may contain. */
export const environmentValue = z.custom<EnvironmentValue>((value) => named.safeParse(value).success, {
  error: 'must be read from the environment',
  params: { remedy: "Write it like this: env('LAKEWEIR_SECRET')" },
})

/** A value that may also stand in the config. */
export const environmentOrText = z.custom<EnvironmentValue | string>(
  (value) => (typeof value === 'string' ? value !== '' : named.safeParse(value).success),
  { error: "must be a text, or be read from the environment by env('NAME')" },
)
