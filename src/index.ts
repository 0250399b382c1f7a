export type { ColumnType } from './delta/schema.ts'
export type { Parameter, Parameters } from './duckdb/parameters.ts'
export type { Result } from './duckdb/session.ts'
export type { JsonValue, Row } from './duckdb/values.ts'
export { type ErrorCode, errorCodes, LakeError } from './errors.ts'
export {
  type ColumnsByName,
  type ColumnTypes,
  type DeltaTableConfig,
  defineLake,
  deltaTable,
  type FolderType,
  type GeneratedConfig,
  generated,
  type LakeConfig,
  type ParquetFolderConfig,
  type PartitionColumn,
  parquetFolder,
  pool,
  type ReferenceConfig,
  type SourceConfig,
  type StreamConfig,
  type TableConfig,
} from './lake/config/define.ts'
export type { Duration } from './lake/config/duration.ts'
export type { EmptiedRows, EmptiedTable, Emptying, KeptArchive } from './lake/emptying.ts'
export type { EmptyOptions } from './lake/fresh.ts'
export { Lake, type OpenOptions } from './lake/lake.ts'
export type { LeftFile } from './lake/leftFile.ts'
export type { LakeQuery, ParquetOptions, QueryOptions, QueryResult } from './lake/queries.ts'
export type { RunOptions, StreamFailure } from './lake/run.ts'
export type { GenerateOptions } from './lake/sources.ts'
export type { LakeStatus, StreamStatus, TableStatus } from './lake/status.ts'
export type { StreamValidation, Validation } from './lake/validate.ts'
export type { Pool } from './sources/generated/pools.ts'
export type { BatchDurations, BatchProgress } from './stream/progress.ts'
export type { Limits, Offset } from './stream/source.ts'
export type { Rows } from './tables/engine.ts'
export type { LastError } from './tables/lastError.ts'
