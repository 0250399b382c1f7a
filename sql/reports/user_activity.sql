-- reports/user_activity.sql: how often a user appears in the first messages, in all and by channel; one row per user.
--
-- in   first_messages   valid messages without duplicates
-- out  user_id, iterations, and a column per channel in alphabetical order: a count, 0 where there was none

-- Counted once, for what follows reads the counts twice.
WITH counted AS MATERIALIZED (
  SELECT user_id, channel, count(*) AS messages FROM first_messages GROUP BY user_id, channel
),
-- The known channels have their columns always. Messages without a channel count in a column named null, as in Spark,
-- and those whose channel is '' in one named (empty), for no column can have that name.
channels AS (
  SELECT unnest(['CHAT', 'EMAIL', 'OTHER', 'PUSH', 'SMS']) AS channel
  UNION
  SELECT channel FROM counted
),
named_channels AS (
  SELECT channel, CASE channel WHEN '' THEN '(empty)' ELSE coalesce(replace(channel, chr(0), '\x00'), 'null') END
    AS column_name
  FROM channels
),
-- As in event_types.sql, a number in front keeps names apart that differ only in case.
numbered_channels AS (
  SELECT channel,
    printf('=%06d=', row_number() OVER (ORDER BY column_name, channel)) || CASE
      WHEN column_name IN ('user_id', 'iterations') OR count(*) OVER (PARTITION BY column_name) > 1 THEN error(
        'the channel "' || column_name || '" has the name of another column of this report. Count without columns: '
        || 'SELECT user_id, channel, count(*) FROM first_messages GROUP BY ALL ORDER BY ALL')
      ELSE column_name
    END AS column_name
  FROM named_channels
),
cells AS (
  SELECT c.user_id, n.column_name, c.messages, true AS is_message,
    CAST(sum(c.messages) OVER (PARTITION BY c.user_id) AS BIGINT) AS iterations
  FROM counted AS c
  JOIN numbered_channels AS n ON n.channel IS NOT DISTINCT FROM c.channel
  UNION ALL
  SELECT NULL, column_name, NULL, false, NULL FROM numbered_channels
),
pivoted AS (
  PIVOT cells ON column_name USING CAST(coalesce(sum(messages), 0) AS BIGINT)
  GROUP BY is_message, user_id, iterations
)
SELECT user_id, iterations, COLUMNS('(?s)^=\d+=(.*)$') AS '\1'
FROM pivoted
WHERE is_message
ORDER BY pivoted.iterations DESC, pivoted.user_id;
