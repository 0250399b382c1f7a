-- panels/users.sql: distinct users of first messages in a range, and a day before; one row.
--
-- in   live.users_per_hour   users of first messages, by hour
-- out  users; users_complete: up to the last complete hour; users_before: a day before that
--
-- title: Active users
-- note: who sent valid messages
-- kind: number
-- y: users
-- compared: users_complete
-- before: users_before
-- spark: users_day
-- grain: 1 hour
-- over: day
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR
SELECT
  count(DISTINCT user_id) FILTER (WHERE hour >= $from) AS users,
  count(DISTINCT user_id) FILTER (WHERE hour >= $from AND hour < $complete) AS users_complete,
  nullif(count(DISTINCT user_id) FILTER (WHERE hour < $complete - INTERVAL '1 day'), 0) AS users_before
FROM live.users_per_hour
WHERE hour >= $from - INTERVAL '1 day' AND hour < $to
  AND ($channel IS NULL OR channel = ANY($channel))
  AND ($event_type IS NULL OR event_type = ANY($event_type))
  AND ($country IS NULL OR country = ANY($country))
