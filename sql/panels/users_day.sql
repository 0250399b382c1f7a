-- panels/users_day.sql: distinct users of first messages by hour, and those of a day before; one row per hour.
--
-- in   live.users_per_hour   users of first messages, by hour
-- out  hour, users, users_before: NULL where there are none
--
-- title: Active users of the day
-- kind: area
-- x: hour
-- y: users
-- before: users_before
-- grain: 1 hour
-- over: full-day
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR
SELECT hour,
  nullif(count(DISTINCT user_id) FILTER (WHERE NOT is_before), 0) AS users,
  nullif(count(DISTINCT user_id) FILTER (WHERE is_before), 0) AS users_before
FROM (
  SELECT hour, channel, event_type, country, user_id, false AS is_before
  FROM live.users_per_hour
  WHERE hour >= $from AND hour < $to
  UNION ALL
  SELECT hour + INTERVAL '1 day' AS hour, channel, event_type, country, user_id, true AS is_before
  FROM live.users_per_hour
  WHERE hour >= $from - INTERVAL '1 day' AND hour < $to - INTERVAL '1 day'
) AS seen
WHERE user_id IS NOT NULL
  AND ($channel IS NULL OR channel = ANY($channel))
  AND ($event_type IS NULL OR event_type = ANY($event_type))
  AND ($country IS NULL OR country = ANY($country))
GROUP BY hour
ORDER BY hour
