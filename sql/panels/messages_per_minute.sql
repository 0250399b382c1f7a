-- panels/messages_per_minute.sql: first messages by minute and channel; one row per minute and channel.
--
-- in   live.first_messages_per_minute   first messages, counted by minute
-- out  minute, channel, messages
--
-- title: Messages per minute
-- kind: area
-- x: minute
-- y: messages
-- series: channel
-- grain: 1 minute
-- range: 3 hours
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR
SELECT minute, channel, CAST(sum(messages) AS BIGINT) AS messages
FROM live.first_messages_per_minute
WHERE minute >= $from AND minute < $to
  AND ($channel IS NULL OR channel = ANY($channel))
  AND ($event_type IS NULL OR event_type = ANY($event_type))
  AND ($country IS NULL OR country = ANY($country))
GROUP BY minute, channel
ORDER BY minute, channel NULLS LAST
