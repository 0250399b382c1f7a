-- lake/present.sql: stops where there is no lake. An empty lake has tables without rows, a moved one has no tables.
--
-- in   lake         variable: the lake's folder
--      table_heads  one row per table that has a log (delta/snapshot.sql)
-- out  nothing, or an error that says how to read a lake that was moved or copied

SET VARIABLE lake_missing = (
  SELECT CASE WHEN count(*) = 0 THEN error(
    'there is no lake at ' || getvariable('lake') || ': none of its tables has a Delta log there. '
    || 'Read a lake that was moved or copied by its path: '
    || 'duckdb -cmd "SET VARIABLE lake = ''/where/it/is''" -cmd ".read lake.sql"')
  END
  FROM table_heads
);
