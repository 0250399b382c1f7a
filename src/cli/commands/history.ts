import { LakeError } from '../../errors.ts'
import { foreignCommitText } from '../../lake/foreignCommitText.ts'
import type { HistoryEntry } from '../../lake/history.ts'
import type { Lake } from '../../lake/lake.ts'
import type { OpenLake } from '../../lake/openLake.ts'
import { defineCommand } from '../command.ts'
import { count } from '../format.ts'
import { countOf } from '../optionValues.ts'
import { assertPresent } from '../presence.ts'
import { withLake } from '../session.ts'
import type { Column } from '../table.ts'
import type { Terminal } from '../terminal.ts'
import { visible } from '../text.ts'

export const history = defineCommand({
  name: 'history',
  describe: 'the commits of a table, newest first: when, which batch or operation, rows, files, engine',
  words: { name: 'table', describe: 'a table of the lake' },
  options: {
    limit: { type: 'string', describe: `at most this many commits; a terminal shows 20`, example: '100' },
    json: { type: 'boolean', describe: 'one JSON object per commit' },
  },
  examples: [
    ['history orders', 'the last commits of a table'],
    ['history orders --json | jq -c "select(.isForeign)"', 'what other programs did to it'],
  ],
  run: async (argv, terminal) => {
    const limit = countOf(argv, 'limit')
    return withLake(argv, async (lake, open) => {
      const table = tableOf(argv.table, open)
      await assertPresent(open, argv)
      if (argv.json === true) await printJson(lake, table, limit, terminal)
      else await print(lake, table, limit, terminal)
      return 0
    })
  },
})

function tableOf(word: string | undefined, { config }: OpenLake): string {
  if (word !== undefined) return word
  const names = config.tables.map(({ name }) => name)
  throw new LakeError('LAKE_USAGE', 'history needs the name of a table.', {
    remedy: `For example: lakeweir history ${names[0]}. Available: ${names.join(', ')}.`,
  })
}

async function printJson(lake: Lake, table: string, limit: number | undefined, terminal: Terminal): Promise<void> {
  for await (const entry of lake.history(table, { limit })) {
    await terminal.text(`${JSON.stringify(entry)}\n`)
    if (terminal.isClosed) return
  }
}

/** So many commits are shown on a terminal if nothing else is asked for. */
const TERMINAL_COMMITS = 20

/** So many are laid out at once in a pipe: from one block to the next a column may become wider. */
const BLOCK_COMMITS = 1000

async function print(lake: Lake, table: string, limit: number | undefined, terminal: Terminal): Promise<void> {
  const shown = limit ?? (terminal.dataWidth === undefined ? Number.POSITIVE_INFINITY : TERMINAL_COMMITS)
  const linesOf = await layoutFor(terminal)
  const told: HistoryEntry[] = []
  let block: HistoryEntry[] = []
  let [found, last] = [0, 0]
  const flush = async (): Promise<void> => {
    if (block.length > 0)
      await terminal.text(
        linesOf(block.map(cells))
          .map((line) => `${line}\n`)
          .join(''),
      )
    block = []
  }
  // One more than is shown, to know whether there are more.
  for await (const entry of lake.history(table, { limit: shown + 1 })) {
    found += 1
    if (found > shown) break
    last = entry.version
    block.push(entry)
    if (entry.isForeign || entry.problem !== undefined) told.push(entry)
    if (terminal.dataWidth === undefined && block.length === BLOCK_COMMITS) await flush()
    if (terminal.isClosed) return
  }
  await flush()
  printFindings(table, told, terminal)
  const note = found === 0 ? `${table} has no commits yet` : found > shown ? moreText(shown) : cleanedText(last)
  if (note !== undefined) terminal.note(`history: ${note}`)
}

function moreText(shown: number): string {
  return `there are older commits; --limit ${shown * 10} shows more`
}

function cleanedText(oldest: number): string | undefined {
  return oldest === 0 ? undefined : `the commits before version ${count(oldest)} are no longer in the log`
}

type Lines = (rows: readonly (readonly string[])[]) => string[]

async function layoutFor({ dataWidth }: Terminal): Promise<Lines> {
  const { alignedTable, TableLayout } = await import('../table.ts')
  if (dataWidth === undefined) {
    const layout = new TableLayout(COLUMNS)
    return (rows) => layout.lines(rows)
  }
  const names = COLUMNS.map(({ name }) => name)
  const isWhole = COLUMNS.map((column) => column.isWhole)
  return (rows) => alignedTable(names, rows, isWhole, dataWidth)
}

const COLUMNS: readonly Column[] = [
  { name: 'version', isNumeric: true, isWhole: true },
  { name: 'time', isNumeric: true, isWhole: true },
  { name: 'what', isNumeric: false, isWhole: false },
  { name: 'source', isNumeric: false, isWhole: false },
  { name: 'rows', isNumeric: true, isWhole: true },
  { name: 'files', isNumeric: true, isWhole: true },
  { name: 'engine', isNumeric: false, isWhole: false },
]

const UNKNOWN = '–'

function cells(entry: HistoryEntry): string[] {
  const { version, time, stream, batch, operation, source, engine } = entry
  const what = stream === undefined || batch === undefined ? operation : `${stream} ${count(batch)}`
  return [
    count(version),
    time === undefined ? UNKNOWN : `${time.slice(0, 10)} ${time.slice(11, 19)}`,
    entry.problem === undefined ? visible(what ?? UNKNOWN) : 'unreadable',
    source ?? UNKNOWN,
    entry.changesRows === true ? changedText(entry.rows, entry.removedRows) : UNKNOWN,
    changedText(entry.files, entry.removedFiles),
    // Of a batch of ours, what it was made with.
    visible(engine?.replace(/^lakeweir (?=.)/, '') ?? UNKNOWN),
  ]
}

/** `1,200`, and where something was removed too `+1,200 −300`. */
function changedText(added: number | undefined, removed: number | undefined): string {
  const [plus, minus] = [added, removed].map((value) => (value === undefined ? '?' : count(value)))
  return removed === 0 ? (plus ?? UNKNOWN) : `+${plus} −${minus}`
}

/** At most so many commits of other programs are described below the table. */
const MAX_FINDINGS = 10

/** What a narrow table has no room for. */
function printFindings(table: string, foreign: readonly HistoryEntry[], terminal: Terminal): void {
  if (foreign.length === 0) return
  terminal.data('')
  for (const entry of foreign.slice(0, MAX_FINDINGS)) {
    const what = entry.problem ?? foreignCommitText(table, entry)
    terminal.data(terminal.dataColors.yellow(visible(what)))
  }
  const more = foreign.length - MAX_FINDINGS
  if (more > 0) terminal.data(`… and ${count(more)} more; --json has all`)
}
