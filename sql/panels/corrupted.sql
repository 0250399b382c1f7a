-- panels/corrupted.sql: the share of corrupted messages among all in a range, in percent, and a day before; one row.
--
-- in   live.messages_per_minute    valid messages, counted by minute
--      live.corrupted_per_minute   corrupted messages, counted by minute
-- out  share; share_complete: up to the last complete minute; share_before: a day before that; NULL without messages
--
-- title: Corrupted
-- kind: number
-- y: share
-- compared: share_complete
-- before: share_before
-- unit: %
-- alarm: 10
-- spark: corrupted_day
-- rows: messages_corrupted
-- grain: 1 minute
-- over: day
-- filters: channel VARCHAR, country VARCHAR
SELECT
  100 * CAST(sum(corrupted) FILTER (WHERE minute >= $from) AS DOUBLE PRECISION)
    / CAST(sum(messages) FILTER (WHERE minute >= $from) AS DOUBLE PRECISION) AS share,
  100 * CAST(sum(corrupted) FILTER (WHERE minute >= $from AND minute < $complete) AS DOUBLE PRECISION)
    / CAST(sum(messages) FILTER (WHERE minute >= $from AND minute < $complete) AS DOUBLE PRECISION) AS share_complete,
  100 * CAST(sum(corrupted) FILTER (WHERE minute < $complete - INTERVAL '1 day') AS DOUBLE PRECISION)
    / CAST(sum(messages) FILTER (WHERE minute < $complete - INTERVAL '1 day') AS DOUBLE PRECISION) AS share_before
FROM (
  SELECT minute, channel, country, messages, 0 AS corrupted FROM live.messages_per_minute
  UNION ALL
  SELECT minute, channel, country, messages, messages AS corrupted FROM live.corrupted_per_minute
) AS counted
WHERE minute >= $from - INTERVAL '1 day' AND minute < $to
  AND ($channel IS NULL OR channel = ANY($channel))
  AND ($country IS NULL OR country = ANY($country))
