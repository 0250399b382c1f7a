-- lake/notBehind.sql: stops where a log lacks commits that the records of streams know; no rows.
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
