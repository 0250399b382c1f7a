-- panels/active_users.sql: the 20 users with the most first messages in a range, by channel, and what they had a day before; one row per user_id and channel.
--
-- in   live.users_per_hour   users of first messages, by hour
-- out  user_id, channel, messages; messages_complete: up to the last complete hour; messages_before: a day before that
--
-- title: Most active users
-- note: valid, without duplicates
-- kind: bar
-- x: user_id
-- y: messages
-- series: channel
-- compared: messages_complete
-- before: messages_before
-- order: CHAT, EMAIL, PUSH, SMS, OTHER
-- labels: NULL = none
-- headings: user_id = User
-- grain: 1 hour
-- over: day
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR

-- Of users who are equally active, those with the smaller number come first: the list does not change by itself.
WITH active AS (
  SELECT user_id, sum(messages) AS messages
  FROM live.users_per_hour
  WHERE hour >= $from AND hour < $to AND user_id IS NOT NULL
    AND ($channel IS NULL OR channel = ANY($channel))
    AND ($event_type IS NULL OR event_type = ANY($event_type))
    AND ($country IS NULL OR country = ANY($country))
  GROUP BY user_id
  ORDER BY sum(messages) DESC, user_id
  LIMIT 20
),
counted AS (
  SELECT users.user_id, users.channel, active.messages AS of_user,
    CAST(sum(users.messages) FILTER (WHERE users.hour >= $from) AS BIGINT) AS messages,
    CAST(sum(users.messages) FILTER (WHERE users.hour >= $from AND users.hour < $complete) AS BIGINT)
      AS messages_complete,
    CAST(sum(users.messages) FILTER (WHERE users.hour < $complete - INTERVAL '1 day') AS BIGINT) AS messages_before
  FROM live.users_per_hour AS users
  JOIN active ON active.user_id = users.user_id
  WHERE users.hour >= $from - INTERVAL '1 day' AND users.hour < $to
    AND ($channel IS NULL OR channel = ANY($channel))
    AND ($event_type IS NULL OR event_type = ANY($event_type))
    AND ($country IS NULL OR country = ANY($country))
  GROUP BY users.user_id, users.channel, active.messages
)
SELECT user_id, channel, messages, messages_complete, messages_before
FROM counted
WHERE messages > 0 OR messages_before > 0
ORDER BY of_user DESC, user_id, channel NULLS LAST
