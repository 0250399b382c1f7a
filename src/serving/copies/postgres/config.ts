import type { EnvironmentValue } from '../../environment.ts'

export interface PostgresConfig {
  readonly kind: 'postgres'
  /** `postgresql://user@host/database`; one with a password is better read from the environment. */
  readonly url: string | EnvironmentValue
  /** The schema of the tables; `live` by default. */
  readonly schema?: string
}

/** A copy of the live aggregates in PostgreSQL, for websites that run on many machines. */
export function postgres(options: { url: string | EnvironmentValue; schema?: string }): PostgresConfig {
  return { ...options, kind: 'postgres' }
}
