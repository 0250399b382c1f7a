-- lake/behind.sql: logs that lack commits which streams have made or read; one row per table and stream.
--
-- in   lake               variable: the lake's folder, absolute, without a slash at its end
--      committed_batches  what the records say (committed.sql)
--      lake_tables        name, folder below the lake
--      log_folders        name, log: the folder of the table's log (logFiles.sql)
--      table_heads        one row per table that has a log (snapshot.sql)
--      table_txns         one row per table and application id: the newest transaction (snapshot.sql)
-- out  logs_behind        table_name, stream, lack: a sentence without its full stop

-- The commit that a stream has read last may be older than the checkpoint from which the log was read.
SET VARIABLE lake_read_commits = (
  SELECT coalesce(list(DISTINCT regexp_replace(f.log, '([*?\[])', '[\1]', 'g')
    || lpad(c.source_version::VARCHAR, 20, '0') || '.json'), []::VARCHAR[])
  FROM committed_batches AS c
  JOIN log_folders AS f ON f.name = c.source
  WHERE c.source_hash IS NOT NULL AND c.source_version IS NOT NULL
);
SET VARIABLE lake_read_commits = (
  SELECT coalesce(list(regexp_replace(file, '([*?\[])', '[\1]', 'g')), []::VARCHAR[])
  FROM glob(getvariable('lake_read_commits'))
);

CREATE OR REPLACE TEMP TABLE logs_behind AS
WITH read_commits AS (
  FROM query(CASE WHEN len(getvariable('lake_read_commits')) = 0
    THEN 'SELECT NULL::VARCHAR AS file, NULL::VARCHAR AS hash WHERE false'
    ELSE 'SELECT filename AS file, left(sha256(content), 32) AS hash FROM read_blob(getvariable(''lake_read_commits''))'
    END)
),
written AS (
  SELECT t.name, c.stream, c.batch, c.published, h.name IS NOT NULL AS has_log, coalesce(x.version, 0) AS found
  FROM (SELECT *, unnest(tables) AS table_name FROM committed_batches) AS c
  JOIN lake_tables AS t ON t.name = c.table_name
  LEFT JOIN table_heads AS h ON h.name = t.name
  LEFT JOIN table_txns AS x ON x.name = t.name AND x.app_id = c.stream_id
),
followed AS (
  SELECT t.name, c.stream, c.source_version, h.version, c.source_hash, r.hash
  FROM committed_batches AS c
  JOIN lake_tables AS t ON t.name = c.source
  LEFT JOIN table_heads AS h ON h.name = t.name
  LEFT JOIN log_folders AS f ON f.name = t.name
  LEFT JOIN read_commits AS r ON r.file = f.log || lpad(c.source_version::VARCHAR, 20, '0') || '.json'
  WHERE c.source_version IS NOT NULL
)
SELECT name AS table_name, stream, CASE
    WHEN NOT has_log THEN 'it has no Delta log, but stream ' || stream || ' has committed batch ' || batch || ' to it'
    ELSE 'its log has batch ' || found || ' of stream ' || stream || ', which has committed batch ' || batch
  END AS lack
FROM written
WHERE NOT has_log OR found < published
UNION ALL
SELECT name, stream, CASE
    WHEN version IS NULL THEN 'it has no Delta log, but stream ' || stream || ' has read its version ' || source_version
    WHEN version < source_version
      THEN 'its log ends at version ' || version || ', but stream ' || stream || ' has read version ' || source_version
    ELSE 'version ' || source_version || ' of its log is not the commit that stream ' || stream || ' has read'
  END
FROM followed
WHERE version IS NULL OR version < source_version OR hash <> source_hash;
