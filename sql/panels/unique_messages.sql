-- panels/unique_messages.sql: first messages in a range, and a day before; one row.
--
-- in   live.first_messages_per_minute   first messages, counted by minute
-- out  messages; messages_complete: up to the last complete minute; messages_before: a day before that
--
-- title: Unique messages
-- kind: number
-- y: messages
-- compared: messages_complete
-- before: messages_before
-- spark: unique_messages_day
-- grain: 1 minute
-- over: day
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR
SELECT
  CAST(coalesce(sum(messages) FILTER (WHERE minute >= $from), 0) AS BIGINT) AS messages,
  CAST(coalesce(sum(messages) FILTER (WHERE minute >= $from AND minute < $complete), 0) AS BIGINT) AS messages_complete,
  CAST(sum(messages) FILTER (WHERE minute < $complete - INTERVAL '1 day') AS BIGINT) AS messages_before
FROM live.first_messages_per_minute
WHERE minute >= $from - INTERVAL '1 day' AND minute < $to
  AND ($channel IS NULL OR channel = ANY($channel))
  AND ($event_type IS NULL OR event_type = ANY($event_type))
  AND ($country IS NULL OR country = ANY($country))
