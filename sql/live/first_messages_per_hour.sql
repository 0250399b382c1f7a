-- live/first_messages_per_hour.sql: how many first messages there are, by hour; one row per hour, channel, event_type and country.
--
-- in   first_messages      valid messages without duplicates
-- out  hour, channel, event_type, country, messages
SELECT date_trunc('hour', timestamp) AS hour, channel, event_type, country, count(*) AS messages
FROM first_messages
GROUP BY ALL
