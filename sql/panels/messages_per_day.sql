-- panels/messages_per_day.sql: first messages by day and channel; one row per date and channel.
--
-- in   live.first_messages_per_day   first messages, counted by day
-- out  date, channel, messages
--
-- title: Messages per day
-- kind: area
-- x: date
-- y: messages
-- series: channel
-- grain: 1 day
-- range: 90 days
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR
SELECT date, channel, CAST(sum(messages) AS BIGINT) AS messages
FROM live.first_messages_per_day
WHERE date >= CAST($from AS DATE) AND date < CAST($to AS DATE)
  AND ($channel IS NULL OR channel = ANY($channel))
  AND ($event_type IS NULL OR event_type = ANY($event_type))
  AND ($country IS NULL OR country = ANY($country))
GROUP BY date, channel
ORDER BY date, channel NULLS LAST
