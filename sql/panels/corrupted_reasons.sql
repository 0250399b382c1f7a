-- panels/corrupted_reasons.sql: corrupted messages of a range by what stood in event_type; one row per event_type.
--
-- in   live.corrupted_per_hour   corrupted messages, counted by hour
-- out  event_type: NULL where there was none; messages
--
-- title: Why corrupted
-- note: what stood in the event type
-- kind: bar
-- x: event_type
-- y: messages
-- labels: NULL = NULL, '' = '' (empty), NONE = 'NONE'
-- rows: messages_corrupted
-- grain: 1 hour
-- over: day
-- filters: channel VARCHAR, country VARCHAR
SELECT event_type, CAST(sum(messages) AS BIGINT) AS messages
FROM live.corrupted_per_hour
WHERE hour >= $from AND hour < $to
  AND ($channel IS NULL OR channel = ANY($channel))
  AND ($country IS NULL OR country = ANY($country))
GROUP BY event_type
ORDER BY messages DESC, event_type NULLS LAST
