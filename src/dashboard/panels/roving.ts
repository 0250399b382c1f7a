/** A place in a table that is one stop of the Tab key, with arrows inside. */
export interface Place {
  readonly row: number
  readonly column: number
}

export interface Size {
  readonly rows: number
  readonly columns: number
}

/** The place that a key leads to; undefined if it is no key that moves. It never leaves the table. */
export function placeAfter(place: Place, { key, ctrlKey }: KeyPressed, size: Size): Place | undefined {
  const { row, column } = placeWithin(place, size)
  const isList = size.columns <= 1
  const moves = new Map<string, Place>([
    ['ArrowUp', { row: row - 1, column }],
    ['ArrowDown', { row: row + 1, column }],
    ['ArrowLeft', { row, column: column - 1 }],
    ['ArrowRight', { row, column: column + 1 }],
    ['PageUp', { row: row - PAGE, column }],
    ['PageDown', { row: row + PAGE, column }],
    ['Home', { row: ctrlKey || isList ? 0 : row, column: 0 }],
    ['End', { row: ctrlKey || isList ? size.rows - 1 : row, column: size.columns - 1 }],
  ])
  const moved = moves.get(key)
  return moved && placeWithin(moved, size)
}

const PAGE = 10

export interface KeyPressed {
  readonly key: string
  readonly ctrlKey: boolean
}

/** The nearest place of a table, which may have fewer rows than before. */
export function placeWithin({ row, column }: Place, { rows, columns }: Size): Place {
  return {
    row: Math.max(0, Math.min(rows - 1, row)),
    column: Math.max(0, Math.min(columns - 1, column)),
  }
}
