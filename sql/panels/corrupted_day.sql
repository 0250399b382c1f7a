-- panels/corrupted_day.sql: the share of corrupted messages among all of an hour of a day, in percent, and a day before; one row per hour.
--
-- in   live.messages_per_hour    valid messages, counted by hour
--      live.corrupted_per_hour   corrupted messages, counted by hour
-- out  hour, share, share_before, corrupted, messages: NULL where there are none
--
-- title: Corrupted share of the day
-- kind: line
-- x: hour
-- y: share
-- before: share_before
-- unit: %
-- alarm: 10
-- grain: 1 hour
-- over: full-day
-- filters: channel VARCHAR, country VARCHAR

-- What a day has is counted once, and shown a second time a day later, beside what was there then.
WITH counted AS (
  SELECT hour, sum(messages) AS messages, sum(corrupted) AS corrupted
  FROM (
    SELECT hour, channel, country, messages, 0 AS corrupted FROM live.messages_per_hour
    UNION ALL
    SELECT hour, channel, country, messages, messages AS corrupted FROM live.corrupted_per_hour
  ) AS every_message
  WHERE (hour >= $from AND hour < $to OR hour >= $from - INTERVAL '1 day' AND hour < $to - INTERVAL '1 day')
    AND ($channel IS NULL OR channel = ANY($channel))
    AND ($country IS NULL OR country = ANY($country))
  GROUP BY hour
)
SELECT counted.hour + days.later AS hour,
  100 * CAST(sum(counted.corrupted) FILTER (WHERE NOT days.is_before) AS DOUBLE PRECISION)
    / CAST(sum(counted.messages) FILTER (WHERE NOT days.is_before) AS DOUBLE PRECISION) AS share,
  100 * CAST(sum(counted.corrupted) FILTER (WHERE days.is_before) AS DOUBLE PRECISION)
    / CAST(sum(counted.messages) FILTER (WHERE days.is_before) AS DOUBLE PRECISION) AS share_before,
  CAST(sum(counted.corrupted) FILTER (WHERE NOT days.is_before) AS BIGINT) AS corrupted,
  CAST(sum(counted.messages) FILTER (WHERE NOT days.is_before) AS BIGINT) AS messages
FROM counted
CROSS JOIN (VALUES (INTERVAL '0 days', false), (INTERVAL '1 day', true)) AS days(later, is_before)
WHERE counted.hour + days.later >= $from AND counted.hour + days.later < $to
GROUP BY counted.hour + days.later
ORDER BY hour
