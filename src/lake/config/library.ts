// What a config can import from `lakeweir`, with the types. The class `Lake` is added where a lake is opened.

export * from '../../engines/index.ts'
export { type ErrorCode, errorCodes, LakeError } from '../../errors.ts'
export * from '../../serving/copies/index.ts'
export { type EnvironmentValue, env } from '../../serving/environment.ts'
export type { ColumnTypes } from '../../sources/configParts.ts'
export * from '../../sources/index.ts'
export {
  type ColumnsByName,
  type DashboardConfig,
  type DashboardPanelConfig,
  defineLake,
  type FolderType,
  type LakeConfig,
  type LiveConfig,
  type MomentColumn,
  type PartitionColumn,
  type ReferenceConfig,
  type ServerConfig,
  type ServerLimits,
  type StreamConfig,
  type TableConfig,
  type UpkeepConfig,
} from './define.ts'
