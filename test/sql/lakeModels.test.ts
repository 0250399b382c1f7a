import { describe, expect, test } from 'vitest'
import { inDuckdb } from '../support/duckdb.ts'
import { liveLake, MESSAGES_ROWS as MESSAGES, modelsOf, SENSORS_ROWS as SENSORS } from '../support/lakeModels.ts'
import { rawSql } from '../support/sql.ts'

const messages = await liveLake('messages')
const sensors = await liveLake('sensors')

describe.each([
  { name: 'messages', lake: messages, rows: MESSAGES },
  { name: 'sensors', lake: sensors, rows: SENSORS },
])('the models of the $name lake', ({ lake, rows }) => {
  test('are kept: partial results of parts add up to each of them', async () => {
    const models = await modelsOf(lake)
    expect(models.map(({ name }) => name).sort()).toEqual(lake.live.models.map(({ called }) => called).sort())
    await inDuckdb(async (session) => {
      await session.run(rawSql`${rows}`)
      for (const model of models) {
        const { relation, groups, partials } = model
        const from = relation.name
        await session.run(
          rawSql`CREATE OR REPLACE TABLE rows_of_parts AS SELECT *, row_number() OVER () % 3 AS part FROM ${from}`,
        )
        const parts: string[] = []
        for (const part of [0, 1, 2]) {
          await session.run(rawSql`CREATE OR REPLACE VIEW part_rows AS SELECT * EXCLUDE (part) FROM rows_of_parts WHERE part = ${part};
            CREATE OR REPLACE TABLE part_${part} AS ${model.partialsOf('part_rows')}`)
          parts.push(`FROM part_${part}`)
        }
        const merged = partials
          .map(({ name, type, merge }) => `CAST(${merge}(${name}) AS ${type}) AS ${name}`)
          .join(', ')
        await session.run(rawSql`CREATE OR REPLACE TABLE kept AS SELECT ${groups.map(({ name }) => name).join(', ')}, ${merged}
          FROM (${parts.join(' UNION ALL ')}) GROUP BY ALL`)
        const wrong = await session.rows(rawSql`(${model.text} EXCEPT ALL ${model.resultOf('kept')})
          UNION ALL (${model.resultOf('kept')} EXCEPT ALL ${model.text})`)
        expect(wrong, model.name).toEqual([])
      }
    })
  })
})

test('the reports can be had from the models of the messages lake', async () => {
  const models = messages.live.models.map(({ called, text }) => `CREATE TABLE live.${called} AS ${text};`)
  await inDuckdb(async (session) => {
    await session.run(rawSql`ATTACH ':memory:' AS live; ${MESSAGES} ${models.join('\n')}`)
    const wrong = await session.rows(rawSql`
      (SELECT date, channel, event_type, sum(messages) FROM live.first_messages_per_day GROUP BY ALL
      EXCEPT ALL SELECT date, channel, event_type, count(*) FROM first_messages GROUP BY ALL)
      UNION ALL (SELECT NULL, NULL, user_id::VARCHAR, sum(messages) FROM live.user_activity GROUP BY ALL
      EXCEPT ALL SELECT NULL, NULL, user_id::VARCHAR, count(*) FROM first_messages GROUP BY ALL)`)
    expect(wrong).toEqual([])
  })
})
