-- reports/user_activity.spark.sql: how often a user appears in the first messages, in all and by channel; one row per user.
--
-- in   first_messages   valid messages without duplicates
-- out  user_id, iterations, and a column per channel in alphabetical order: a count, 0 where there was none

-- Counted once, for both statements below read the counts.
CACHE LAZY TABLE counted OPTIONS ('storageLevel' = 'MEMORY_AND_DISK') AS
SELECT user_id, channel, count(*) AS messages FROM first_messages GROUP BY user_id, channel;

-- The text of the columns, as in event_types.spark.sql. The known channels have their columns always. Messages without
-- a channel count in a column named null, and those whose channel is '' in one named (empty).
DECLARE OR REPLACE VARIABLE counts STRING;
SET VAR counts = (
  WITH channels AS (
    SELECT explode(array('CHAT', 'EMAIL', 'OTHER', 'PUSH', 'SMS')) AS channel
    UNION
    SELECT channel FROM counted
  ),
  named_channels AS (
    SELECT channel, CASE channel WHEN '' THEN '(empty)' ELSE coalesce(replace(channel, chr(0), r'\x00'), 'null') END
      AS column_name
    FROM channels
  ),
  checked_channels AS (
    SELECT channel, CASE
      WHEN column_name IN ('user_id', 'iterations') OR count(*) OVER (PARTITION BY column_name) > 1 THEN raise_error(
        'the channel "' || column_name || '" has the name of another column of this report. Count without columns: '
        || 'SELECT user_id, channel, count(*) FROM first_messages GROUP BY ALL ORDER BY ALL')
      ELSE column_name
    END AS column_name
    FROM named_channels
  )
  SELECT listagg('coalesce(sum(c.messages) FILTER (WHERE c.channel IS NOT DISTINCT FROM '
    || coalesce('''' || replace(replace(channel, r'\', r'\\'), '''', '''''') || '''', 'NULL') || '), 0) AS `'
    || replace(column_name, '`', '``') || '`', ', ') WITHIN GROUP (ORDER BY column_name, channel)
  FROM checked_channels
);

EXECUTE IMMEDIATE 'SELECT c.user_id, sum(c.messages) AS iterations, ' || counts || ' FROM counted AS c
  GROUP BY c.user_id ORDER BY sum(c.messages) DESC NULLS LAST, c.user_id NULLS LAST';
