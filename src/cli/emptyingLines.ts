import type { EmptiedRows, Emptying } from '../lake/emptying.ts'
import { bytes, count, plural } from './format.ts'

const LIVE = 'live'

/** What an emptying deletes and what it keeps, as lines to read before one agrees. */
export function emptyingLines(emptying: Emptying): string[] {
  const live = emptying.live === undefined ? [] : [LIVE]
  const names = [...emptying.tables.map(({ name }) => name), ...live]
  const nameWidth = Math.max(...names.map((name) => name.length), 0)
  const lines = [`--fresh empties ${names.join(', ') || 'nothing: there is no store yet'}`]
  for (const { name, rows, parts } of emptying.tables) {
    const [first, ...others] = parts.map((part) => partText(part, parts.length > 1))
    const all = rows === undefined ? 'uncounted rows' : plural(rows, 'row')
    lines.push(`  ${name.padEnd(nameWidth)}  ${all}${first === undefined ? '' : `: ${first}`}`)
    for (const other of others) lines.push(`  ${' '.repeat(nameWidth)}  ${other}`)
  }
  if (emptying.live !== undefined) {
    const { store, bytes: storeBytes } = emptying.live
    lines.push(`  ${LIVE.padEnd(nameWidth)}  ${bytes(storeBytes)} in ${store}: made again from the tables`)
  }
  for (const { stream, folder, files, isRelanded } of emptying.archives) {
    if (files === 0) continue
    const what = isRelanded ? 'moves back' : 'keeps'
    lines.push(`${stream} ${what} ${plural(files, 'archived file')} of ${folder}`)
  }
  return lines
}

function partText({ stream, rows, from, how }: EmptiedRows, isOneOfSeveral: boolean): string {
  const own = rows === undefined ? 'uncounted' : count(rows)
  const whose = isOneOfSeveral ? `${own} of ${stream ?? 'another program'}: ` : ''
  return `${whose}${from === 'nowhere' ? 'gone for good, ' : ''}${how}`
}

/** The rows that an emptying deletes for good. */
export function goneText({ tables }: Emptying): string {
  const gone = tables.flatMap(({ parts }) => parts.filter(({ from }) => from === 'nowhere'))
  const isCounted = gone.every(({ rows }) => rows !== undefined)
  return isCounted
    ? plural(
        gone.reduce((sum, { rows = 0 }) => sum + rows, 0),
        'row',
      )
    : 'Uncounted rows'
}
