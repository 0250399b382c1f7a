-- live/messages_per_hour.sql: how many valid messages there are, duplicates included, by hour; one row per hour, channel and country.
--
-- in   messages            valid messages
-- out  hour, channel, country, messages
SELECT date_trunc('hour', timestamp) AS hour, channel, country, count(*) AS messages
FROM messages
GROUP BY ALL
