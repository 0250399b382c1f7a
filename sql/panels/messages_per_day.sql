-- panels/messages_per_day.sql: all messages by day and channel; one row per date and channel.
--
-- in   live.messages_per_day    valid messages, counted by day
--      live.corrupted_per_day   corrupted messages, counted by day
-- out  date, channel, messages
--
-- title: Messages per day
-- kind: area
-- x: date
-- y: messages
-- series: channel
-- order: CHAT, EMAIL, PUSH, SMS, OTHER
-- labels: NULL = none
-- grain: 1 day
-- range: 90 days
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR
SELECT date, channel, CAST(sum(messages) AS BIGINT) AS messages
FROM (
  SELECT date, channel, event_type, country, messages FROM live.messages_per_day
  UNION ALL
  SELECT date, channel, event_type, country, messages FROM live.corrupted_per_day
) AS counted
WHERE date >= CAST($from AS DATE) AND date < CAST($to AS DATE)
  AND ($channel IS NULL OR channel = ANY($channel))
  AND ($event_type IS NULL OR event_type = ANY($event_type))
  AND ($country IS NULL OR country = ANY($country))
GROUP BY date, channel
ORDER BY date, channel NULLS LAST
