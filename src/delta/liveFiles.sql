-- delta/liveFiles.sql: the live data files of Delta tables as read; one row per table and file.
--
-- in   lake             variable: the lake's folder, absolute, without a slash at its end
--      lake_tables      name, folder below the lake or absolute
--      log_folders      name, log: the folder of the table's log (logFiles.sql)
--      log_entries      the files that were read (logFiles.sql)
--      log_checkpoints  the checkpoint that each table starts at (logFiles.sql)
--      log_leaves       file, leaf: the columns of the checkpoints' Parquet files (logFiles.sql)
--      log_actions      the actions of the commits that were read (snapshot.sql)
--      table_heads      one row per table that has a log (snapshot.sql)
-- out  live_files       a view: name, version (that added it, or the checkpoint's), path below the table's folder,
--                       file, rows (NULL if the log does not say), bytes, stats, partition_values, deletion_vector
--                       and base_row_id
--      named_files      a view: name and path of every file that the log as read names, live or not; some repeat
--      batches          a view: one row per commit that the log still describes and that a stream made
--
-- The files of a checkpoint stay in it: a query reads the columns that it needs, of however many files.

SET VARIABLE lake_sidecar_parts = (
  SELECT coalesce(list(DISTINCT regexp_replace(file, '([*?\[])', '[\1]', 'g')), []::VARCHAR[])
  FROM (SELECT unnest(sidecars) AS file FROM log_checkpoints)
);

-- Files of one kind, and the SELECT of each.
CREATE OR REPLACE TEMP TABLE log_parts AS
WITH leaves AS (
  SELECT file, leaf FROM log_leaves
  UNION ALL
  FROM query(CASE WHEN len(getvariable('lake_sidecar_parts')) = 0
    THEN 'SELECT NULL::VARCHAR AS file, NULL::VARCHAR AS leaf WHERE false'
    ELSE 'SELECT DISTINCT file_name AS file, path_in_schema AS leaf
      FROM parquet_metadata(getvariable(''lake_sidecar_parts''))' END)
),
parts AS (
  SELECT name, version, files FROM log_checkpoints
  UNION ALL
  SELECT name, version, sidecars FROM log_checkpoints WHERE len(sidecars) > 0
)
SELECT name, version, ends_with(files[1], '.json') AS is_json,
  '[' || array_to_string([
    '''' || replace(regexp_replace(file, '([*?\[])', '[\1]', 'g'), '''', '''''') || '''' FOR file IN files], ', ')
    || ']' AS list,
  coalesce((SELECT list(DISTINCT leaf) FROM leaves AS l WHERE list_contains(p.files, l.file)), []::VARCHAR[]) AS leaves
FROM parts AS p;

CREATE OR REPLACE TEMP TABLE no_files AS
SELECT
  NULL::VARCHAR AS name,
  NULL::BIGINT AS "version",
  NULL::VARCHAR AS "path",
  NULL::BIGINT AS bytes,
  NULL::BIGINT AS rows,
  NULL::VARCHAR AS stats,
  NULL::MAP(VARCHAR, VARCHAR) AS partition_values,
  NULL::STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR, "offset" BIGINT, sizeInBytes BIGINT, cardinality BIGINT)
    AS deletion_vector,
  NULL::BIGINT AS base_row_id
WHERE false;

-- A view is bound when it is made, too: what it reads is named afterwards, so that nothing is opened for that alone.
SET VARIABLE lake_checkpoint_files = 'FROM no_files';
SET VARIABLE lake_checkpoint_removes = 'SELECT name, "path" FROM no_files';
SET VARIABLE lake_described = []::VARCHAR[];

-- Of each path the last action in the commits that were read. A commit that replaces the deletion vector of a file
-- removes and adds that file.
CREATE OR REPLACE TEMP TABLE changed_files AS
SELECT a.name, coalesce(a.add.path, a.remove.path) AS "path",
  max_by(a.add, (a.version, a.add IS NOT NULL)) AS add,
  max_by(a.add IS NOT NULL, (a.version, a.add IS NOT NULL)) AS is_live,
  max(a.version) AS "version"
FROM log_actions AS a
JOIN table_heads AS h USING (name)
WHERE a.version <= h.read_version AND (a.add IS NOT NULL OR a.remove IS NOT NULL)
GROUP BY a.name, coalesce(a.add.path, a.remove.path);

-- Whoever asks for a table as a stream had read it puts in here what that stream had not read of the version.
CREATE OR REPLACE TEMP TABLE left_out_files AS SELECT name, "path" FROM no_files;

CREATE OR REPLACE TEMP VIEW live_files AS
WITH replayed AS (
  SELECT name, "version", "path", bytes, rows, stats, partition_values, deletion_vector, base_row_id
  FROM query(getvariable('lake_checkpoint_files')) AS k
  ANTI JOIN changed_files AS c USING (name, "path")
  UNION ALL
  SELECT name, "version", "path", add.size,
    -- A hint that a writer may leave out or get wrong; the file's footer then says it.
    CASE
      WHEN json_valid(add.stats) AND json_type(add.stats, '$.numRecords') = 'UBIGINT'
        THEN TRY_CAST(json_extract_string(add.stats, '$.numRecords') AS BIGINT)
    END,
    add.stats, add.partition_values, add.deletion_vector, add.base_row_id
  FROM changed_files
  WHERE is_live
)
SELECT r.name, r."version", r."path",
  CASE
    WHEN starts_with(r."path", '/') THEN r."path"
    WHEN starts_with(t.folder, '/') THEN t.folder || '/' || r."path"
    ELSE getvariable('lake') || '/' || t.folder || '/' || r."path"
  END AS file,
  r.rows, r.bytes, r.stats, r.partition_values, r.deletion_vector, r.base_row_id
FROM replayed AS r
JOIN lake_tables AS t USING (name)
ANTI JOIN left_out_files AS o ON o.name = r.name AND o."path" = r."path";

CREATE OR REPLACE TEMP VIEW named_files AS
SELECT name, "path" FROM query(getvariable('lake_checkpoint_files'))
UNION ALL
SELECT name, "path" FROM query(getvariable('lake_checkpoint_removes'))
UNION ALL
SELECT name, coalesce(add.path, remove.path) FROM log_actions WHERE add IS NOT NULL OR remove IS NOT NULL;

CREATE OR REPLACE TEMP VIEW batches AS
WITH texts AS MATERIALIZED (
  FROM query(CASE WHEN len(getvariable('lake_described')) = 0
    THEN 'SELECT NULL::VARCHAR AS file, NULL::VARCHAR AS line WHERE false'
    ELSE 'SELECT filename AS file, list_filter(string_split(TRY(decode(content)), chr(10)),
        lambda line: contains(line, ''"commitInfo"''))[1] AS line
      FROM read_blob(getvariable(''lake_described''))' END)
),
described AS (
  SELECT file, CASE WHEN json_valid(line) THEN json_extract(line, '$.commitInfo') END AS commitInfo FROM texts
),
placed AS (
  SELECT regexp_extract(file, '^(.*/_delta_log/)(\d{20})\.json$', ['log', 'version']) AS part,
    commitInfo -> 'operationParameters' AS p, commitInfo -> 'operationMetrics' AS m
  FROM described
)
SELECT
  d.p ->> 'stream' AS stream,
  TRY_CAST(d.p ->> 'batch' AS BIGINT) AS batch,
  TRY_CAST(d.p ->> 'batchTime' AS TIMESTAMPTZ) AS batch_time,
  f.name AS table_name,
  TRY_CAST(d.part.version AS BIGINT) AS version,
  TRY_CAST(d.m ->> 'numOutputRows' AS BIGINT) AS rows,
  TRY_CAST(d.m ->> 'numFiles' AS BIGINT) AS files,
  TRY_CAST(d.m ->> 'numOutputBytes' AS BIGINT) AS bytes
FROM placed AS d
JOIN log_folders AS f ON f.log = d.part.log
JOIN table_heads AS h ON h.name = f.name AND TRY_CAST(d.part.version AS BIGINT) <= h.read_version
WHERE (d.p ->> 'stream') IS NOT NULL AND (d.p ->> 'batch') IS NOT NULL;

-- A writer may leave the statistics out of a checkpoint, or keep them as text, as columns or as both.
SET VARIABLE lake_checkpoint_files = (
  SELECT 'FROM no_files' || coalesce(string_agg(' UNION ALL SELECT ''' || replace(name, '''', '''''') || ''' AS name, '
      || version || ' AS "version", '
      || 'CASE WHEN starts_with(add."path", ''file:'')
          THEN regexp_replace(url_decode(add."path"), ''^file:(//)?/'', ''/'')
          WHEN contains(add."path", ''%'') THEN url_decode(add."path") ELSE add."path" END AS "path",
        add."size" AS bytes, '
      || CASE WHEN list_contains(leaves, 'add, stats_parsed, numRecords') THEN 'add.stats_parsed.numRecords'
        WHEN is_json OR list_contains(leaves, 'add, stats')
          THEN 'TRY_CAST(json_extract_string(TRY_CAST(add.stats AS JSON), ''$.numRecords'') AS BIGINT)'
        ELSE 'NULL::BIGINT' END || ' AS rows, '
      || CASE WHEN is_json OR list_contains(leaves, 'add, stats') THEN 'add.stats'
        WHEN len(list_filter(leaves, lambda leaf: starts_with(leaf, 'add, stats_parsed, '))) > 0
          THEN 'CAST(to_json(add.stats_parsed) AS VARCHAR)'
        ELSE 'NULL::VARCHAR' END || ' AS stats, '
      || CASE WHEN is_json OR len(list_filter(leaves, lambda leaf: starts_with(leaf, 'add, partitionValues, '))) > 0
        THEN 'add.partitionValues' ELSE 'NULL::MAP(VARCHAR, VARCHAR)' END || ' AS partition_values, '
      || CASE WHEN is_json OR list_contains(leaves, 'add, deletionVector, storageType')
        THEN 'CASE WHEN add.deletionVector.storageType IS NOT NULL THEN CAST(add.deletionVector AS
          STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR, "offset" BIGINT, sizeInBytes BIGINT, cardinality BIGINT))
          END'
        ELSE 'NULL' END || ' AS deletion_vector, '
      || CASE WHEN is_json OR list_contains(leaves, 'add, baseRowId') THEN 'add.baseRowId' ELSE 'NULL::BIGINT' END
      || ' AS base_row_id FROM '
      || CASE WHEN is_json THEN 'read_json(' || list || ', format = ''newline_delimited'', columns = {add:
        ''STRUCT("path" VARCHAR, "size" BIGINT, stats VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), deletionVector
          STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR, "offset" BIGINT, sizeInBytes BIGINT, cardinality BIGINT),
          baseRowId BIGINT)''})'
        ELSE 'read_parquet(' || list || ', union_by_name = true, hive_partitioning = false)' END
      || ' WHERE add."path" IS NOT NULL', ''), '')
  FROM log_parts
  WHERE is_json OR list_contains(leaves, 'add, path')
);

SET VARIABLE lake_checkpoint_removes = (
  SELECT 'SELECT name, "path" FROM no_files' || coalesce(string_agg(' UNION ALL SELECT '''
      || replace(name, '''', '''''') || ''' AS name, '
      || 'CASE WHEN starts_with(remove."path", ''file:'')
          THEN regexp_replace(url_decode(remove."path"), ''^file:(//)?/'', ''/'')
          WHEN contains(remove."path", ''%'') THEN url_decode(remove."path") ELSE remove."path" END AS "path" FROM '
      || CASE WHEN is_json
        THEN 'read_json(' || list || ', format = ''newline_delimited'', columns = {remove: ''STRUCT("path" VARCHAR)''})'
        ELSE 'read_parquet(' || list || ', union_by_name = true, hive_partitioning = false)' END
      || ' WHERE remove."path" IS NOT NULL', ''), '')
  FROM log_parts
  WHERE is_json OR list_contains(leaves, 'remove, path')
);

-- Commits that a checkpoint stands for were not read above, but still say what they were.
SET VARIABLE lake_described = (
  SELECT coalesce(list(DISTINCT regexp_replace(f.log, '([*?\[])', '[\1]', 'g') || repeat('?', 20) || '.json'),
    []::VARCHAR[])
  FROM log_folders AS f
  JOIN log_entries AS e USING (name)
  WHERE NOT e.is_checkpoint
);
