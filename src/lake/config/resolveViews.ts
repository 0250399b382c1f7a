import { readdirSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { messageOf, systemCodeOf } from '../../errors.ts'
import { NAME, NAME_RULE } from '../../sources/configParts.ts'
import type { Fail } from '../../sources/kind.ts'
import type { RelationNames } from './relationNames.ts'
import { assertInputsKnown, type ContractedSql, dialectOf, readSqlFile } from './sqlFile.ts'

/** A view of the lake: its name and its SELECT. */
export interface LakeView extends ContractedSql {
  readonly view: string
}

/** The views of a lake, in an order in which each view reads only earlier ones. */
export function resolveViews(
  folder: string,
  path: string | undefined,
  names: RelationNames,
  fail: Fail,
): readonly LakeView[] {
  const views = readPlainFiles(folder, path, 'views', fail)
  for (const { view } of views) {
    if (!NAME.test(view))
      fail('views', `has a file ${view}.sql; ${NAME_RULE}.`, 'Rename it to the name that SQL will use.')
    names.take(`views: ${view}.sql`, view)
  }
  for (const view of views) assertInputsKnown(view, [...names.all, 'batches'])
  return inDependencyOrder(views, fail)
}

/** The reports of a lake by name, with dashes. @param known  what they may read */
export function resolveReports(
  folder: string,
  path: string | undefined,
  known: readonly string[],
  fail: Fail,
): ReadonlyMap<string, ContractedSql> {
  const reports = new Map<string, ContractedSql>()
  for (const report of readPlainFiles(folder, path, 'reports', fail)) {
    assertInputsKnown(report, [...known, 'batches'])
    const name = report.view.replaceAll('_', '-')
    const twin = reports.get(name)
    if (twin !== undefined) fail('reports', `has ${twin.name} and ${report.name}, which would both be named "${name}".`)
    reports.set(name, report)
  }
  return reports
}

/** System error code → why a folder cannot be read. */
const FOLDER_FAULTS: Readonly<Record<string, string>> = {
  ENOENT: 'but there is no such folder',
  ENOTDIR: 'which is not a folder',
  EACCES: 'which may not be read',
}

/** The .sql files of a folder by name, with their headers. @param place  the key that names it */
export function readFolder(folder: string, path: string | undefined, place: string, fail: Fail): LakeView[] {
  if (path === undefined) return []
  const full = resolve(folder, path)
  let names: string[]
  try {
    names = readdirSync(full)
  } catch (error) {
    const reason = FOLDER_FAULTS[systemCodeOf(error) ?? ''] ?? messageOf(error)
    return fail(place, `names "${path}", ${reason}.`, `Looked for ${full}: paths are relative to the config.`)
  }
  const files = names.filter((name) => name.endsWith('.sql')).sort()
  return files.map((name) => ({ ...readSqlFile(join(full, name), folder), view: basename(name, '.sql') }))
}

/** The same without those that stand in the place of another for one dialect, each of which needs that other. */
function readPlainFiles(folder: string, path: string | undefined, place: string, fail: Fail): LakeView[] {
  const files = readFolder(folder, path, place, fail)
  const plain = files.filter(({ name }) => dialectOf(name) === undefined)
  for (const { name } of files) {
    const dialect = dialectOf(name)
    const stem = dialect === undefined ? name : name.slice(0, -`.${dialect}.sql`.length)
    if (dialect === undefined || plain.some((file) => file.name === `${stem}.sql`)) continue
    fail(place, `has ${name}, but no ${basename(stem)}.sql, in whose place it would stand.`, 'Write that one too.')
  }
  return plain
}

function inDependencyOrder(views: readonly LakeView[], fail: Fail): readonly LakeView[] {
  const ordered: LakeView[] = []
  const waiting = new Map(views.map((sql) => [sql.view, sql]))
  while (waiting.size > 0) {
    const ready = [...waiting.values()].find(({ inputs }) => !inputs.some((input) => waiting.has(input)))
    if (ready === undefined) return fail('views', `read each other in a circle: ${[...waiting.keys()].join(', ')}.`)
    waiting.delete(ready.view)
    ordered.push(ready)
  }
  return ordered
}
