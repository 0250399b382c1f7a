-- live/messages_per_hour.sql: how many valid messages there are, duplicates included, by hour; one row per hour, channel, event_type and country.
--
-- in   messages            valid messages
-- out  hour, channel, event_type, country, messages
SELECT date_trunc('hour', timestamp) AS hour, channel, event_type, country, count(*) AS messages
FROM messages
GROUP BY ALL
