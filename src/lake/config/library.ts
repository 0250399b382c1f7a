// What a config finds in `lakeweir`, and what its types are. The class `Lake` joins it where a lake is opened.
export { type ErrorCode, errorCodes, LakeError } from '../../errors.ts'
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
} from './define.ts'
