-- panels/messages_day.sql: all messages by hour, and those of a day before; one row per hour.
--
-- in   live.messages_per_hour    valid messages, counted by hour
--      live.corrupted_per_hour   corrupted messages, counted by hour
-- out  hour, messages, messages_before: NULL where there are none
--
-- title: Messages of the day
-- kind: area
-- x: hour
-- y: messages
-- before: messages_before
-- grain: 1 hour
-- over: full-day
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR

-- What a day has is counted once, and shown a second time a day later, beside what was there then.
WITH counted AS (
  SELECT hour, sum(messages) AS messages
  FROM (
    SELECT hour, channel, event_type, country, messages FROM live.messages_per_hour
    UNION ALL
    SELECT hour, channel, event_type, country, messages FROM live.corrupted_per_hour
  ) AS every_message
  WHERE (hour >= $from AND hour < $to OR hour >= $from - INTERVAL '1 day' AND hour < $to - INTERVAL '1 day')
    AND ($channel IS NULL OR channel = ANY($channel))
    AND ($event_type IS NULL OR event_type = ANY($event_type))
    AND ($country IS NULL OR country = ANY($country))
  GROUP BY hour
)
SELECT counted.hour + days.later AS hour,
  CAST(sum(counted.messages) FILTER (WHERE NOT days.is_before) AS BIGINT) AS messages,
  CAST(sum(counted.messages) FILTER (WHERE days.is_before) AS BIGINT) AS messages_before
FROM counted
CROSS JOIN (VALUES (INTERVAL '0 days', false), (INTERVAL '1 day', true)) AS days(later, is_before)
WHERE counted.hour + days.later >= $from AND counted.hour + days.later < $to
GROUP BY counted.hour + days.later
ORDER BY hour
