-- live/corrupted_per_day.sql: how many corrupted messages there are, by day; one row per date, channel, country and event_type, as it stood there.
--
-- in   messages_corrupted  messages without a usable event_type
-- out  date, channel, country, event_type, messages
SELECT date, channel, country, event_type, count(*) AS messages
FROM messages_corrupted
GROUP BY ALL
