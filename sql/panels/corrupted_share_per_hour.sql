-- panels/corrupted_share_per_hour.sql: the share of corrupted messages among all of an hour, in percent, and a day before; one row per hour.
--
-- in   live.messages_per_hour    valid messages, counted by hour
--      live.corrupted_per_hour   corrupted messages, counted by hour
-- out  hour, share, share_before, corrupted, messages: NULL where there are none
--
-- title: Corrupted share
-- note: per hour; dashed: a day before
-- kind: line
-- x: hour
-- y: share
-- before: share_before
-- unit: %
-- alarm: 10
-- rows: messages_corrupted
-- grain: 1 hour
-- range: 7 days
-- filters: channel VARCHAR, country VARCHAR
SELECT hour,
  100 * CAST(sum(corrupted) FILTER (WHERE NOT is_before) AS DOUBLE PRECISION)
    / CAST(sum(messages) FILTER (WHERE NOT is_before) AS DOUBLE PRECISION) AS share,
  100 * CAST(sum(corrupted) FILTER (WHERE is_before) AS DOUBLE PRECISION)
    / CAST(sum(messages) FILTER (WHERE is_before) AS DOUBLE PRECISION) AS share_before,
  CAST(sum(corrupted) FILTER (WHERE NOT is_before) AS BIGINT) AS corrupted,
  CAST(sum(messages) FILTER (WHERE NOT is_before) AS BIGINT) AS messages
FROM (
  SELECT hour, channel, country, messages, 0 AS corrupted, false AS is_before
  FROM live.messages_per_hour
  WHERE hour >= $from AND hour < $to
  UNION ALL
  SELECT hour, channel, country, messages, messages AS corrupted, false AS is_before
  FROM live.corrupted_per_hour
  WHERE hour >= $from AND hour < $to
  UNION ALL
  SELECT hour + INTERVAL '1 day' AS hour, channel, country, messages, 0 AS corrupted, true AS is_before
  FROM live.messages_per_hour
  WHERE hour >= $from - INTERVAL '1 day' AND hour < $to - INTERVAL '1 day'
  UNION ALL
  SELECT hour + INTERVAL '1 day' AS hour, channel, country, messages, messages AS corrupted, true AS is_before
  FROM live.corrupted_per_hour
  WHERE hour >= $from - INTERVAL '1 day' AND hour < $to - INTERVAL '1 day'
) AS counted
WHERE ($channel IS NULL OR channel = ANY($channel))
  AND ($country IS NULL OR country = ANY($country))
GROUP BY hour
ORDER BY hour
