-- panels/messages_per_hour.sql: all messages by hour and channel, and those of a day before; one row per hour and channel.
--
-- in   live.messages_per_hour    valid messages, counted by hour
--      live.corrupted_per_hour   corrupted messages, counted by hour
-- out  hour, channel, messages, messages_before
--
-- title: Messages per hour
-- note: line: all channels a day before
-- kind: area
-- x: hour
-- y: messages
-- series: channel
-- before: messages_before
-- order: CHAT, EMAIL, PUSH, SMS, OTHER
-- labels: NULL = none
-- coarser: messages_per_day beyond 60 days
-- grain: 1 hour
-- range: 7 days
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR
SELECT hour, channel,
  CAST(sum(messages) FILTER (WHERE NOT is_before) AS BIGINT) AS messages,
  CAST(sum(messages) FILTER (WHERE is_before) AS BIGINT) AS messages_before
FROM (
  SELECT hour, channel, event_type, country, messages, false AS is_before
  FROM live.messages_per_hour
  WHERE hour >= $from AND hour < $to
  UNION ALL
  SELECT hour, channel, event_type, country, messages, false AS is_before
  FROM live.corrupted_per_hour
  WHERE hour >= $from AND hour < $to
  UNION ALL
  SELECT hour + INTERVAL '1 day' AS hour, channel, event_type, country, messages, true AS is_before
  FROM live.messages_per_hour
  WHERE hour >= $from - INTERVAL '1 day' AND hour < $to - INTERVAL '1 day'
  UNION ALL
  SELECT hour + INTERVAL '1 day' AS hour, channel, event_type, country, messages, true AS is_before
  FROM live.corrupted_per_hour
  WHERE hour >= $from - INTERVAL '1 day' AND hour < $to - INTERVAL '1 day'
) AS counted
WHERE ($channel IS NULL OR channel = ANY($channel))
  AND ($event_type IS NULL OR event_type = ANY($event_type))
  AND ($country IS NULL OR country = ANY($country))
GROUP BY hour, channel
ORDER BY hour, channel NULLS LAST
