import { parseDurationMs } from '../../lake/config/duration.ts'
import type { Vacuumed } from '../../lake/upkeep/vacuum.ts'
import { defineCommand } from '../command.ts'
import { bytes, plural } from '../format.ts'
import { assertPresent } from '../presence.ts'
import { withLake } from '../session.ts'
import type { Terminal } from '../terminal.ts'
import { visible } from '../text.ts'

export const vacuum = defineCommand({
  name: 'vacuum',
  describe: 'remove files that were replaced long ago and that nothing needs; with --dry-run, list them',
  words: { name: 'tables', describe: 'tables', isMany: true, default: 'all tables' },
  options: {
    retain: {
      type: 'string',
      describe: 'keep what was replaced since then (default: as configured, 7 days)',
      example: '7d',
    },
    'dry-run': { type: 'boolean', describe: 'list the files and remove none' },
    json: { type: 'boolean', describe: 'one JSON object a table on stdout' },
  },
  examples: [
    ['vacuum --dry-run', 'which files would go, and how large they are'],
    ['vacuum messages --retain 30d', 'of one table, and only what was replaced a month ago'],
  ],
  run: async (argv, terminal) => {
    const dryRun = argv['dry-run'] === true
    const retainMs = argv.retain === undefined ? undefined : parseDurationMs(argv.retain, '--retain')
    await withLake(argv, async (lake, open) => {
      await assertPresent(open, argv)
      const form = { isDry: dryRun, isJson: argv.json === true }
      const onTable = (found: Vacuumed): void => print(found, terminal, form)
      await lake.vacuum({
        tables: argv.tables,
        dryRun,
        onTable,
        ...(retainMs === undefined ? {} : { retainMs }),
      })
    })
    return 0
  },
})

function print(
  found: Vacuumed,
  terminal: Terminal,
  { isDry, isJson }: { readonly isDry: boolean; readonly isJson: boolean },
): void {
  if (isJson) {
    terminal.data(JSON.stringify(found))
    return
  }
  for (const path of found.paths) terminal.data(`${found.of}/${visible(path)}`)
  const what = `${plural(found.files, 'file')} (${bytes(found.bytes)})`
  const done = isDry ? 'would be removed' : 'removed'
  terminal.data(`${found.of}: ${found.files === 0 ? 'nothing to remove' : `${what} ${done}`}`)
  if (found.kept !== undefined) terminal.note(`${found.of}: ${visible(found.kept)}`)
}
