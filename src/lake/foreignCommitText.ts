import type { HistoryEntry } from './history.ts'

/** A commit of another program than Lakeweir, as a sentence without its full stop. */
export function foreignCommitText(
  table: string,
  { version, time, operation, engine, ...counts }: HistoryEntry,
): string {
  const who = engine ?? 'a program that does not say its name'
  const when = time === undefined ? [] : [`${time.slice(0, 10)} ${time.slice(11, 19)}`]
  const what = [operation ?? 'a commit', ...when].join(', ')
  return `version ${version} of ${table} is by ${who} (${what}): ${changeText(counts)}`
}

function changeText({ rows, files, removedFiles, removedRows, changesRows }: Partial<HistoryEntry>): string {
  const parts = [
    ...(removedFiles ? [`removed ${filesText(removedFiles, removedRows)}`] : []),
    ...(files ? [`added ${filesText(files, rows)}`] : []),
  ]
  if (parts.length === 0) return 'no file was changed'
  return `${parts.join(' and ')}${changesRows === true ? '' : '; no row was changed'}`
}

function filesText(files: number, rows: number | undefined): string {
  const counted = `${files} file${files === 1 ? '' : 's'}`
  return rows === undefined ? counted : `${counted} with ${rows} row${rows === 1 ? '' : 's'}`
}
