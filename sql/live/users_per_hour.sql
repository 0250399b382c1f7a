-- live/users_per_hour.sql: how often a user appears in the first messages of an hour; one row per hour, channel, event_type, country and user_id.
--
-- in   first_messages      valid messages without duplicates
-- out  hour, channel, event_type, country, user_id, messages
SELECT date_trunc('hour', timestamp) AS hour, channel, event_type, country, user_id, count(*) AS messages
FROM first_messages
GROUP BY ALL
