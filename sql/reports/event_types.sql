-- reports/event_types.sql: how many first messages of each type a channel had on a day; one row per date and channel.
--
-- in   first_messages   valid messages without duplicates
-- out  date, channel, and a column per event type in alphabetical order: a count, or NULL where there was none

-- PIVOT makes a column for each value that it finds, so the known types are given to it in rows of their own. Those
-- are told apart by a column and dropped at the end; a type that is new in the data gets its column beside them. The
-- mark before each type keeps its column from taking the name of one that PIVOT groups by, and its counts with it.
WITH known_types AS (
  SELECT unnest(['CLICKED', 'CREATED', 'OPEN', 'RECEIVED', 'SENT']) AS event_type
),
counted AS (
  SELECT date, channel, '=' || event_type AS event_type, 1 AS message, false AS is_known_type FROM first_messages
  UNION ALL
  SELECT NULL, NULL, '=' || event_type, NULL, true FROM known_types
),
pivoted AS (
  PIVOT counted ON event_type USING CAST(sum(message) AS BIGINT) GROUP BY is_known_type, date, channel
)
SELECT date, channel, COLUMNS('(?s)^=(.*)$') AS '\1'
FROM pivoted
WHERE NOT is_known_type
ORDER BY pivoted.date, pivoted.channel;
