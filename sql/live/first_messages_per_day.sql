-- live/first_messages_per_day.sql: how many first messages there are, by day; one row per date, channel, event_type and country.
--
-- in   first_messages      valid messages without duplicates
-- out  date, channel, event_type, country, messages
SELECT date, channel, event_type, country, count(*) AS messages
FROM first_messages
GROUP BY ALL
