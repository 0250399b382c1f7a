import type { OptimizedTable } from '../../lake/upkeep/optimize.ts'
import { defineCommand } from '../command.ts'
import { bytes, count, plural } from '../format.ts'
import { assertPresent } from '../presence.ts'
import { withLake } from '../session.ts'
import { listenForSignals } from '../signals.ts'
import type { Terminal } from '../terminal.ts'
import { visible } from '../text.ts'

export const optimize = defineCommand({
  name: 'optimize',
  describe: 'join small files into ones of about 128 MB, sorted as configured, while streams may run',
  words: { name: 'tables', describe: 'tables', isMany: true, default: 'all tables' },
  options: {
    vacuum: {
      type: 'boolean',
      describe: 'remove the replaced files at once; refused while a stream, a server or a reader may need them',
    },
    json: { type: 'boolean', describe: 'one JSON object a table on stdout' },
  },
  examples: [
    ['optimize', 'join small files of all tables'],
    ['optimize messages --json', 'of one, for a script'],
    ['optimize --vacuum', 'and so that plain globs count no row twice'],
  ],
  run: async (argv, terminal) => {
    const interruption = listenForSignals(terminal, 'stops after the files that are being joined; once more: at once')
    try {
      await withLake(argv, async (lake, open) => {
        await assertPresent(open, argv)
        const { signal } = interruption
        const onTable = (table: OptimizedTable): void => print(table, terminal, argv.json === true)
        await lake.optimize({ tables: argv.tables, vacuum: argv.vacuum === true, signal, onTable })
      })
      return interruption.exitCode() ?? 0
    } finally {
      interruption.release()
    }
  },
})

function print(table: OptimizedTable, terminal: Terminal, isJson: boolean): void {
  if (isJson) {
    terminal.data(JSON.stringify(table))
    return
  }
  const { replacedFiles, replacedBytes, joinedFiles, joinedBytes, givenUp } = table
  const replaced = `${plural(replacedFiles, 'file')} (${bytes(replacedBytes)})`
  const joined = `${count(joinedFiles)} (${bytes(joinedBytes)})`
  terminal.data(`${table.table}: ${replacedFiles === 0 ? 'nothing to join' : `${replaced} joined into ${joined}`}`)
  if (table.removedFiles > 0) {
    terminal.data(`${table.table}: ${plural(table.removedFiles, 'file')} (${bytes(table.removedBytes)}) removed`)
  }
  for (const why of givenUp) terminal.note(`${table.table}: left as they are: ${visible(why)}; run it again`)
}
