-- panels/corrupted_share.sql: the share of corrupted messages among all of a minute, in percent, and a day before; one row per minute.
--
-- in   live.messages_per_minute    valid messages, counted by minute
--      live.corrupted_per_minute   corrupted messages, counted by minute
-- out  minute, share, share_before, corrupted, messages: NULL where there are none
--
-- title: Corrupted share
-- note: per minute; dashed: a day before
-- kind: line
-- x: minute
-- y: share
-- before: share_before
-- unit: %
-- alarm: 10
-- rows: messages_corrupted
-- coarser: corrupted_share_per_hour beyond 2 days
-- grain: 1 minute
-- range: 3 hours
-- filters: channel VARCHAR, country VARCHAR

-- What a day has is counted once, and shown a second time a day later, beside what was there then.
WITH counted AS (
  SELECT minute, sum(messages) AS messages, sum(corrupted) AS corrupted
  FROM (
    SELECT minute, channel, country, messages, 0 AS corrupted FROM live.messages_per_minute
    UNION ALL
    SELECT minute, channel, country, messages, messages AS corrupted FROM live.corrupted_per_minute
  ) AS every_message
  WHERE (minute >= $from AND minute < $to OR minute >= $from - INTERVAL '1 day' AND minute < $to - INTERVAL '1 day')
    AND ($channel IS NULL OR channel = ANY($channel))
    AND ($country IS NULL OR country = ANY($country))
  GROUP BY minute
)
SELECT counted.minute + days.later AS minute,
  100 * CAST(sum(counted.corrupted) FILTER (WHERE NOT days.is_before) AS DOUBLE PRECISION)
    / CAST(sum(counted.messages) FILTER (WHERE NOT days.is_before) AS DOUBLE PRECISION) AS share,
  100 * CAST(sum(counted.corrupted) FILTER (WHERE days.is_before) AS DOUBLE PRECISION)
    / CAST(sum(counted.messages) FILTER (WHERE days.is_before) AS DOUBLE PRECISION) AS share_before,
  CAST(sum(counted.corrupted) FILTER (WHERE NOT days.is_before) AS BIGINT) AS corrupted,
  CAST(sum(counted.messages) FILTER (WHERE NOT days.is_before) AS BIGINT) AS messages
FROM counted
CROSS JOIN (VALUES (INTERVAL '0 days', false), (INTERVAL '1 day', true)) AS days(later, is_before)
WHERE counted.minute + days.later >= $from AND counted.minute + days.later < $to
GROUP BY counted.minute + days.later
ORDER BY minute
