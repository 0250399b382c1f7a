-- panels/messages.sql: all messages in a range, corrupted ones and duplicates included, and in the same one a day before; one row.
--
-- in   live.messages_per_minute    valid messages, counted by minute
--      live.corrupted_per_minute   corrupted messages, counted by minute
-- out  messages, messages_before
--
-- title: Messages
-- kind: number
-- y: messages, messages_before
-- grain: 1 minute
-- range: 24 hours
-- filters: channel VARCHAR, country VARCHAR
SELECT
  CAST(coalesce(sum(messages) FILTER (WHERE minute >= $from), 0) AS BIGINT) AS messages,
  CAST(coalesce(sum(messages) FILTER (WHERE minute < $to - INTERVAL '1 day'), 0) AS BIGINT) AS messages_before
FROM (
  SELECT minute, channel, country, messages, 0 AS corrupted FROM live.messages_per_minute
  UNION ALL
  SELECT minute, channel, country, messages, messages AS corrupted FROM live.corrupted_per_minute
) AS counted
WHERE minute >= $from - INTERVAL '1 day' AND minute < $to
  AND ($channel IS NULL OR channel = ANY($channel))
  AND ($country IS NULL OR country = ANY($country))
