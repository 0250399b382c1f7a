// What a config can import from `lakeweir`, with the types. The class `Lake` is added where a lake is opened.
export { type ErrorCode, errorCodes, LakeError } from '../../errors.ts'
export type { ColumnTypes } from '../../sources/configParts.ts'
export * from '../../sources/index.ts'
export {
  type ColumnsByName,
  defineLake,
  type FolderType,
  type LakeConfig,
  type PartitionColumn,
  type ReferenceConfig,
  type StreamConfig,
  type TableConfig,
} from './define.ts'
