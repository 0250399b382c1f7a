import type { CSSResult } from 'lit'
import { PANEL_KINDS } from '../panels/index.ts'
import { RowsView } from '../rows/rowsView.ts'
import { base } from './base.ts'
import { decalSheet } from './decals.ts'
import { filters } from './filters.ts'
import { frame } from './frame.ts'
import { freshness } from './freshness.ts'
import { layout } from './layout.ts'
import { tokens } from './tokens.ts'

/** All that the dashboard looks like. Its parts stand in its own shadow root, so that these sheets hold for them. */
export const SHEETS: readonly CSSResult[] = [
  tokens,
  base,
  layout,
  freshness,
  filters,
  frame,
  ...Object.values(PANEL_KINDS).flatMap(({ sheet }) => sheet ?? []),
  RowsView.sheet,
  decalSheet,
]
