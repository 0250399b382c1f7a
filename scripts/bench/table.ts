import { type Figure, isReached, type Unit } from './figure.ts'
import { median } from './measure.ts'

const NAME_WIDTH = 66
const VALUE_WIDTH = 14
const REACH_WIDTH = 17
const MARK_WIDTH = 7
const COUNT_WIDTH = 9
const QUARTILES_WIDTH = 32

/** The first lines of the table. */
export function tableHead(): string {
  const head = line('figure', 'measured', 'reach', '', 'samples', 'quartiles', 'medians')
  return `${head}\n${'─'.repeat(head.length + 25)}`
}

/** A figure as a line of the table; if it misses its reach, with a line that says where the time goes. */
export function tableLine(figure: Figure): string {
  const { name, unit, value, reach, quartiles, samples, sampleUnit, phases } = figure
  const contenders = Object.entries(samples)
  const row = line(
    name,
    shown(value, unit),
    reach === undefined
      ? ''
      : 'atLeast' in reach
        ? `≥ ${shown(reach.atLeast, unit)}`
        : `≤ ${shown(reach.atMost, unit)}`,
    reach === undefined ? '' : isReached(figure) ? 'reached' : 'MISSED',
    String(Math.max(...contenders.map(([, values]) => values.length))),
    quartiles.map((quartile) => shown(quartile, unit)).join(' – '),
    contenders.map(([contender, values]) => `${contender} ${shown(median(values), sampleUnit)}`).join(', '),
  )
  if (isReached(figure) || phases === undefined) return row
  const parts = Object.entries(phases).map(([phase, ms]) => `${phase} ${shown(ms, 'ms')}`)
  return `${row}\n  where its time goes: ${parts.join(', ')}`
}

function line(...cells: [string, string, string, string, string, string, string]): string {
  const [name, value, reach, mark, count, quartiles, medians] = cells
  return [
    name.padEnd(NAME_WIDTH),
    value.padStart(VALUE_WIDTH),
    reach.padStart(REACH_WIDTH),
    ` ${mark.padEnd(MARK_WIDTH)}`,
    count.padStart(COUNT_WIDTH),
    quartiles.padStart(QUARTILES_WIDTH),
    `   ${medians}`,
  ].join('')
}

function shown(value: number, unit: Unit): string {
  if (unit === 'ratio') return value.toFixed(2)
  if (unit === 'GB') return `${value.toFixed(2)} GB`
  const digits = unit === 'ms' && Math.abs(value) < 100 ? 1 : 0
  const number = value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
  return `${number} ${unit}`
}
