import { join } from 'node:path'
import type { Session } from '../../duckdb/session.ts'
import type { Disk } from '../../files/disk.ts'
import type { QueryAnswer, QueryPlan } from '../../tables/engine.ts'
import type { ProgramEngine } from '../program/engine.ts'
import { type InputSide, referenceFiles, sideFiles } from './sideFiles.ts'

/** The folder in an output folder with what DuckDB has prepared for Spark. */
const SIDE_FOLDER = 'inputs'

/** Runs a query on Spark, once DuckDB has prepared what only it reads as it should be read. */
export async function queryOnSpark(
  { program, session, disk }: { readonly program: ProgramEngine; readonly session: Session; readonly disk: Disk },
  plan: QueryPlan,
  signal: AbortSignal,
  onProgress?: (text: string) => void,
): Promise<QueryAnswer> {
  const { query, outputFolder } = plan
  const inputs: Record<string, InputSide> = {}
  await disk.makeFolder(join(outputFolder, SIDE_FOLDER))
  for (const [index, { name, input }] of query.tables.entries()) {
    const folder = join(outputFolder, SIDE_FOLDER, String(index))
    await disk.makeFolder(folder)
    inputs[name] = await sideFiles(session, disk, input, folder)
  }
  const folder = join(outputFolder, SIDE_FOLDER, 'references')
  await disk.makeFolder(folder)
  const references = await referenceFiles(session, query.references, folder, new Map())
  const given: QueryPlan & { readonly spark: unknown } = { ...plan, spark: { inputs, references } }
  return program.query(given, signal, onProgress)
}
