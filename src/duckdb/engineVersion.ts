import { DuckDBInstance, version } from '@duckdb/node-api'

/** The version of the DuckDB that the native binding brings, once it has answered a query. */
export async function engineVersion(): Promise<string> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  try {
    const connection = await instance.connect()
    await connection.run('SELECT 1')
    connection.closeSync()
  } finally {
    instance.closeSync()
  }
  return version().replace(/^v/, '')
}
