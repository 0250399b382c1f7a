-- panels/messages_per_hour.sql: first messages by hour and channel; one row per hour and channel.
--
-- in   live.first_messages_per_hour   first messages, counted by hour
-- out  hour, channel, messages
--
-- title: Messages per hour
-- kind: area
-- x: hour
-- y: messages
-- series: channel
-- grain: 1 hour
-- range: 7 days
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR
SELECT hour, channel, CAST(sum(messages) AS BIGINT) AS messages
FROM live.first_messages_per_hour
WHERE hour >= $from AND hour < $to
  AND ($channel IS NULL OR channel = ANY($channel))
  AND ($event_type IS NULL OR event_type = ANY($event_type))
  AND ($country IS NULL OR country = ANY($country))
GROUP BY hour, channel
ORDER BY hour, channel NULLS LAST
