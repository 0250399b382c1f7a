-- panels/unique_messages.sql: first messages in a range, and in the same one a day before; one row.
--
-- in   live.first_messages_per_minute   first messages, counted by minute
-- out  messages, messages_before
--
-- title: Unique messages
-- kind: number
-- y: messages, messages_before
-- grain: 1 minute
-- range: 24 hours
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR
SELECT
  CAST(coalesce(sum(messages) FILTER (WHERE minute >= $from), 0) AS BIGINT) AS messages,
  CAST(coalesce(sum(messages) FILTER (WHERE minute < $to - INTERVAL '1 day'), 0) AS BIGINT) AS messages_before
FROM live.first_messages_per_minute
WHERE minute >= $from - INTERVAL '1 day' AND minute < $to
  AND ($channel IS NULL OR channel = ANY($channel))
  AND ($event_type IS NULL OR event_type = ANY($event_type))
  AND ($country IS NULL OR country = ANY($country))
