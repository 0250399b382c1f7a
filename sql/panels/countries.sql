-- panels/countries.sql: first messages of each country in a range, its share of all, and what it had a day before; one row per country, the largest first.
--
-- in   live.first_messages_per_hour   first messages, counted by hour
-- out  country, messages, share in percent; messages_complete: up to the last complete hour; messages_before: a day
--      before that
--
-- title: Countries
-- note: valid, without duplicates
-- kind: bar
-- x: country
-- y: messages
-- compared: messages_complete
-- before: messages_before
-- units: share %
-- labels: NULL = no country
-- grain: 1 hour
-- over: day
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR
WITH counted AS (
  SELECT country,
    CAST(sum(messages) FILTER (WHERE hour >= $from) AS BIGINT) AS messages,
    CAST(sum(messages) FILTER (WHERE hour >= $from AND hour < $complete) AS BIGINT) AS messages_complete,
    CAST(sum(messages) FILTER (WHERE hour < $complete - INTERVAL '1 day') AS BIGINT) AS messages_before
  FROM live.first_messages_per_hour
  WHERE hour >= $from - INTERVAL '1 day' AND hour < $to
    AND ($channel IS NULL OR channel = ANY($channel))
    AND ($event_type IS NULL OR event_type = ANY($event_type))
    AND ($country IS NULL OR country = ANY($country))
  GROUP BY country
)
SELECT country, messages,
  100 * CAST(messages AS DOUBLE PRECISION) / CAST(sum(messages) OVER () AS DOUBLE PRECISION) AS share,
  messages_complete, messages_before
FROM counted
WHERE messages > 0 OR messages_before > 0
ORDER BY messages DESC NULLS LAST, messages_before DESC NULLS LAST, country NULLS LAST
