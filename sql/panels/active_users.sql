-- panels/active_users.sql: the 20 users with the most first messages in a range, by channel, and what they had a day before; one row per user_id and channel.
--
-- in   live.users_per_hour   users of first messages, by hour
-- out  user_id, channel, messages, user_messages, user_messages_before: the last two of all channels
--
-- title: Most active users
-- kind: bar
-- x: user_id
-- y: messages
-- series: channel
-- grain: 1 hour
-- range: 24 hours
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR

-- Of users who are equally active, those with the smaller number come first: the list does not change by itself.
WITH counted AS (
  SELECT user_id, channel,
    CAST(sum(messages) FILTER (WHERE hour >= $from) AS BIGINT) AS messages,
    CAST(sum(messages) FILTER (WHERE hour < $to - INTERVAL '1 day') AS BIGINT) AS messages_before
  FROM live.users_per_hour
  WHERE hour >= $from - INTERVAL '1 day' AND hour < $to AND user_id IS NOT NULL
    AND ($channel IS NULL OR channel = ANY($channel))
    AND ($event_type IS NULL OR event_type = ANY($event_type))
    AND ($country IS NULL OR country = ANY($country))
  GROUP BY user_id, channel
),
active AS (
  SELECT user_id, CAST(sum(messages) AS BIGINT) AS messages,
    CAST(coalesce(sum(messages_before), 0) AS BIGINT) AS messages_before
  FROM counted
  WHERE messages > 0 OR messages_before > 0
  GROUP BY user_id
  HAVING sum(messages) > 0
  ORDER BY sum(messages) DESC, user_id
  LIMIT 20
)
SELECT counted.user_id, counted.channel, counted.messages, active.messages AS user_messages,
  active.messages_before AS user_messages_before
FROM active
JOIN counted ON counted.user_id = active.user_id
WHERE counted.messages > 0
ORDER BY active.messages DESC, counted.user_id, counted.channel NULLS LAST
