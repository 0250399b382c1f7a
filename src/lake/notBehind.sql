-- lake/notBehind.sql: stops with an error where a log lacks commits that records of streams name; no rows.
--
-- in   logs_behind   table_name, stream, lack (behind.sql)
-- out  none

SET VARIABLE lake_log_behind = (
  SELECT error('LAKE_LOG_BEHIND: ' || lacks)
  FROM (
    SELECT string_agg('table ' || table_name || ': ' || lack, '; ' ORDER BY table_name, stream) AS lacks
    FROM logs_behind
  )
  WHERE lacks IS NOT NULL
);
