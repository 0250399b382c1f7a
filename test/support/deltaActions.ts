import { type AddFile, encodePath, type MetaData, type Txn } from '../../src/delta/actions.ts'

export const META_DATA: MetaData = {
  id: '11111111-1111-1111-1111-111111111111',
  format: { provider: 'parquet', options: {} },
  schemaString: '{"type":"struct","fields":[]}',
  partitionColumns: ['date', 'site'],
  configuration: {},
  createdTime: 0,
}

export function txn(appId: string, version: number): { txn: Txn } {
  return { txn: { appId, version, lastUpdated: 0 } }
}

/** An add of a file that nobody opens. */
export function addOf(path: string, rows = 1): { add: AddFile } {
  const stats = JSON.stringify({ numRecords: rows })
  const encoded = encodePath(path)
  return { add: { path: encoded, partitionValues: {}, size: 10, modificationTime: 0, dataChange: true, stats } }
}
