-- delta/snapshot.sql: the live data files of Delta tables, by replaying their logs; one row per table and file.
--
-- in   lake          variable: the lake's folder, absolute, without a slash at its end
--      lake_tables   name, folder below the lake, stream (the one that writes this table and others, or NULL),
--                    as_of (the version to stop at, or NULL for the newest)
-- out  table_heads   one row per table that has a log: its newest version, and the version that is read
--      table_txns    one row per table and application id: the newest transaction
--      live_files    one row per data file of a table as read
--      batches       one row per commit that the log still describes and that a stream made

-- A glob finds a folder only if it ends in a slash.
SET VARIABLE lake_log_globs = (
  SELECT coalesce(list(log || kind), []::VARCHAR[])
  FROM (
    SELECT replace(replace(replace(getvariable('lake') || '/' || folder, '[', '[[]'), '*', '[*]'), '?', '[?]')
      || '/_delta_log/' AS log
    FROM lake_tables
  )
  CROSS JOIN (VALUES ('*'), ('*/')) AS kinds(kind)
);

-- The newest checkpoint of each table, and the commits after it.
CREATE OR REPLACE TEMP TABLE log_entries AS
WITH listed AS (
  SELECT file, regexp_extract(file[len(getvariable('lake')) + 2 :],
    '^(.*)/_delta_log/(\d{20})\.(json|checkpoint\.parquet)/?$', ['folder', 'version', 'kind']) AS part
  FROM glob(getvariable('lake_log_globs'))
),
entries AS (
  -- A log's folder has other files too (_last_checkpoint, checksums); the cast may run before the join drops them.
  SELECT t.name, coalesce(TRY_CAST(l.part.version AS BIGINT), 9223372036854775807) AS version,
    l.part.kind <> 'json' AS is_checkpoint, l.file
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

SET VARIABLE lake_log_folder = (
  SELECT max(error('LAKE_LOG_INVALID: ' || rtrim(file, '/') || ' is a folder, not a file'))
  FROM log_entries
  WHERE ends_with(file, '/')
);

-- A log is valid only without gaps, from its first commit or from a checkpoint.
SET VARIABLE lake_log_gap = (
  SELECT max(error('LAKE_LOG_INVALID: '
    || 'the Delta log of ' || name || ' has a gap: ' || found || ' entries for versions ' || low || ' to ' || high))
  FROM (
    SELECT name, count(*) AS found, min(version) AS low, max(version) AS high,
      bool_or(is_checkpoint OR version = 0) AS has_base
    FROM log_entries
    GROUP BY name
  )
  WHERE found <> high::HUGEINT - low + 1 OR NOT has_base
);

SET VARIABLE lake_commit_files = (SELECT coalesce(list(file), []::VARCHAR[]) FROM log_entries WHERE NOT is_checkpoint);
SET VARIABLE lake_checkpoint_files = (SELECT coalesce(list(file), []::VARCHAR[]) FROM log_entries WHERE is_checkpoint);

-- What decides how a table is read is kept as JSON, which still shows whether it is a string or a number.
CREATE OR REPLACE TEMP TABLE no_actions AS
SELECT
  NULL::VARCHAR AS file,
  NULL::STRUCT("path" JSON, "size" JSON, modificationTime JSON, stats VARCHAR, deletionVector JSON) AS add,
  NULL::STRUCT("path" JSON) AS remove,
  NULL::STRUCT(appId JSON, "version" JSON) AS txn,
  NULL::STRUCT(id JSON, schemaString JSON, partitionColumns JSON) AS metaData,
  NULL::STRUCT(minReaderVersion JSON, minWriterVersion JSON, readerFeatures JSON, writerFeatures JSON) AS protocol,
  NULL::JSON AS commitInfo
WHERE false;

-- The readers refuse an empty list, so the text to run is chosen when it runs.
CREATE OR REPLACE TEMP TABLE log_actions AS
WITH read_actions AS (
  FROM no_actions
  UNION ALL
  FROM query(CASE WHEN len(getvariable('lake_commit_files')) = 0 THEN 'FROM no_actions' ELSE '
    SELECT filename AS file, add, remove, txn, metaData, protocol, commitInfo
    FROM read_json([regexp_replace(f, ''([*?\[])'', ''[\1]'', ''g'') FOR f IN getvariable(''lake_commit_files'')],
      format = ''newline_delimited'', filename = true, columns = {
        add: ''STRUCT("path" JSON, "size" JSON, modificationTime JSON, stats VARCHAR, deletionVector JSON)'',
        remove: ''STRUCT("path" JSON)'',
        txn: ''STRUCT(appId JSON, "version" JSON)'',
        metaData: ''STRUCT(id JSON, schemaString JSON, partitionColumns JSON)'',
        protocol: ''STRUCT(minReaderVersion JSON, minWriterVersion JSON, readerFeatures JSON, writerFeatures JSON)'',
        commitInfo: ''JSON''
      })' END)
  UNION ALL
  FROM query(CASE WHEN len(getvariable('lake_checkpoint_files')) = 0 THEN 'FROM no_actions' ELSE '
    SELECT filename AS file,
      CASE WHEN add IS NOT NULL THEN {path: to_json(add.path), size: to_json(add.size), modificationTime: NULL,
        stats: add.stats, deletionVector: NULL} END AS add,
      NULL AS remove,
      CASE WHEN txn IS NOT NULL THEN {appId: to_json(txn.appId), version: to_json(txn.version)} END AS txn,
      CASE WHEN metaData IS NOT NULL THEN {id: to_json(metaData.id), schemaString: to_json(metaData.schemaString),
        partitionColumns: to_json(metaData.partitionColumns)} END AS metaData,
      CASE WHEN protocol IS NOT NULL THEN {minReaderVersion: to_json(protocol) -> ''minReaderVersion'',
        minWriterVersion: to_json(protocol) -> ''minWriterVersion'',
        readerFeatures: to_json(protocol) -> ''readerFeatures'',
        writerFeatures: to_json(protocol) -> ''writerFeatures''} END AS protocol,
      NULL AS commitInfo
    FROM read_parquet(
      [regexp_replace(f, ''([*?\[])'', ''[\1]'', ''g'') FOR f IN getvariable(''lake_checkpoint_files'')],
      filename = true, union_by_name = true, hive_partitioning = false)' END)
)
SELECT e.name, e.version,
  -- By their JSON: a string begins with a quote, and some readers round an integer of more than 15 digits.
  CASE
    WHEN NOT regexp_matches(add.path, '^".*[^"]') THEN 'add.path is not a string'
    WHEN NOT regexp_full_match(add.size, '\d{1,15}(\.0+)?([eE]\+?\d)?') THEN 'add.size is not an exact integer'
    WHEN NOT regexp_full_match(add.modificationTime, '-?\d{1,15}(\.0+)?([eE]\+?\d)?|null')
      THEN 'add.modificationTime is not an exact integer'
    WHEN add IS NOT NULL AND (add.path IS NULL OR add.size IS NULL) THEN 'add has no path or no size'
    WHEN remove IS NOT NULL AND regexp_matches(remove.path, '^".*[^"]') IS NOT TRUE THEN 'remove.path is not a string'
    WHEN txn IS NOT NULL AND (regexp_matches(txn.appId, '^".*[^"]')
      AND regexp_full_match(txn.version, '-?\d+(\.0+)?([eE]\+?\d)?')) IS NOT TRUE
      THEN 'txn has no string as its appId, or no integer as its version'
    WHEN metaData IS NOT NULL AND (regexp_matches(metaData.id, '^".*[^"]')
      AND regexp_full_match(metaData.partitionColumns, '\[("([^"\\]|\\.)*"(, ?)?)*\]')
      AND json_type(TRY_CAST(metaData.schemaString ->> '$' AS JSON), '$.fields') = 'ARRAY'
      AND NOT list_bool_or([false] || [
        (json_type(field, '$.name') = 'VARCHAR' AND json_type(field, '$.type') IN ('VARCHAR', 'OBJECT')
          AND coalesce(json_type(field, '$.nullable'), 'NULL') IN ('BOOLEAN', 'NULL')
          AND coalesce(json_type(field, '$.metadata'), 'NULL') IN ('OBJECT', 'NULL')) IS NOT TRUE
        FOR field IN json_extract(TRY_CAST(metaData.schemaString ->> '$' AS JSON), '$.fields[*]')])) IS NOT TRUE
      THEN 'metaData has no id, no schema or no partitionColumns'
    WHEN protocol IS NOT NULL AND (regexp_full_match(protocol.minReaderVersion, '\d{1,15}(\.0+)?')
      AND regexp_full_match(protocol.minWriterVersion, '\d{1,15}(\.0+)?')) IS NOT TRUE
      THEN 'a version of protocol is not an exact integer'
  END AS fault,
  -- How many actions a commit of ours was written with.
  CASE WHEN starts_with(commitInfo ->> '$.engineInfo', 'lakeweir')
    THEN TRY_CAST(commitInfo ->> '$.operationMetrics.numActions' AS BIGINT) END AS written,
  coalesce(CAST(add.deletionVector AS VARCHAR), 'null') <> 'null' AS has_vector,
  CASE WHEN add IS NOT NULL
    THEN {path: add.path ->> '$', size: TRY_CAST(add.size ->> '$' AS BIGINT), stats: add.stats} END AS add,
  CASE WHEN remove IS NOT NULL THEN {path: remove.path ->> '$'} END AS remove,
  -- Another writer may count in numbers that no batch of a stream has: they are ignored.
  CASE WHEN regexp_full_match(txn.version, '-?\d{1,15}(\.0+)?([eE]\+?\d)?')
    THEN {appId: txn.appId ->> '$', version: TRY_CAST(txn.version ->> '$' AS BIGINT)} END AS txn,
  CASE WHEN metaData IS NOT NULL THEN {id: metaData.id ->> '$', schemaString: metaData.schemaString ->> '$',
    partitionColumns: CAST(metaData.partitionColumns ->> '$[*]' AS VARCHAR[])} END AS metadata,
  CASE WHEN protocol IS NOT NULL THEN {minReaderVersion: TRY_CAST(protocol.minReaderVersion ->> '$' AS BIGINT),
    minWriterVersion: TRY_CAST(protocol.minWriterVersion ->> '$' AS BIGINT),
    readerFeatures: coalesce(protocol.readerFeatures ->> '$[*]', []),
    writerFeatures: coalesce(protocol.writerFeatures ->> '$[*]', [])} END AS protocol,
  a.commitInfo AS commit_info
FROM read_actions AS a
JOIN log_entries AS e ON e.file = a.file;

-- Commits of ours say how many actions they were written with; of others, only an empty one is known to be cut off.
SET VARIABLE lake_log_fault = (
  SELECT max(error('LAKE_LOG_INVALID: ' || file || CASE
    WHEN found = 0 THEN ' is empty: a commit has at least one action'
    WHEN found <> written THEN ' has ' || found || ' actions, but was written with ' || written
    ELSE ': ' || fault END))
  FROM (
    SELECT e.file, e.is_checkpoint, count(a.name) AS found, max(a.written) AS written, min(a.fault) AS fault
    FROM log_entries AS e
    LEFT JOIN log_actions AS a USING (name, version)
    GROUP BY ALL
  )
  WHERE found = 0 OR found <> written OR fault IS NOT NULL
);

-- A stream commits its batches one after another, so a commit out of order is a copy that does not belong there.
SET VARIABLE lake_batch_order = (
  SELECT max(error('LAKE_LOG_INVALID: ' || e.file || ' has batch ' || o.batch || ' of stream '
    || split_part(o.app_id, '@', 1) || ', but an earlier commit has batch ' || o.before))
  FROM (
    SELECT name, version, txn.appId AS app_id, txn.version AS batch,
      lag(txn.version) OVER (PARTITION BY name, txn.appId ORDER BY version) AS before
    FROM log_actions
    WHERE txn IS NOT NULL
      AND (name, version) IN (SELECT (name, version) FROM log_actions WHERE written IS NOT NULL)
  ) AS o
  JOIN log_entries AS e USING (name, version)
  WHERE o.batch <= o.before
);

CREATE OR REPLACE TEMP TABLE table_txns AS
SELECT name, txn.appId AS app_id, max(txn.version) AS version
FROM log_actions
WHERE txn IS NOT NULL
GROUP BY name, txn.appId;

-- Tables of one stream are read at the same batch, the newest that every one of them has. A batch that the siblings do
-- not have yet is left out by version, because a later rewrite adds rows of a left-out batch again.
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
    arg_max(a.protocol, a.version) AS protocol,
    min(a.version) FILTER (starts_with(a.txn.appId, c.stream || '@') AND a.txn.version > c.batch) - 1 AS last_complete
  FROM log_actions AS a
  LEFT JOIN complete AS c USING (name)
  GROUP BY a.name
)
SELECT * EXCLUDE (last_complete), coalesce(last_complete, version) AS read_version
FROM heads;

SET VARIABLE lake_newer_protocol = (
  WITH needed AS (
    SELECT name, protocol.minReaderVersion AS version, list_filter(
      CASE protocol.minReaderVersion WHEN 2 THEN ['columnMapping'] WHEN 3 THEN protocol.readerFeatures
        ELSE [] END,
      lambda feature: feature NOT IN ('timestampNtz', 'typeWidening', 'typeWidening-preview', 'vacuumProtocolCheck',
        'variantType', 'variantType-preview', 'variantShredding', 'variantShredding-preview')) AS unknown
    FROM table_heads
  )
  SELECT max(error('LAKE_PROTOCOL_UNSUPPORTED: table ' || name || CASE
    WHEN version > 3 THEN ' needs Delta reader version ' || version || '; Lakeweir reads versions up to 3'
    ELSE ' has the Delta feature' || CASE WHEN len(unknown) > 1 THEN 's ' ELSE ' ' END
      || array_to_string(unknown, ', ') || ', which Lakeweir does not read' END))
  FROM needed
  WHERE version > 3 OR len(unknown) > 0
);

SET VARIABLE lake_no_table = (
  SELECT max(error('LAKE_LOG_INVALID: the Delta log of ' || name || ' has no metadata, or no protocol'))
  FROM table_heads
  WHERE table_id IS NULL OR protocol IS NULL
);

SET VARIABLE lake_uncut = (
  SELECT max(error('LAKE_LOG_INVALID: the checkpoint of table ' || e.name
    || ' is newer than the last batch that all tables of its stream have'))
  FROM log_entries AS e
  JOIN table_heads AS h USING (name)
  WHERE e.is_checkpoint AND e.version > h.read_version
);

CREATE OR REPLACE TEMP TABLE live_files AS
WITH changes AS (
  SELECT a.name, a.version, a.add IS NOT NULL AS is_add, a.add, a.has_vector,
    url_decode(coalesce(a.add.path, a.remove.path)) AS path
  FROM log_actions AS a
  JOIN table_heads AS h USING (name)
  WHERE a.version <= h.read_version AND (a.add IS NOT NULL OR a.remove IS NOT NULL)
),
live AS (
  SELECT name, path, arg_max(add, version) AS add, arg_max(has_vector, version) AS has_vector, max(version) AS version
  FROM changes
  GROUP BY name, path
  HAVING arg_max(is_add, version)
)
SELECT l.name, l.version, l.path,
  CASE
    WHEN starts_with(l.path, '/') THEN l.path
    ELSE getvariable('lake') || '/' || t.folder || '/' || l.path
  END AS file,
  -- A hint that a writer may leave out or get wrong; the file's footer then says it.
  CASE
    WHEN json_valid(l.add.stats) AND json_type(l.add.stats, '$.numRecords') = 'UBIGINT'
      THEN TRY_CAST(json_extract_string(l.add.stats, '$.numRecords') AS BIGINT)
  END AS rows,
  l.add.size AS bytes,
  l.has_vector
FROM live AS l
JOIN lake_tables AS t USING (name);

SET VARIABLE lake_deletion_vector = (
  SELECT max(error('LAKE_PROTOCOL_UNSUPPORTED: table ' || name || ' has the file ' || path
    || ' with a deletion vector'))
  FROM live_files
  WHERE has_vector
);

CREATE OR REPLACE TEMP VIEW batches AS
SELECT
  p ->> 'stream' AS stream,
  TRY_CAST(p ->> 'batch' AS BIGINT) AS batch,
  TRY_CAST(p ->> 'batchTime' AS TIMESTAMPTZ) AS batch_time,
  name AS table_name,
  version,
  TRY_CAST(m ->> 'numOutputRows' AS BIGINT) AS rows,
  TRY_CAST(m ->> 'numFiles' AS BIGINT) AS files,
  TRY_CAST(m ->> 'numOutputBytes' AS BIGINT) AS bytes
FROM (
  SELECT a.name, a.version, a.commit_info -> 'operationParameters' AS p, a.commit_info -> 'operationMetrics' AS m
  FROM log_actions AS a
  JOIN table_heads AS h USING (name)
  WHERE a.commit_info IS NOT NULL AND a.version <= h.read_version
)
WHERE (p ->> 'stream') IS NOT NULL AND (p ->> 'batch') IS NOT NULL;
