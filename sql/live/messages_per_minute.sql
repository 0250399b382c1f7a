-- live/messages_per_minute.sql: how many valid messages there are, duplicates included, by minute; one row per minute, channel and country.
--
-- in   messages            valid messages
-- out  minute, channel, country, messages
SELECT date_trunc('minute', timestamp) AS minute, channel, country, count(*) AS messages
FROM messages
GROUP BY ALL
