import type { NonEmpty } from '../tables/table.ts'
import type { DeltaTableConfig } from './delta/config.ts'
import { deltaTableKind } from './delta/kind.ts'
import type { DeltaFolderConfig } from './deltaFolder/config.ts'
import { deltaFolderKind } from './deltaFolder/kind.ts'
import type { GeneratedConfig, GeneratedRunOptions } from './generated/config.ts'
import { generatedKind } from './generated/kind.ts'
import type { SourceKind } from './kind.ts'
import type { ParquetFolderConfig } from './landing/config.ts'
import { parquetFolderKind } from './landing/kind.ts'

// Every kind of source is listed here and nowhere else: its words, its config and the kind itself. The package exports
// what has a name here; the list of kinds is the default export, which `export *` leaves out.

export * from './delta/config.ts'
export * from './deltaFolder/config.ts'
export * from './generated/config.ts'
export * from './landing/config.ts'

export type SourceConfig<Table extends string = string> =
  | GeneratedConfig
  | ParquetFolderConfig
  | DeltaTableConfig<Table>
  | DeltaFolderConfig

/** The options of a run that are for sources. */
export type SourceRunOptions = GeneratedRunOptions

const sourceKinds = [deltaTableKind, deltaFolderKind, parquetFolderKind, generatedKind] as const satisfies NonEmpty<
  SourceKind<SourceRunOptions>
>
export default sourceKinds
