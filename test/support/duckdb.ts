import { Database, type Session } from '../../src/duckdb/session.ts'
import { makeTemporaryFolder, removeFolder } from './temporaryFolder.ts'

/** Works in a DuckDB that knows nothing of any lake. */
export async function inDuckdb<T>(work: (session: Session) => Promise<T>): Promise<T> {
  const tempFolder = makeTemporaryFolder()
  const database = await Database.open({ threads: 1, memoryLimit: '1GB', tempFolder })
  const session = await database.connect()
  try {
    return await work(session)
  } finally {
    session.close()
    database.close()
    removeFolder(tempFolder)
  }
}
