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

-- What a day has is counted once, and shown a second time a day later, beside what was there then.
WITH counted AS (
  SELECT hour, count(DISTINCT user_id) AS users
  FROM live.users_per_hour
  WHERE (hour >= $from AND hour < $to OR hour >= $from - INTERVAL '1 day' AND hour < $to - INTERVAL '1 day')
    AND user_id IS NOT NULL
    AND ($channel IS NULL OR channel = ANY($channel))
    AND ($event_type IS NULL OR event_type = ANY($event_type))
    AND ($country IS NULL OR country = ANY($country))
  GROUP BY hour
)
SELECT counted.hour + days.later AS hour,
  CAST(sum(counted.users) FILTER (WHERE NOT days.is_before) AS BIGINT) AS users,
  CAST(sum(counted.users) FILTER (WHERE days.is_before) AS BIGINT) AS users_before
FROM counted
CROSS JOIN (VALUES (INTERVAL '0 days', false), (INTERVAL '1 day', true)) AS days(later, is_before)
WHERE counted.hour + days.later >= $from AND counted.hour + days.later < $to
GROUP BY counted.hour + days.later
ORDER BY hour
