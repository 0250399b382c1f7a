-- live/messages_per_minute.sql: how many valid messages there are, duplicates included, by minute; one row per minute, channel, event_type and country.
--
-- in   messages            valid messages
-- out  minute, channel, event_type, country, messages
SELECT date_trunc('minute', timestamp) AS minute, channel, event_type, country, count(*) AS messages
FROM messages
GROUP BY ALL
