import type { PanelAnswer, PanelHead } from '../../client/index.ts'
import type { Text } from '../text.ts'
import type { View } from '../view/view.ts'
import type { LateMarks } from './lateMarks.ts'

/** What a panel's element is given. It asks nobody for anything else. */
export interface PanelInput {
  readonly head: PanelHead
  /** The last answer. */
  readonly answer: PanelAnswer
  /** The answer of the panel that the head names as `spark` or `brush`. */
  readonly spark: PanelAnswer | undefined
  readonly view: View
  /** Words, and numbers in the reader's locale and time zone. */
  readonly text: Text
  /** Which values were corrected a moment ago. */
  readonly lateMarks: LateMarks
  /** Whether the panel has all the room: a list then shows more of its rows. */
  readonly isExpanded?: boolean
}
