-- live/corrupted_per_minute.sql: how many corrupted messages there are, by minute; one row per minute, channel, country and event_type, as it stood there.
--
-- in   messages_corrupted  messages without a usable event_type
-- out  minute, channel, country, event_type, messages
SELECT date_trunc('minute', timestamp) AS minute, channel, country, event_type, count(*) AS messages
FROM messages_corrupted
GROUP BY ALL
