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

-- What a day has is counted once, and shown a second time a day later, beside what was there then.
WITH counted AS (
  SELECT minute, channel, sum(messages) AS messages
  FROM (
    SELECT minute, channel, event_type, country, messages FROM live.messages_per_minute
    UNION ALL
    SELECT minute, channel, event_type, country, messages FROM live.corrupted_per_minute
  ) AS every_message
  WHERE (minute >= $from AND minute < $to OR minute >= $from - INTERVAL '1 day' AND minute < $to - INTERVAL '1 day')
    AND ($channel IS NULL OR channel = ANY($channel))
    AND ($event_type IS NULL OR event_type = ANY($event_type))
    AND ($country IS NULL OR country = ANY($country))
  GROUP BY minute, channel
)
SELECT counted.minute + days.later AS minute, counted.channel,
  CAST(sum(counted.messages) FILTER (WHERE NOT days.is_before) AS BIGINT) AS messages,
  CAST(sum(counted.messages) FILTER (WHERE days.is_before) AS BIGINT) AS messages_before
FROM counted
CROSS JOIN (VALUES (INTERVAL '0 days', false), (INTERVAL '1 day', true)) AS days(later, is_before)
WHERE counted.minute + days.later >= $from AND counted.minute + days.later < $to
GROUP BY counted.minute + days.later, counted.channel
ORDER BY minute, channel NULLS LAST
