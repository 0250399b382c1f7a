-- panels/messages_per_minute.sql: all messages by minute and channel, and those of a day before; one row per minute and channel.
--
-- in   live.messages_per_minute    valid messages, counted by minute
--      live.corrupted_per_minute   corrupted messages, counted by minute
-- out  minute, channel, messages, messages_before
--
-- title: Messages per minute
-- note: line: all channels a day before
-- kind: area
-- x: minute
-- y: messages
-- series: channel
-- before: messages_before
-- order: CHAT, EMAIL, PUSH, SMS, OTHER
-- labels: NULL = none
-- brush: messages_day
-- coarser: messages_per_hour beyond 2 days
-- grain: 1 minute
-- range: 3 hours
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR
SELECT minute, channel,
  CAST(sum(messages) FILTER (WHERE NOT is_before) AS BIGINT) AS messages,
  CAST(sum(messages) FILTER (WHERE is_before) AS BIGINT) AS messages_before
FROM (
  SELECT minute, channel, event_type, country, messages, false AS is_before
  FROM live.messages_per_minute
  WHERE minute >= $from AND minute < $to
  UNION ALL
  SELECT minute, channel, event_type, country, messages, false AS is_before
  FROM live.corrupted_per_minute
  WHERE minute >= $from AND minute < $to
  UNION ALL
  SELECT minute + INTERVAL '1 day' AS minute, channel, event_type, country, messages, true AS is_before
  FROM live.messages_per_minute
  WHERE minute >= $from - INTERVAL '1 day' AND minute < $to - INTERVAL '1 day'
  UNION ALL
  SELECT minute + INTERVAL '1 day' AS minute, channel, event_type, country, messages, true AS is_before
  FROM live.corrupted_per_minute
  WHERE minute >= $from - INTERVAL '1 day' AND minute < $to - INTERVAL '1 day'
) AS counted
WHERE ($channel IS NULL OR channel = ANY($channel))
  AND ($event_type IS NULL OR event_type = ANY($event_type))
  AND ($country IS NULL OR country = ANY($country))
GROUP BY minute, channel
ORDER BY minute, channel NULLS LAST
