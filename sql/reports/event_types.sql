-- reports/event_types.sql: how many first messages of each type a channel had on a day; one row per date and channel.
--
-- in   first_messages   valid messages without duplicates
-- out  date, channel, and a column per event type in alphabetical order: a count, or NULL where there was none

-- Counted once, for what follows reads the counts twice.
WITH counted AS MATERIALIZED (
  SELECT date, channel, event_type, count(*) AS messages FROM first_messages GROUP BY date, channel, event_type
),
-- The known types have their columns always; a type that is new in the data gets its column beside them.
types AS (
  SELECT unnest(['CLICKED', 'CREATED', 'OPEN', 'RECEIVED', 'SENT']) AS event_type
  UNION
  SELECT event_type FROM counted
),
-- No name of a column can hold the character of the code 0, which is written out.
named_types AS (
  SELECT event_type, replace(event_type, chr(0), '\x00') AS column_name FROM types
),
-- PIVOT takes two names that differ only in case for one, and gives the second a number. So each name has a number of
-- its own in front, by which the columns stand in order, and which the last SELECT takes away again.
numbered_types AS (
  SELECT event_type,
    printf('=%06d=', row_number() OVER (ORDER BY event_type)) || CASE
      WHEN column_name IN ('date', 'channel') OR count(*) OVER (PARTITION BY column_name) > 1 THEN error(
        'the event type "' || column_name || '" has the name of another column of this report. Count without columns: '
        || 'SELECT date, channel, event_type, count(*) FROM first_messages GROUP BY ALL ORDER BY ALL')
      ELSE column_name
    END AS column_name
  FROM named_types
),
-- One row of each type that belongs to no message makes PIVOT give it a column; these are dropped at the end.
cells AS (
  SELECT c.date, c.channel, t.column_name, c.messages, true AS is_message
  FROM counted AS c
  JOIN numbered_types AS t ON t.event_type = c.event_type
  UNION ALL
  SELECT NULL, NULL, column_name, NULL, false FROM numbered_types
),
pivoted AS (
  PIVOT cells ON column_name USING CAST(sum(messages) AS BIGINT) GROUP BY is_message, date, channel
)
SELECT date, channel, COLUMNS('(?s)^=\d+=(.*)$') AS '\1'
FROM pivoted
WHERE is_message
ORDER BY pivoted.date, pivoted.channel;
