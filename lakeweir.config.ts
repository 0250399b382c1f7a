// The messages lake: events stream into bronze and are split exactly once into silver.
import { defineLake, deltaTable, generated, parquetFolder, pool } from 'lakeweir'

const message = {
  timestamp: 'TIMESTAMPTZ',
  value: 'BIGINT',
  event_type: 'VARCHAR',
  message_id: 'VARCHAR',
  channel: 'VARCHAR',
  country_id: 'INTEGER',
  user_id: 'INTEGER',
} as const

const enriched = { ...message, country: 'VARCHAR', date: 'DATE' } as const

export default defineLake({
  root: 'lake',
  tables: {
    bronze_messages: { path: 'bronze/messages', columns: message },
    messages: { path: 'silver/messages', columns: enriched, partitionBy: ['date'] },
    messages_corrupted: { path: 'silver/messages_corrupted', columns: enriched, partitionBy: ['date'] },
  },
  reference: {
    countries: {
      file: 'sql/reference/countries.csv',
      columns: { country_id: 'INTEGER', country: 'VARCHAR' },
      key: 'country_id',
    },
  },
  streams: {
    produce: {
      from: generated({ rowsPerSecond: 1, pools: { message_ids: pool(50, (faker) => faker.string.uuid()) } }),
      select: 'sql/bronze/generate_messages.sql',
      into: ['bronze_messages'],
      trigger: '1 second',
    },
    land: { from: parquetFolder('landing/messages'), into: ['bronze_messages'] },
    silver: {
      from: deltaTable('bronze_messages'),
      select: 'sql/silver/route_messages.sql',
      into: ['messages', 'messages_corrupted'],
    },
  },
  views: 'sql/views',
  reports: 'sql/reports',
  live: { follows: 'silver', models: 'sql/live', panels: 'sql/panels', eventTime: 'timestamp' },
  server: {
    rows: ['messages_corrupted'],
    dashboard: {
      title: 'Messages',
      panels: {
        messages: { width: 3 },
        unique_messages: { width: 3 },
        users: { width: 3 },
        // Two of the seven event types that are generated are corrupted.
        corrupted: { width: 3, alarm: 35 },
        messages_per_minute: { width: 12, wallWidth: 7 },
        event_types: { width: 6, wallWidth: 5 },
        active_users: { width: 3 },
        countries: { width: 3 },
        corrupted_share: { width: 6, wallWidth: 3, alarm: 35 },
        batches: { width: 6, wallWidth: 3 },
        corrupted_reasons: { width: 3, wallWidth: 0 },
        worst_batches: { width: 9, wallWidth: 0, alarm: 35 },
      },
    },
  },
})
