import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ResolvedLake } from '../../lake/config/resolve.ts'
import { BATCHES_PANEL, type PanelFile } from '../../lake/config/resolveLive.ts'
import { type ContractedSql, readSqlFile } from '../../lake/config/sqlFile.ts'
import { suggestion } from '../../words.ts'
import type { NamedInHeader, Panel } from './panel.ts'
import { panelOf } from './panelFile.ts'
import { invalidLine } from './panelHeader.ts'

const BATCHES_FILE = new URL('./recentBatches.sql', import.meta.url)
const BATCHES_COPIED = new URL('./recentBatches.postgres.sql', import.meta.url)

/**
 * The panels of a lake by their files and its config, with those that every server has.
 * @param dialect  of what answers them
 * @throws LakeError LAKE_SQL_INVALID naming the file and the line
 */
export function lakePanels({ live, tables, server }: ResolvedLake, dialect: string): readonly Panel[] {
  if (live === undefined) return []
  const own = live.panels.map((file) => panelOf(file, dialect))
  const isReplaced = own.some(({ name }) => name === BATCHES_PANEL)
  // What a page shows first is the stream that the numbers come from.
  const batches = { ...panelOf(batchesFile(), dialect), order: [live.follows.name] }
  const panels = isReplaced ? own : [...own, batches]
  for (const panel of panels) {
    assertKnown(
      panel,
      panel.names.panels,
      panels.map(({ name }) => name),
      'panel',
    )
    assertKnown(
      panel,
      panel.names.tables,
      tables.map(({ name }) => name),
      'table',
    )
    assertCoarser(panel, panels)
  }
  const shown = server.rows.map(({ name }) => name)
  const configured = new Map(server.dashboard.panels?.map((panel) => [panel.name, panel]))
  return panels.map((panel) => ({
    ...panel,
    alarm: configured.get(panel.name)?.alarm ?? panel.alarm,
    rows: panel.rows !== undefined && shown.includes(panel.rows) ? panel.rows : undefined,
  }))
}

function batchesFile(): PanelFile {
  return { ...ownFile(BATCHES_FILE), called: BATCHES_PANEL, variants: new Map([['postgres', ownFile(BATCHES_COPIED)]]) }
}

function ownFile(url: URL): ContractedSql {
  const path = fileURLToPath(url)
  return readSqlFile(path, dirname(path))
}

function assertKnown(
  { file }: Panel,
  named: readonly NamedInHeader[],
  known: readonly string[],
  what: 'panel' | 'table',
): void {
  for (const { key, name, line } of named) {
    if (known.includes(name)) continue
    throw invalidLine(file, line, `names "${name}" as its ${key}, which is not a ${what}.`, suggestion(name, known))
  }
}

/** A page goes from a panel to a coarser one until the range fits: it must come to an end. */
function assertCoarser({ file, time, coarser, names }: Panel, panels: readonly Panel[]): void {
  const other = panels.find(({ name }) => name === coarser?.panel)
  if (other === undefined || time === undefined) return
  if (other.time !== undefined && other.time.grainMs > time.grainMs) return
  const line = names.panels.find(({ key }) => key === 'coarser')?.line ?? 0
  const grain = other.time === undefined ? 'no grain' : `the grain ${other.time.grain}`
  throw invalidLine(
    file,
    line,
    `names ${other.name} as its coarser panel, which has ${grain}.`,
    `Name one whose grain is longer than ${time.grain}.`,
  )
}
