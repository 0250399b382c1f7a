-- live/corrupted_per_hour.sql: how many corrupted messages there are, by hour; one row per hour, channel, country and event_type, as it stood there.
--
-- in   messages_corrupted  messages without a usable event_type
-- out  hour, channel, country, event_type, messages
SELECT date_trunc('hour', timestamp) AS hour, channel, country, event_type, count(*) AS messages
FROM messages_corrupted
GROUP BY ALL
