-- panels/users.sql: distinct users of first messages in a range, and in the same one a day before; one row.
--
-- in   live.users_per_hour   users of first messages, by hour
-- out  users, users_before
--
-- title: Active users
-- kind: number
-- y: users, users_before
-- grain: 1 hour
-- range: 24 hours
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR
SELECT
  count(DISTINCT user_id) FILTER (WHERE hour >= $from) AS users,
  count(DISTINCT user_id) FILTER (WHERE hour < $to - INTERVAL '1 day') AS users_before
FROM live.users_per_hour
WHERE hour >= $from - INTERVAL '1 day' AND hour < $to
  AND ($channel IS NULL OR channel = ANY($channel))
  AND ($event_type IS NULL OR event_type = ANY($event_type))
  AND ($country IS NULL OR country = ANY($country))
