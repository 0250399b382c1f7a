/** Just before midnight UTC. */
const START_MICROS = Date.UTC(2026, 10, 21, 23, 59, 55) * 1000

/** A SELECT of `count` messages whose `value` counts up from `first`; every kind of event, NULLs and two dates. */
export function messageRows(first: number, count: number): string {
  return `
    SELECT
      CASE WHEN value % 11 <> 3 THEN make_timestamptz(${START_MICROS} + value * 1000000) END AS timestamp,
      value,
      ['OPEN', '', NULL, 'NONE', 'none', 'SENT', ' '][1 + value % 7] AS event_type,
      'id ' || (value % 5) AS message_id,
      ['CHAT', 'EMAIL', NULL][1 + value % 3] AS channel,
      CASE WHEN value % 4 <> 1 THEN CAST(1998 + value % 20 AS INTEGER) END AS country_id,
      CAST(1000 + value % 50 AS INTEGER) AS user_id
    FROM (SELECT range AS value FROM range(${first}, ${first + count}))`
}

/** The same with a `user_id` that fits no INTEGER: its file has a sound footer and does not cast. */
export function hugeUserRows(first: number, count: number): string {
  return `SELECT * REPLACE (CAST(3000000000 AS BIGINT) AS user_id) FROM (${messageRows(first, count)})`
}
