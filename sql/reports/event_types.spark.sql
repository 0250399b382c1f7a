-- reports/event_types.spark.sql: how many first messages of each type a channel had on a day; one row per date and channel.
--
-- in   first_messages   valid messages without duplicates
-- out  date, channel, and a column per event type in alphabetical order: a count, or NULL where there was none

-- Counted once, for both statements below read the counts.
CACHE LAZY TABLE counted OPTIONS ('storageLevel' = 'MEMORY_AND_DISK') AS
SELECT date, channel, event_type, count(*) AS messages FROM first_messages GROUP BY date, channel, event_type;

-- The text of the columns: Spark needs their names in a statement, and only the data knows them all. The known types
-- have their columns always; a type that is new in the data gets its column beside them. No name of a column can hold
-- the character of the code 0, which is written out.
DECLARE OR REPLACE VARIABLE counts STRING;
SET VAR counts = (
  WITH types AS (
    SELECT explode(array('CLICKED', 'CREATED', 'OPEN', 'RECEIVED', 'SENT')) AS event_type
    UNION
    SELECT event_type FROM counted
  ),
  named_types AS (
    SELECT event_type, replace(event_type, chr(0), r'\x00') AS column_name FROM types WHERE event_type IS NOT NULL
  ),
  checked_types AS (
    SELECT event_type, CASE
      WHEN column_name IN ('date', 'channel') OR count(*) OVER (PARTITION BY column_name) > 1 THEN raise_error(
        'the event type "' || column_name || '" has the name of another column of this report. Count without columns: '
        || 'SELECT date, channel, event_type, count(*) FROM first_messages GROUP BY ALL ORDER BY ALL')
      ELSE column_name
    END AS column_name
    FROM named_types
  )
  SELECT listagg('sum(c.messages) FILTER (WHERE c.event_type = '''
    || replace(replace(event_type, r'\', r'\\'), '''', '''''') || ''') AS `' || replace(column_name, '`', '``') || '`',
    ', ') WITHIN GROUP (ORDER BY event_type)
  FROM checked_types
);

EXECUTE IMMEDIATE 'SELECT c.date, c.channel, ' || counts || ' FROM counted AS c WHERE c.event_type IS NOT NULL
  GROUP BY c.date, c.channel ORDER BY c.date NULLS LAST, c.channel NULLS LAST';
