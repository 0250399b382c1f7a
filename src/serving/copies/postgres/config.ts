import type { EnvironmentValue } from '../../environment.ts'

export interface PostgresConfig {
  readonly kind: 'postgres'
  /** `postgresql://user@host/database`; one with a password is better read from the environment. */
  readonly url: string | EnvironmentValue
}

/** A copy of the live models in PostgreSQL, for many web servers; its views are in the schema `live`. */
export function postgres(options: { url: string | EnvironmentValue }): PostgresConfig {
  return { ...options, kind: 'postgres' }
}
