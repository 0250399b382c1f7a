-- panels/unique_messages_day.sql: first messages by hour, and those of a day before; one row per hour.
--
-- in   live.first_messages_per_hour   first messages, counted by hour
-- out  hour, messages, messages_before: NULL where there are none
--
-- title: Unique messages of the day
-- kind: area
-- x: hour
-- y: messages
-- before: messages_before
-- grain: 1 hour
-- over: full-day
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR
SELECT hour,
  CAST(sum(messages) FILTER (WHERE NOT is_before) AS BIGINT) AS messages,
  CAST(sum(messages) FILTER (WHERE is_before) AS BIGINT) AS messages_before
FROM (
  SELECT hour, channel, event_type, country, messages, false AS is_before
  FROM live.first_messages_per_hour
  WHERE hour >= $from AND hour < $to
  UNION ALL
  SELECT hour + INTERVAL '1 day' AS hour, channel, event_type, country, messages, true AS is_before
  FROM live.first_messages_per_hour
  WHERE hour >= $from - INTERVAL '1 day' AND hour < $to - INTERVAL '1 day'
) AS counted
WHERE ($channel IS NULL OR channel = ANY($channel))
  AND ($event_type IS NULL OR event_type = ANY($event_type))
  AND ($country IS NULL OR country = ANY($country))
GROUP BY hour
ORDER BY hour
