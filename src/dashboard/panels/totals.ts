import type { Text } from '../text.ts'
import { amountOf } from '../values.ts'
import type { ShownPanel } from './shownPanels.ts'

/** The panels of one number, as a screen reader hears them. */
export function totalsTold(panels: readonly ShownPanel[], { words, numbers }: Text): string {
  return panels
    .flatMap(({ head, input }) => {
      if (head.kind !== 'number' || input === undefined) return []
      const { columns, rows } = input.answer
      const amount = amountOf(rows[0]?.[columns.findIndex(({ name }) => name === head.y[0])])
      if (amount === undefined) return []
      const value = head.unit === '%' ? numbers.share(amount / 100, 2) : numbers.decimal(amount, 2, 0)
      return [words.status.total(head.title, head.unit === null || head.unit === '%' ? value : `${value} ${head.unit}`)]
    })
    .join('; ')
}
