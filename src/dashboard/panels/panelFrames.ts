import { html } from 'lit'
import { repeat } from 'lit/directives/repeat.js'
import type { DashboardHead } from '../../client/index.ts'
import { labelOf } from '../filters/choices.ts'
import type { Text } from '../text.ts'
import type { Looked, View } from '../view/view.ts'
import { type Framed, placedFrame } from './panelFrame.ts'
import { narrowedTo, type ShownPanel } from './shownPanels.ts'

/** What the frames of all panels are drawn by. */
export interface FrameParts {
  readonly layout: DashboardHead['layout']
  readonly looked: Looked
  readonly view: View
  /** When the server was heard for the last time; undefined while it is heard. */
  readonly lostSinceMs: number | undefined
  /** What to type where nothing has come yet; undefined: nothing to say. */
  readonly startCommand: string | undefined
  readonly csv: (panel: ShownPanel) => Promise<Blob | undefined>
  readonly text: Text
}

/** The frames of the layout, or that of the panel that has all the room. */
export function panelFrames(shown: readonly ShownPanel[], parts: FrameParts): unknown {
  const { expanded } = parts.looked
  const isAlone = shown.some(({ asked }) => asked.name === expanded)
  const layout = new Map(parts.layout.map((place) => [place.panel, place]))
  return repeat(
    isAlone ? shown.filter(({ asked }) => asked.name === expanded) : shown,
    ({ asked }) => asked.name,
    (panel) => {
      const place = layout.get(panel.asked.name) ?? { width: 12, wallWidth: 12 }
      const isNarrow = place.width <= 4 && panel.head.kind !== 'number'
      const isOffWall = place.wallWidth === 0
      const kind = `kind-${panel.head.kind}`
      return html`<lakeweir-panel
        class="${kind} ${isNarrow ? 'is-narrow' : ''} ${isAlone ? 'is-expanded' : ''} ${isOffWall ? 'is-off-wall' : ''}"
        .framed=${framedOf(panel, parts)}
        ${placedFrame(place)}
      ></lakeweir-panel>`
    },
  )
}

function framedOf(panel: ShownPanel, parts: FrameParts): Framed {
  const { asked, head, state, input, isBehind } = panel
  const { looked, view, lostSinceMs, startCommand, csv, text } = parts
  const names = head.filters.map(({ name }) => name)
  return {
    name: asked.name,
    kind: head.kind,
    title: head.title,
    note: head.note,
    state,
    input,
    isTable: looked.tables.includes(asked.name),
    isExpanded: looked.expanded === asked.name,
    asOf: lostSinceMs === undefined ? undefined : text.words.panel.asOf(text.numbers.timeWithSeconds(lostSinceMs)),
    isBehind,
    narrowedTo: narrowedTo(view.filters, names, text, (value) => labelOf(head, value)),
    startCommand,
    csv: () => csv(panel),
    text,
  }
}
