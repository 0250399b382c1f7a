import { join } from 'node:path'
import { NAME, NAME_RULE } from '../../sources/configParts.ts'
import type { Fail } from '../../sources/kind.ts'
import { suggestion } from '../../words.ts'
import type { CheckedCopy } from './liveSchema.ts'
import type { RelationNames } from './relationNames.ts'
import type { LakeStream } from './resolveStreams.ts'
import { readFolder } from './resolveViews.ts'
import type { CheckedConfig } from './schema.ts'
import { assertInputsKnown, type ContractedSql } from './sqlFile.ts'

/** The stream that keeps the live aggregates, and the schema in which SQL finds them. */
export const LIVE = 'live'

/** Relations that a store always has beside its models. */
const KEPT_BESIDE: readonly string[] = ['batches']

/** A file of live aggregates: a model or a panel, as its header and text are, not yet analysed. */
export interface LiveFile extends ContractedSql {
  /** What SQL, addresses and people call it. */
  readonly called: string
}

/** A panel as its files are. */
export interface PanelFile extends LiveFile {
  /** Kind of copy → the text that stands for it there: `NAME.postgres.sql` beside `NAME.sql`. */
  readonly variants: ReadonlyMap<string, ContractedSql>
}

/** Live aggregates as configured: models that are kept over the tables of one stream. */
export interface ResolvedLive {
  /** The stream whose batches are taken: models read its tables, and views of them. */
  readonly follows: LakeStream
  /** The file of the store, absolute. */
  readonly store: string
  readonly models: readonly LiveFile[]
  readonly panels: readonly PanelFile[]
  /** Its models and what is kept beside them, as SQL of the lake calls them: `live.NAME`. */
  readonly relations: readonly string[]
  /** What its DuckDB and its indexes may use. */
  readonly memoryBytes: number
  /** The column whose newest value says how fresh the models are; a moment in each table that has it. */
  readonly eventTime: string | undefined
  /** Where a copy is kept. */
  readonly publishTo: CheckedCopy | undefined
}

/** The panel of batches that every server with live aggregates has; a file of this name stands in its place. */
export const BATCHES_PANEL = 'batches'

/** The names of all panels that are served. */
export function panelNames(live: ResolvedLive | undefined): readonly string[] {
  if (live === undefined) return []
  return [...new Set([...live.panels.map(({ called }) => called), BATCHES_PANEL])]
}

/** What `live` may name. */
interface Surroundings {
  readonly streams: readonly LakeStream[]
  /** What a model's header may name. */
  readonly names: RelationNames
  readonly folder: string
  readonly root: string
}

export function resolveLive(
  live: NonNullable<CheckedConfig['live']>,
  { streams, names, folder, root }: Surroundings,
  fail: Fail,
): ResolvedLive {
  const follows =
    streams.find(({ name }) => name === live.follows) ??
    fail(
      'live.follows',
      `names "${live.follows}", which is not a stream.`,
      suggestion(
        live.follows,
        streams.map(({ name }) => name),
      ),
    )
  assertAlone(follows, streams, fail)
  if (live.eventTime !== undefined) assertEventTime(live.eventTime, follows, fail)
  const models = resolveModels(folder, live.models, names, fail)
  const relations = [...models.map(({ called }) => called), ...KEPT_BESIDE].map((name) => `${LIVE}.${name}`)
  return {
    follows,
    store: join(root, live.store),
    models,
    panels: resolvePanels(folder, live.panels, relations, fail),
    relations,
    memoryBytes: live.memory,
    eventTime: live.eventTime,
    publishTo: live.publishTo,
  }
}

/** The batches of one stream are followed, and what others write to its tables is in none of them. */
function assertAlone(follows: LakeStream, streams: readonly LakeStream[], fail: Fail): void {
  for (const table of follows.into) {
    const others = streams.filter((stream) => stream !== follows && stream.into.includes(table))
    if (others.length === 0) continue
    fail(
      'live.follows',
      `names ${follows.name}, but ${table.name} is written by ${others.map(({ name }) => name).join(', ')} too.`,
      'Models would lack those rows: follow a stream that alone writes its tables.',
    )
  }
}

function resolveModels(folder: string, path: string, names: RelationNames, fail: Fail): readonly LiveFile[] {
  const taken = new Set<string>()
  const models = readFolder(folder, path, 'live.models', fail).map(({ view, ...file }) => {
    assertCallable(view, 'live.models', fail)
    if (KEPT_BESIDE.includes(view.toLowerCase())) {
      fail(`live.models: ${view}.sql`, 'has a name that Lakeweir uses itself.', 'Give it another name.')
    }
    const twin = [...taken].find((other) => other.toLowerCase() === view.toLowerCase())
    if (twin !== undefined) {
      fail(`live.models: ${view}.sql`, `differs from ${twin}.sql only in case, which SQL ignores.`)
    }
    taken.add(view)
    assertInputsKnown(file, names.all)
    return { ...file, called: view }
  })
  if (models.length === 0) {
    fail('live.models', `names "${path}", which has no .sql files.`, 'A model is a file: one SELECT … GROUP BY.')
  }
  return models
}

/** Panels by name; one that is written differently for a kind of copy has a file for it beside its own. */
function resolvePanels(
  folder: string,
  path: string | undefined,
  relations: readonly string[],
  fail: Fail,
): readonly PanelFile[] {
  const files = readFolder(folder, path, 'live.panels', fail)
  for (const file of files) assertInputsKnown(file, relations)
  const panels = files.filter(({ view }) => !view.includes('.'))
  const orphan = files.find(({ view }) => !panels.some((panel) => panel.view === view.split('.', 1)[0]))
  if (orphan !== undefined) {
    const [panel = ''] = orphan.view.split('.', 1)
    fail(`live.panels: ${orphan.view}.sql`, `stands for a panel that does not exist: there is no ${panel}.sql.`)
  }
  return panels.map(({ view, ...file }) => {
    assertCallable(view, 'live.panels', fail)
    const variants = files.flatMap(({ view: other, ...variant }) => {
      const [panel, kind] = other.split('.')
      return panel === view && kind !== undefined ? [[kind, variant] as const] : []
    })
    return { ...file, called: view, variants: new Map(variants) }
  })
}

function assertCallable(name: string, place: string, fail: Fail): void {
  if (!NAME.test(name)) {
    fail(place, `has a file ${name}.sql; ${NAME_RULE}.`, 'Rename it to the name that SQL will use.')
  }
}

/** The tables of a stream have one type for a column, so the first that has it says the type. */
function assertEventTime(column: string, { name, into }: LakeStream, fail: Fail): void {
  const type = into.flatMap(({ columns }) => (Object.hasOwn(columns, column) ? [columns[column]] : []))[0]
  if (type === undefined) {
    const columns = [...new Set(into.flatMap((table) => Object.keys(table.columns)))]
    fail(
      'live.eventTime',
      `names "${column}", which is not a column of the tables of stream ${name}.`,
      suggestion(column, columns),
    )
  }
  if (type !== 'TIMESTAMPTZ') fail('live.eventTime', `names ${column}, which is ${type}, not TIMESTAMPTZ.`)
}
