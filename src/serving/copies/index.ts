import type { PostgresConfig } from './postgres/config.ts'

// Every kind of copy is listed here and nowhere else: its words and its config.

export * from './postgres/config.ts'

export type CopyConfig = PostgresConfig
