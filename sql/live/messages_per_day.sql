-- live/messages_per_day.sql: how many valid messages there are, duplicates included, by day; one row per date, channel, event_type and country.
--
-- in   messages            valid messages
-- out  date, channel, event_type, country, messages
SELECT date, channel, event_type, country, count(*) AS messages
FROM messages
GROUP BY ALL
