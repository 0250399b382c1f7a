-- live/messages_per_day.sql: how many valid messages there are, duplicates included, by day; one row per date, channel and country.
--
-- in   messages            valid messages
-- out  date, channel, country, messages
SELECT date, channel, country, count(*) AS messages
FROM messages
GROUP BY ALL
