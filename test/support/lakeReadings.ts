import { readFileSync } from 'node:fs'
import { withSession } from '../../src/lake/sessions.ts'
import type { MessagesLake } from './messagesLake.ts'
import { rawSql } from './sql.ts'

/** What each way of reading a lake says of it: its problem, or that it is well and how many rows bronze has. */
export async function lakeReadings(messages: MessagesLake): Promise<Record<string, string>> {
  const said = async (read: () => Promise<string>): Promise<string> =>
    read().catch((error: Error & { code?: string }) => `${error.code}: ${error.message}`)
  const count = `SELECT count(*)::INTEGER AS n FROM bronze_messages`
  return {
    validate: await said(async () => {
      const { ok, problems } = await messages.lake.validate()
      return ok ? 'ok' : problems.join(' ')
    }),
    status: await said(async () => {
      const { streams } = await messages.lake.status()
      return streams.map(({ problem }) => problem ?? '').join('')
    }),
    sql: await said(async () => `${(await messages.lake.query(count)).rows[0]?.[0]} rows`),
    'lake.sql': await said(() =>
      withSession(messages.open, async (session) => {
        await session.run(rawSql`${readFileSync(messages.open.layout.lakeSql, 'utf8')}`)
        return `${(await session.rows(rawSql`${count}`))[0]?.n} rows`
      }),
    ),
  }
}
