-- reports/user_activity.sql: how often a user appears in the first messages, in all and by channel; one row per user.
--
-- in   first_messages   valid messages without duplicates
-- out  user_id, iterations, and a column per channel in alphabetical order: a count, 0 where there was none

-- As in event_types.sql, the known channels are given to PIVOT in rows of their own, so that each has its column, and
-- a mark before each channel keeps those columns apart from the others.
WITH known_channels AS (
  SELECT unnest(['CHAT', 'EMAIL', 'OTHER', 'PUSH', 'SMS']) AS channel
),
counted AS (
  -- A NULL would be left out by PIVOT; as in Spark, it counts in a column named null. No column can be named ''.
  SELECT user_id, '=' || CASE channel WHEN '' THEN '(empty)' ELSE coalesce(channel, 'null') END AS channel,
    1 AS message, false AS is_known_channel
  FROM first_messages
  UNION ALL
  SELECT NULL, '=' || channel, NULL, true FROM known_channels
),
iterations AS (
  SELECT *, count(*) OVER (PARTITION BY is_known_channel, user_id) AS iterations FROM counted
),
pivoted AS (
  PIVOT iterations ON channel USING CAST(coalesce(sum(message), 0) AS BIGINT)
  GROUP BY is_known_channel, user_id, iterations
)
SELECT user_id, iterations, COLUMNS('(?s)^=(.*)$') AS '\1'
FROM pivoted
WHERE NOT is_known_channel
ORDER BY pivoted.iterations DESC, pivoted.user_id;
