-- panels/corrupted.sql: the share of corrupted messages among all in a range, in percent, and in the same one a day before; one row.
--
-- in   live.messages_per_minute    valid messages, counted by minute
--      live.corrupted_per_minute   corrupted messages, counted by minute
-- out  share, share_before: NULL where there was no message
--
-- title: Corrupted
-- kind: number
-- y: share, share_before
-- unit: %
-- grain: 1 minute
-- range: 24 hours
-- filters: channel VARCHAR, country VARCHAR
SELECT
  100 * CAST(sum(corrupted) FILTER (WHERE minute >= $from) AS DOUBLE PRECISION)
    / CAST(sum(messages) FILTER (WHERE minute >= $from) AS DOUBLE PRECISION) AS share,
  100 * CAST(sum(corrupted) FILTER (WHERE minute < $to - INTERVAL '1 day') AS DOUBLE PRECISION)
    / CAST(sum(messages) FILTER (WHERE minute < $to - INTERVAL '1 day') AS DOUBLE PRECISION) AS share_before
FROM (
  SELECT minute, channel, country, messages, 0 AS corrupted FROM live.messages_per_minute
  UNION ALL
  SELECT minute, channel, country, messages, messages AS corrupted FROM live.corrupted_per_minute
) AS counted
WHERE minute >= $from - INTERVAL '1 day' AND minute < $to
  AND ($channel IS NULL OR channel = ANY($channel))
  AND ($country IS NULL OR country = ANY($country))
