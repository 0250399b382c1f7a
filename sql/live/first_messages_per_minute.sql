-- live/first_messages_per_minute.sql: how many first messages there are, by minute; one row per minute, channel, event_type and country.
--
-- in   first_messages      valid messages without duplicates
-- out  minute, channel, event_type, country, messages
SELECT date_trunc('minute', timestamp) AS minute, channel, event_type, country, count(*) AS messages
FROM first_messages
GROUP BY ALL
