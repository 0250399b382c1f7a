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
SELECT minute,
  100 * CAST(sum(corrupted) FILTER (WHERE NOT is_before) AS DOUBLE PRECISION)
    / CAST(sum(messages) FILTER (WHERE NOT is_before) AS DOUBLE PRECISION) AS share,
  100 * CAST(sum(corrupted) FILTER (WHERE is_before) AS DOUBLE PRECISION)
    / CAST(sum(messages) FILTER (WHERE is_before) AS DOUBLE PRECISION) AS share_before,
  CAST(sum(corrupted) FILTER (WHERE NOT is_before) AS BIGINT) AS corrupted,
  CAST(sum(messages) FILTER (WHERE NOT is_before) AS BIGINT) AS messages
FROM (
  SELECT minute, channel, country, messages, 0 AS corrupted, false AS is_before
  FROM live.messages_per_minute
  WHERE minute >= $from AND minute < $to
  UNION ALL
  SELECT minute, channel, country, messages, messages AS corrupted, false AS is_before
  FROM live.corrupted_per_minute
  WHERE minute >= $from AND minute < $to
  UNION ALL
  SELECT minute + INTERVAL '1 day' AS minute, channel, country, messages, 0 AS corrupted, true AS is_before
  FROM live.messages_per_minute
  WHERE minute >= $from - INTERVAL '1 day' AND minute < $to - INTERVAL '1 day'
  UNION ALL
  SELECT minute + INTERVAL '1 day' AS minute, channel, country, messages, messages AS corrupted, true AS is_before
  FROM live.corrupted_per_minute
  WHERE minute >= $from - INTERVAL '1 day' AND minute < $to - INTERVAL '1 day'
) AS counted
WHERE ($channel IS NULL OR channel = ANY($channel))
  AND ($country IS NULL OR country = ANY($country))
GROUP BY minute
ORDER BY minute
