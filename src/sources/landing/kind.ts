import { z } from 'zod'
import type { Columns } from '../../columns.ts'
import type { Session } from '../../duckdb/session.ts'
import { ensureFolder } from '../../files/folders.ts'
import { fits } from '../../files/json.ts'
import type { Offset } from '../../stream/source.ts'
import { belowRoot, columnsNamed } from '../configParts.ts'
import { type BoundSource, PLAIN_SOURCE, type SourcePlace, type StreamPlan, sourceKind } from '../kind.ts'
import { archivedBefore, archiveOf } from './archive.ts'
import { chosenFiles } from './chosenFiles.ts'
import { namesIn } from './claims.ts'
import type { AfterCommit } from './config.ts'
import { emptyingOf } from './emptying.ts'
import { isLandingOffset } from './feed.ts'
import { lookAtLanding } from './look.ts'
import { type LandingFolderOptions, LandingFolderSource } from './source.ts'

/** A column's name in a file: any name, because a stream's SELECT can rename it. */
const foreignName = z.string().regex(/^[^\0]+$/, 'a column has a name without NUL')

const afterCommitWord = z.enum(['archive', 'delete']).optional()

/** The Parquet files of a folder. */
export const parquetFolderKind = sourceKind({
  word: 'parquetFolder',
  example: "parquetFolder('landing')",
  keyExamples: {},
  relation: 'landing',
  schema: z.strictObject({
    kind: z.literal('parquetFolder'),
    path: belowRoot,
    columns: columnsNamed(foreignName).optional(),
    afterCommit: afterCommitWord,
    afterwards: afterCommitWord.meta({ deprecated: true }),
  }),
  bind: (config, stream): BoundSource => {
    const { path } = config
    const columns = columnsOf(config.columns, stream)
    const afterCommit = afterCommitOf(config, stream)
    const optionsIn = (place: SourcePlace): LandingFolderOptions => {
      const { disk, clock, root: lakeFolder, checkpoint } = place
      const connect = (): Promise<Session> => place.connect()
      return { folder: place.below(path), columns, checkpoint, lakeFolder, connect, clock, disk, afterCommit }
    }
    return {
      ...PLAIN_SOURCE,
      relation: 'landing',
      columns,
      input: 'foreign',
      folder: { path, takes: '.parquet files' },
      landedFiles: namesIn,
      chosen: (place, files, about) => chosenFiles(optionsIn(place), files, about),
      rangeText,
      measures: { files: true, lag: false },
      open: async (place) => {
        await ensureFolder(place.disk, place.root, place.below(path))
        return new LandingFolderSource(optionsIn(place))
      },
      keptBefore: async (place, timeMs) => ({
        folder: archiveOf(place.below(path)),
        files: await archivedBefore(place.below(path), timeMs),
      }),
      look: async (place) => lookAtLanding(place.below(path), place.checkpoint),
      emptying: emptyingOf(path, afterCommit),
    }
  },
})

function rangeText(start: Offset | null, end: Offset): string | undefined {
  if (!fits(end, isLandingOffset)) return undefined
  const files = end.files - (start !== null && fits(start, isLandingOffset) ? start.files : 0)
  return `${files} file${files === 1 ? '' : 's'}`
}

function columnsOf(declared: Columns | undefined, { place, into, hasSelect, fail }: StreamPlan): Columns {
  if (declared !== undefined) {
    assertNamesDiffer(`${place}.columns`, declared, fail)
    return declared
  }
  if (!hasSelect) return into[0].columns
  return fail(
    place,
    "needs columns: with a select, the columns of the files may differ from the table's.",
    "Write it like this: parquetFolder('landing', { columns: { seen_at: 'TIMESTAMPTZ', name: 'VARCHAR' } })",
  )
}

/** DuckDB ignores case in column names. */
function assertNamesDiffer(place: string, columns: Columns, fail: StreamPlan['fail']): void {
  const names = new Set<string>()
  for (const name of Object.keys(columns)) {
    if (names.has(name.toLowerCase())) fail(place, `has ${name} twice; column names are not case-sensitive.`)
    names.add(name.toLowerCase())
  }
}

interface AfterCommitKeys {
  readonly afterCommit?: AfterCommit | undefined
  readonly afterwards?: AfterCommit | undefined
}

/** The value, whichever of the two names it has. */
function afterCommitOf({ afterCommit, afterwards }: AfterCommitKeys, { place, fail, note }: StreamPlan): AfterCommit {
  if (afterwards === undefined) return afterCommit ?? 'archive'
  if (afterCommit !== undefined && afterCommit !== afterwards) {
    fail(place, `has afterCommit "${afterCommit}" and afterwards "${afterwards}".`, 'Leave out afterwards.')
  }
  note(`${place} has the key afterwards, which is called afterCommit now; the next version refuses the old name`)
  return afterwards
}
