import { join } from 'node:path'
import { expect, onTestFinished } from 'vitest'
import { Lake, LakeError } from '../../src/index.ts'
import { lakeFolder } from './lakeFolder.ts'

// A lake of files: a config, a reference, a SELECT, a view and a report. In each case something is wrong with one.

export const CONFIG = `import { defineLake, deltaTable } from 'lakeweir'

const event = { seen_at: 'TIMESTAMPTZ', kind: 'VARCHAR', amount: 'INTEGER' } as const
const dated = { seen_at: 'TIMESTAMPTZ', amount: 'INTEGER', date: 'DATE' } as const

export default defineLake({
  root: 'lake',
  tables: {
    events: { path: 'raw/events', columns: event },
    good: { path: 'checked/good', columns: dated, partitionBy: ['date'] },
    bad: { path: 'checked/bad', columns: dated, partitionBy: ['date'] },
  },
  reference: { kinds: { file: 'kinds.csv', columns: { kind: 'VARCHAR' }, key: 'kind' } },
  streams: { split: { from: deltaTable('events'), select: 'sql/split.sql', into: ['good', 'bad'] } },
  views: 'sql/views',
  reports: 'sql/reports',
})
`

export const SPLIT = `-- split.sql: every event with its date; one row per event.
--
-- in   events   the batch
-- out  destination, with the columns of the tables
SELECT seen_at, amount, CAST(seen_at AS DATE) AS date,
  'good' AS destination
FROM events
`

export const VIEW = `-- views/recent.sql: what was good; one row per event.
--
-- in   good   what was good
-- out  the columns of good
SELECT *
FROM good
WHERE amount > 3
`

export const CONTRACT = `A header looks like this:
-- folder/file.sql: one sentence that says what a row is.
--
-- in   table_or_view   what it is
-- out  column, …`

export const soundFiles: Readonly<Record<string, string>> = {
  'lakeweir.config.ts': CONFIG,
  'kinds.csv': 'kind\nsmall\n',
  'sql/split.sql': SPLIT,
  'sql/views/recent.sql': VIEW,
  'sql/reports/recent_days.sql': VIEW.replace('views/recent.sql', 'reports/recent_days.sql'),
}

/** The error that a lake is refused with: when it is opened, when its stream starts, or when it is asked something. */
export async function refusalOf(
  files: Readonly<Record<string, string | undefined>>,
): Promise<{ when: string; error: LakeError; folder: string } | 'taken'> {
  const given: Record<string, string> = {}
  for (const [path, text] of Object.entries({ ...soundFiles, ...files })) if (text !== undefined) given[path] = text
  const folder = lakeFolder(given)
  let when = 'open'
  try {
    const lake = await Lake.open({ config: join(folder, 'lakeweir.config.ts') })
    onTestFinished(() => lake.close())
    when = 'run'
    await lake.run({ streams: ['split'], availableNow: true })
    when = 'query'
    await lake.query('FROM recent')
    when = 'report'
    await lake.report('recent-days')
    return 'taken'
  } catch (error) {
    if (error instanceof LakeError) return { when, error, folder }
    throw error
  }
}

export interface FilesCase {
  readonly name: string
  /** Path → text, in place of the sound one; undefined takes the file away. */
  readonly files: Readonly<Record<string, string | undefined>>
  readonly when: 'open' | 'run' | 'query' | 'report'
  /** The whole description, FOLDER for where the config stands. */
  readonly says: string
}

export async function expectFilesRefused({ files, when, says }: FilesCase): Promise<void> {
  const refusal = await refusalOf(files)
  if (refusal === 'taken') throw new Error('the lake was taken')
  expect(refusal.error.describe().replaceAll(refusal.folder, 'FOLDER')).toBe(says)
  expect(refusal.when).toBe(when)
}
