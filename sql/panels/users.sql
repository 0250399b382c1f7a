-- panels/users.sql: distinct users of first messages in a range, and a day before; one row.
--
-- in   live.users_per_hour   users of first messages, by hour
-- out  users; users_complete: up to the last complete hour; users_before: a day before that
--
-- title: Active users
-- kind: number
-- y: users
-- compared: users_complete
-- before: users_before
-- spark: users_day
-- grain: 1 hour
-- over: day
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR
SELECT
  count(*) FILTER (WHERE is_now) AS users,
  count(*) FILTER (WHERE is_complete) AS users_complete,
  nullif(count(*) FILTER (WHERE is_before), 0) AS users_before
FROM (
  SELECT user_id,
    bool_or(hour >= $from) AS is_now,
    bool_or(hour >= $from AND hour < $complete) AS is_complete,
    bool_or(hour < $complete - INTERVAL '1 day') AS is_before
  FROM live.users_per_hour
  WHERE hour >= $from - INTERVAL '1 day' AND hour < $to AND user_id IS NOT NULL
    AND ($channel IS NULL OR channel = ANY($channel))
    AND ($event_type IS NULL OR event_type = ANY($event_type))
    AND ($country IS NULL OR country = ANY($country))
  GROUP BY user_id
) AS seen
