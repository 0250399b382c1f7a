-- panels/corrupted_share.sql: the share of corrupted messages among all of a minute, in percent; one row per minute.
--
-- in   live.messages_per_minute    valid messages, counted by minute
--      live.corrupted_per_minute   corrupted messages, counted by minute
-- out  minute, share, corrupted, messages
--
-- title: Corrupted share
-- kind: line
-- x: minute
-- y: share
-- unit: %
-- grain: 1 minute
-- range: 3 hours
-- filters: channel VARCHAR, country VARCHAR
SELECT minute,
  100 * CAST(sum(corrupted) AS DOUBLE PRECISION) / CAST(sum(messages) AS DOUBLE PRECISION) AS share,
  CAST(sum(corrupted) AS BIGINT) AS corrupted,
  CAST(sum(messages) AS BIGINT) AS messages
FROM (
  SELECT minute, channel, country, messages, 0 AS corrupted FROM live.messages_per_minute
  UNION ALL
  SELECT minute, channel, country, messages, messages AS corrupted FROM live.corrupted_per_minute
) AS counted
WHERE minute >= $from AND minute < $to
  AND ($channel IS NULL OR channel = ANY($channel))
  AND ($country IS NULL OR country = ANY($country))
GROUP BY minute
ORDER BY minute
