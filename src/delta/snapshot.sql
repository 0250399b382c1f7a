-- delta/snapshot.sql: the live data files of Delta tables, by replaying their logs; one row per table and file.
--
-- in   lake          variable: the lake's folder, absolute, without a slash at its end
--      lake_tables   name, folder below the lake, stream (the one that writes this table and others, or NULL),
--                    as_of (the version to stop at, or NULL for the newest)
-- out  table_heads   one row per table that has a log: its newest version, and the version that is read
--      table_txns    one row per table and application id: the newest transaction
--      live_files    one row per data file of a table as read
--      batches       one row per commit that the log still describes and that a stream made

SET VARIABLE lake_log_globs = (
  SELECT coalesce(
    list(replace(replace(replace(getvariable('lake') || '/' || folder, '[', '[[]'), '*', '[*]'), '?', '[?]')
      || '/_delta_log/*'),
    []::VARCHAR[])
  FROM lake_tables
);

-- The newest checkpoint of each table, and the commits after it.
CREATE OR REPLACE TEMP TABLE log_entries AS
WITH listed AS (
  SELECT file, regexp_extract(file[len(getvariable('lake')) + 2 :],
    '^(.*)/_delta_log/(\d{20})\.(json|checkpoint\.parquet)$', ['folder', 'version', 'kind']) AS part
  FROM glob(getvariable('lake_log_globs'))
),
entries AS (
  -- Other names stand in a log too (_last_checkpoint, checksums); the cast may come before the join that drops them.
  SELECT t.name, TRY_CAST(l.part.version AS BIGINT) AS version, l.part.kind <> 'json' AS is_checkpoint, l.file
  FROM listed AS l
  JOIN lake_tables AS t ON t.folder = l.part.folder
  WHERE t.as_of IS NULL OR TRY_CAST(l.part.version AS BIGINT) <= t.as_of
),
based AS (
  SELECT *, max(version) FILTER (is_checkpoint) OVER (PARTITION BY name) AS base FROM entries
)
SELECT name, version, is_checkpoint, file
FROM based
WHERE CASE WHEN is_checkpoint THEN version = base ELSE version > coalesce(base, -1) END;

-- A log counts only without gaps, from its first commit or from a checkpoint.
SET VARIABLE lake_log_gap = (
  SELECT max(error(
    'the Delta log of ' || name || ' has a gap: ' || found || ' entries for versions ' || low || ' to ' || high))
  FROM (
    SELECT name, count(*) AS found, min(version) AS low, max(version) AS high,
      bool_or(is_checkpoint OR version = 0) AS has_base
    FROM log_entries
    GROUP BY name
  )
  WHERE found <> high - low + 1 OR NOT has_base
);

SET VARIABLE lake_commit_files = (SELECT coalesce(list(file), []::VARCHAR[]) FROM log_entries WHERE NOT is_checkpoint);
SET VARIABLE lake_checkpoint_files = (SELECT coalesce(list(file), []::VARCHAR[]) FROM log_entries WHERE is_checkpoint);

CREATE OR REPLACE TEMP TABLE no_actions AS
SELECT
  NULL::VARCHAR AS file,
  NULL::STRUCT("path" VARCHAR, "size" BIGINT, stats VARCHAR) AS add,
  NULL::STRUCT("path" VARCHAR) AS remove,
  NULL::STRUCT(appId VARCHAR, "version" BIGINT) AS txn,
  NULL::STRUCT(id VARCHAR, schemaString VARCHAR, partitionColumns VARCHAR[]) AS metaData,
  NULL::STRUCT(minReaderVersion BIGINT, minWriterVersion BIGINT) AS protocol,
  NULL::STRUCT(operationParameters MAP(VARCHAR, VARCHAR), operationMetrics MAP(VARCHAR, VARCHAR)) AS commitInfo
WHERE false;

-- An empty list is an error to the readers, so the text to run is chosen when it runs.
CREATE OR REPLACE TEMP TABLE log_actions AS
WITH read_actions AS (
  FROM no_actions
  UNION ALL
  FROM query(CASE WHEN len(getvariable('lake_commit_files')) = 0 THEN 'FROM no_actions' ELSE '
    SELECT filename AS file, add, remove, txn, metaData, protocol, commitInfo
    FROM read_json([regexp_replace(f, ''([*?\[])'', ''[\1]'', ''g'') FOR f IN getvariable(''lake_commit_files'')],
      format = ''newline_delimited'', filename = true, columns = {
        add: ''STRUCT("path" VARCHAR, "size" BIGINT, stats VARCHAR)'',
        remove: ''STRUCT("path" VARCHAR)'',
        txn: ''STRUCT(appId VARCHAR, "version" BIGINT)'',
        metaData: ''STRUCT(id VARCHAR, schemaString VARCHAR, partitionColumns VARCHAR[])'',
        protocol: ''STRUCT(minReaderVersion BIGINT, minWriterVersion BIGINT)'',
        commitInfo: ''STRUCT(operationParameters MAP(VARCHAR, VARCHAR), operationMetrics MAP(VARCHAR, VARCHAR))''
      })' END)
  UNION ALL
  FROM query(CASE WHEN len(getvariable('lake_checkpoint_files')) = 0 THEN 'FROM no_actions' ELSE '
    SELECT filename AS file,
      CASE WHEN add IS NOT NULL THEN {path: add.path, size: add.size, stats: add.stats} END AS add,
      NULL AS remove,
      CASE WHEN txn IS NOT NULL THEN {appId: txn.appId, version: txn.version} END AS txn,
      CASE WHEN metaData IS NOT NULL THEN {id: metaData.id, schemaString: metaData.schemaString,
        partitionColumns: metaData.partitionColumns} END AS metaData,
      CASE WHEN protocol IS NOT NULL THEN {minReaderVersion: CAST(protocol.minReaderVersion AS BIGINT),
        minWriterVersion: CAST(protocol.minWriterVersion AS BIGINT)} END AS protocol,
      NULL AS commitInfo
    FROM read_parquet(
      [regexp_replace(f, ''([*?\[])'', ''[\1]'', ''g'') FOR f IN getvariable(''lake_checkpoint_files'')],
      filename = true, union_by_name = true, hive_partitioning = false)' END)
)
SELECT e.name, e.version, a.add, a.remove, a.txn, a.metaData AS metadata, a.protocol, a.commitInfo AS commit_info
FROM read_actions AS a
JOIN log_entries AS e ON e.file = a.file;

CREATE OR REPLACE TEMP TABLE table_txns AS
SELECT name, txn.appId AS app_id, max(txn.version) AS version
FROM log_actions
WHERE txn IS NOT NULL
GROUP BY name, txn.appId;

-- Tables of one stream are read at the same batch, the newest that every one of them has: one that its siblings do not
-- have yet is left out, by version (a later rewrite adds rows of a left-out batch again).
CREATE OR REPLACE TEMP TABLE table_heads AS
WITH published AS (
  SELECT h.name, t.stream, coalesce(max(x.version), 0) AS batch
  FROM (SELECT DISTINCT name FROM log_entries) AS h
  JOIN lake_tables AS t USING (name)
  LEFT JOIN table_txns AS x ON x.name = h.name AND starts_with(x.app_id, t.stream || '@')
  WHERE t.stream IS NOT NULL
  GROUP BY h.name, t.stream
),
complete AS (
  SELECT t.name, t.stream, min(p.batch) AS batch
  FROM lake_tables AS t
  JOIN published AS p ON p.stream = t.stream
  GROUP BY t.name, t.stream
),
heads AS (
  SELECT a.name, max(a.version) AS version,
    arg_max(a.metadata.id, a.version) AS table_id,
    arg_max(a.metadata.schemaString, a.version) AS schema_string,
    arg_max(a.metadata.partitionColumns, a.version) AS partition_columns,
    max(a.protocol.minReaderVersion) AS min_reader_version,
    max(a.protocol.minWriterVersion) AS min_writer_version,
    min(a.version) FILTER (starts_with(a.txn.appId, c.stream || '@') AND a.txn.version > c.batch) - 1 AS last_complete
  FROM log_actions AS a
  LEFT JOIN complete AS c USING (name)
  GROUP BY a.name
)
SELECT * EXCLUDE (last_complete), coalesce(last_complete, version) AS read_version
FROM heads;

SET VARIABLE lake_newer_protocol = (
  SELECT max(error(
    'table ' || name || ' needs Delta reader version ' || min_reader_version || '; this reads version 1'))
  FROM table_heads
  WHERE min_reader_version > 1
);

SET VARIABLE lake_uncut = (
  SELECT max(error('the checkpoint of table ' || e.name || ' is newer than the last batch that its siblings have'))
  FROM log_entries AS e
  JOIN table_heads AS h USING (name)
  WHERE e.is_checkpoint AND e.version > h.read_version
);

CREATE OR REPLACE TEMP TABLE live_files AS
WITH changes AS (
  SELECT a.name, a.version, a.add IS NOT NULL AS is_add, a.add, url_decode(coalesce(a.add.path, a.remove.path)) AS path
  FROM log_actions AS a
  JOIN table_heads AS h USING (name)
  WHERE a.version <= h.read_version AND (a.add IS NOT NULL OR a.remove IS NOT NULL)
),
live AS (
  SELECT name, path, arg_max(add, version) AS add, max(version) AS version
  FROM changes
  GROUP BY name, path
  HAVING arg_max(is_add, version)
)
SELECT l.name, l.version, l.path,
  CASE
    WHEN starts_with(l.path, '/') THEN l.path
    ELSE getvariable('lake') || '/' || t.folder || '/' || l.path
  END AS file,
  -- A hint that any writer may leave out or get wrong: the file's footer says it then.
  CASE
    WHEN json_valid(l.add.stats) THEN TRY_CAST(json_extract_string(l.add.stats, '$.numRecords') AS BIGINT)
  END AS rows,
  l.add.size AS bytes
FROM live AS l
JOIN lake_tables AS t USING (name);

CREATE OR REPLACE TEMP VIEW batches AS
SELECT
  p['stream'] AS stream,
  CAST(p['batch'] AS BIGINT) AS batch,
  CAST(p['batchTime'] AS TIMESTAMPTZ) AS batch_time,
  name AS table_name,
  version,
  CAST(m['numOutputRows'] AS BIGINT) AS rows,
  CAST(m['numFiles'] AS BIGINT) AS files,
  CAST(m['numOutputBytes'] AS BIGINT) AS bytes
FROM (
  SELECT a.name, a.version, a.commit_info.operationParameters AS p, a.commit_info.operationMetrics AS m
  FROM log_actions AS a
  JOIN table_heads AS h USING (name)
  WHERE a.commit_info IS NOT NULL AND a.version <= h.read_version
)
WHERE p['stream'] IS NOT NULL AND p['batch'] IS NOT NULL;
