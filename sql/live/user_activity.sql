-- live/user_activity.sql: how often a user appears in the first messages, by channel; one row per user_id and channel.
--
-- in   first_messages      valid messages without duplicates
-- out  user_id, channel, messages
SELECT user_id, channel, count(*) AS messages
FROM first_messages
GROUP BY ALL
