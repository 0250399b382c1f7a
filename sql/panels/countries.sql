-- panels/countries.sql: first messages of each country in a range, and in the same one a day before; one row per country, the largest first.
--
-- in   live.first_messages_per_hour   first messages, counted by hour
-- out  country, messages, messages_before
--
-- title: Countries
-- kind: bar
-- x: country
-- y: messages, messages_before
-- grain: 1 hour
-- range: 24 hours
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR
SELECT country,
  CAST(coalesce(sum(messages) FILTER (WHERE hour >= $from), 0) AS BIGINT) AS messages,
  CAST(coalesce(sum(messages) FILTER (WHERE hour < $to - INTERVAL '1 day'), 0) AS BIGINT) AS messages_before
FROM live.first_messages_per_hour
WHERE hour >= $from - INTERVAL '1 day' AND hour < $to
  AND ($channel IS NULL OR channel = ANY($channel))
  AND ($event_type IS NULL OR event_type = ANY($event_type))
  AND ($country IS NULL OR country = ANY($country))
GROUP BY country
ORDER BY messages DESC, messages_before DESC, country NULLS LAST
