-- panels/user_activity.sql: the 50 users with the most first messages ever, by channel; one row per user_id and channel.
--
-- in   live.user_activity   first messages by user and channel
-- out  user_id, channel, messages, iterations: of all channels
--
-- title: User activity
-- kind: table
-- filters: channel VARCHAR
WITH active AS (
  SELECT user_id, CAST(sum(messages) AS BIGINT) AS iterations
  FROM live.user_activity
  WHERE user_id IS NOT NULL AND ($channel IS NULL OR channel = ANY($channel))
  GROUP BY user_id
  ORDER BY sum(messages) DESC, user_id
  LIMIT 50
)
SELECT a.user_id, u.channel, u.messages, a.iterations
FROM active AS a
JOIN live.user_activity AS u ON u.user_id = a.user_id
WHERE ($channel IS NULL OR u.channel = ANY($channel))
ORDER BY a.iterations DESC, a.user_id, u.channel NULLS LAST
