-- panels/event_types.sql: first messages of each type that a channel had on a day; one row per date, channel and event_type.
--
-- in   live.first_messages_per_day   first messages, counted by day
-- out  date, channel, event_type, messages
--
-- title: Event types by channel
-- note: valid, without duplicates
-- kind: heat
-- group: date
-- x: event_type
-- series: channel
-- y: messages
-- order: CHAT, EMAIL, PUSH, SMS, OTHER
-- labels: NULL = none
-- grain: 1 day
-- range: 3 days
-- over: range
-- filters: channel VARCHAR, event_type VARCHAR, country VARCHAR
SELECT date, channel, event_type, CAST(sum(messages) AS BIGINT) AS messages
FROM live.first_messages_per_day
WHERE date >= CAST($from AS DATE) AND date < CAST($to AS DATE)
  AND ($channel IS NULL OR channel = ANY($channel))
  AND ($event_type IS NULL OR event_type = ANY($event_type))
  AND ($country IS NULL OR country = ANY($country))
GROUP BY date, channel, event_type
ORDER BY date DESC, channel NULLS LAST, event_type
