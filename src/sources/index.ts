import type { NonEmpty } from '../tables/table.ts'
import type { DeltaTableConfig } from './delta/config.ts'
import { deltaTableKind } from './delta/kind.ts'
import type { GeneratedConfig, GeneratedRunOptions } from './generated/config.ts'
import { generatedKind } from './generated/kind.ts'
import type { SourceKind } from './kind.ts'
import type { ParquetFolderConfig } from './landing/config.ts'
import { parquetFolderKind } from './landing/kind.ts'

// Every kind of source stands here, and nowhere else: its words, its config and itself. The package passes on
// what has a name here; the list of kinds is the default export, which `export *` leaves out.

export * from './delta/config.ts'
export * from './generated/config.ts'
export * from './landing/config.ts'

export type SourceConfig<Table extends string = string> =
  | GeneratedConfig
  | ParquetFolderConfig
  | DeltaTableConfig<Table>

/** What the kinds of sources take from the options of a run. */
export type SourceRunOptions = GeneratedRunOptions

const sourceKinds = [deltaTableKind, parquetFolderKind, generatedKind] as const satisfies NonEmpty<
  SourceKind<SourceRunOptions>
>
export default sourceKinds
