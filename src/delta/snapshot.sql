-- delta/snapshot.sql: the state of Delta tables, by replaying their logs from a checkpoint on; one row per table.
--
-- in   lake_tables      name, folder, stream (the one that writes this table and others, or NULL), as_of
--      log_checkpoints  the checkpoint that each table starts at (logFiles.sql)
--      log_entries      the files to read (logFiles.sql)
--      log_lines        the lines of the commits among them (logLines.sql)
-- out  log_actions      the actions of the commits that were read, and of checkpoints all that are not about files
--      table_heads      one row per table that has a log: its newest version, and the version that is read
--      table_txns       one row per table and application id: the newest transaction

-- A checkpoint's columns differ from writer to writer, so each is read by a SELECT of its own.
SET VARIABLE lake_checkpoint_heads = (
  WITH kept AS (
    SELECT *, '[' || array_to_string([
        '''' || replace(regexp_replace(file, '([*?\[])', '[\1]', 'g'), '''', '''''') || '''' FOR file IN files], ', ')
      || ']' AS list, (SELECT list(leaf) FROM log_leaves AS l WHERE list_contains(c.files, l.file)) AS leaves
    FROM log_checkpoints AS c
  )
  SELECT coalesce(string_agg('SELECT ''' || replace(files[1], '''', '''''') || ''' AS file,
      NULL AS add, NULL AS remove,
      CASE WHEN txn IS NOT NULL
        THEN {appId: to_json(txn) -> ''appId'', version: to_json(txn) -> ''version''} END AS txn,
      CASE WHEN metaData IS NOT NULL THEN {id: to_json(metaData) -> ''id'',
        schemaString: to_json(metaData) -> ''schemaString'',
        partitionColumns: to_json(metaData) -> ''partitionColumns'',
        configuration: to_json(metaData) -> ''configuration''} END AS metaData,
      CASE WHEN protocol IS NOT NULL THEN {minReaderVersion: to_json(protocol) -> ''minReaderVersion'',
        minWriterVersion: to_json(protocol) -> ''minWriterVersion'',
        readerFeatures: to_json(protocol) -> ''readerFeatures'',
        writerFeatures: to_json(protocol) -> ''writerFeatures''} END AS protocol,
      NULL AS commitInfo
    FROM ' || CASE WHEN ends_with(files[1], '.json')
      THEN 'read_json(' || list || ', format = ''newline_delimited'',
        columns = {txn: ''JSON'', metaData: ''JSON'', protocol: ''JSON''})
        WHERE txn IS NOT NULL OR metaData IS NOT NULL OR protocol IS NOT NULL'
      ELSE CASE WHEN list_contains(leaves, 'txn, appId') THEN ''
          ELSE '(SELECT *, NULL::STRUCT(appId VARCHAR) AS txn FROM ' END
        || 'read_parquet(' || list || ', union_by_name = true, hive_partitioning = false)'
        || CASE WHEN list_contains(leaves, 'txn, appId') THEN '' ELSE ')' END || '
        WHERE txn.appId IS NOT NULL OR metaData.id IS NOT NULL OR protocol.minReaderVersion IS NOT NULL' END,
    ' UNION ALL '), 'FROM no_actions')
  FROM kept
);

-- What decides how a table is read is kept as JSON, which still shows whether it is a string or a number.
CREATE OR REPLACE TEMP TABLE no_actions AS
SELECT
  NULL::VARCHAR AS file,
  NULL::STRUCT("path" JSON, "size" JSON, modificationTime JSON, stats VARCHAR, partitionValues JSON,
    deletionVector JSON, baseRowId JSON) AS add,
  NULL::STRUCT("path" JSON) AS remove,
  NULL::STRUCT(appId JSON, "version" JSON) AS txn,
  NULL::STRUCT(id JSON, schemaString JSON, partitionColumns JSON, configuration JSON) AS metaData,
  NULL::STRUCT(minReaderVersion JSON, minWriterVersion JSON, readerFeatures JSON, writerFeatures JSON) AS protocol,
  NULL::JSON AS commitInfo
WHERE false;

CREATE OR REPLACE TEMP TABLE log_actions AS
WITH parsed AS MATERIALIZED (
  SELECT file, number, fault, CASE WHEN fault IS NULL THEN json_transform(line, '{
      "add": {"path": "JSON", "size": "JSON", "modificationTime": "JSON", "stats": "VARCHAR",
        "partitionValues": "JSON", "deletionVector": "JSON", "baseRowId": "JSON"},
      "remove": {"path": "JSON"},
      "txn": {"appId": "JSON", "version": "JSON"},
      "metaData": {"id": "JSON", "schemaString": "JSON", "partitionColumns": "JSON", "configuration": "JSON"},
      "protocol": {"minReaderVersion": "JSON", "minWriterVersion": "JSON", "readerFeatures": "JSON",
        "writerFeatures": "JSON"},
      "commitInfo": "JSON"}') END AS action
  FROM log_lines
),
read_actions AS (
  SELECT file, number, fault, action.add, action.remove, action.txn, action."metaData", action.protocol,
    action."commitInfo"
  FROM parsed
  UNION ALL
  SELECT file, NULL, NULL, add, remove, txn, metaData, protocol, commitInfo
  FROM (FROM no_actions UNION ALL FROM query(getvariable('lake_checkpoint_heads')))
),
-- Some writers create a table before they know its columns: it has no schema then.
described AS (
  SELECT *, coalesce(metaData.schemaString ->> '$', '{"type":"struct","fields":[]}') AS schema_text
  FROM read_actions
)
SELECT e.name, e.version,
  -- By their JSON: a string begins with a quote, and some readers round an integer of more than 15 digits.
  coalesce(a.fault, coalesce(' line ' || a.number, '') || ': ' || CASE
    WHEN NOT regexp_matches(add.path, '^".*[^"]') THEN 'add.path is not a string'
    WHEN NOT regexp_full_match(add.size, '\d{1,15}(\.0+)?([eE]\+?\d)?') THEN 'add.size is not an exact integer'
    WHEN NOT regexp_full_match(add.modificationTime, '-?\d{1,15}(\.0+)?([eE]\+?\d)?|null')
      THEN 'add.modificationTime is not an exact integer'
    WHEN add IS NOT NULL AND (add.path IS NULL OR add.size IS NULL) THEN 'add has no path or no size'
    WHEN coalesce(json_type(add.deletionVector), 'NULL') NOT IN ('NULL', 'OBJECT')
      THEN 'add.deletionVector is not an object'
    WHEN remove IS NOT NULL AND regexp_matches(remove.path, '^".*[^"]') IS NOT TRUE THEN 'remove.path is not a string'
    WHEN txn IS NOT NULL AND (regexp_matches(txn.appId, '^".*[^"]')
      AND regexp_full_match(txn.version, '-?\d+(\.0+)?([eE]\+?\d)?')) IS NOT TRUE
      THEN 'txn has no string as its appId, or no integer as its version'
    WHEN metaData IS NOT NULL AND (regexp_matches(metaData.id, '^".*[^"]')
      AND regexp_full_match(metaData.partitionColumns, '\[("([^"\\]|\\.)*"(, ?)?)*\]')
      AND json_type(TRY_CAST(schema_text AS JSON), '$.fields') = 'ARRAY'
      AND NOT list_bool_or([false] || [
        (json_type(field, '$.name') = 'VARCHAR' AND json_type(field, '$.type') IN ('VARCHAR', 'OBJECT')
          AND coalesce(json_type(field, '$.nullable'), 'NULL') IN ('BOOLEAN', 'NULL')
          AND coalesce(json_type(field, '$.metadata'), 'NULL') IN ('OBJECT', 'NULL')) IS NOT TRUE
        FOR field IN json_extract(TRY_CAST(schema_text AS JSON), '$.fields[*]')])) IS NOT TRUE
      THEN 'metaData has no id, no partitionColumns or something else for a schema'
    WHEN protocol IS NOT NULL AND (regexp_full_match(protocol.minReaderVersion, '\d{1,15}(\.0+)?')
      AND regexp_full_match(protocol.minWriterVersion, '\d{1,15}(\.0+)?')) IS NOT TRUE
      THEN 'a version of protocol is not an exact integer'
  END) AS fault,
  -- How many actions a commit of ours was written with.
  CASE WHEN starts_with(commitInfo ->> '$.engineInfo', 'lakeweir')
    THEN TRY_CAST(commitInfo ->> '$.operationMetrics.numActions' AS BIGINT) END AS written,
  CASE WHEN add IS NOT NULL
    -- A file of this machine may be named by its path, or by a URI.
    THEN {path: regexp_replace(url_decode(add.path ->> '$'), '^file:(//)?/', '/'),
      size: TRY_CAST(add.size ->> '$' AS BIGINT), stats: add.stats,
      partition_values: TRY_CAST(add.partitionValues AS MAP(VARCHAR, VARCHAR)),
      deletion_vector: TRY_CAST(add.deletionVector AS STRUCT(storageType VARCHAR, pathOrInlineDv VARCHAR,
        "offset" BIGINT, sizeInBytes BIGINT, cardinality BIGINT)),
      base_row_id: TRY_CAST(add.baseRowId AS BIGINT)} END AS add,
  CASE WHEN remove IS NOT NULL
    THEN {path: regexp_replace(url_decode(remove.path ->> '$'), '^file:(//)?/', '/')} END AS remove,
  -- Another writer may count in numbers that no batch of a stream has: they are ignored.
  CASE WHEN regexp_full_match(txn.version, '-?\d{1,15}(\.0+)?([eE]\+?\d)?')
    THEN {appId: txn.appId ->> '$', version: TRY_CAST(txn.version ->> '$' AS BIGINT)} END AS txn,
  CASE WHEN metaData IS NOT NULL THEN {id: metaData.id ->> '$', schemaString: schema_text,
    partitionColumns: CAST(metaData.partitionColumns ->> '$[*]' AS VARCHAR[]),
    configuration: TRY_CAST(metaData.configuration AS MAP(VARCHAR, VARCHAR))} END AS metadata,
  CASE WHEN protocol IS NOT NULL THEN {minReaderVersion: TRY_CAST(protocol.minReaderVersion ->> '$' AS BIGINT),
    minWriterVersion: TRY_CAST(protocol.minWriterVersion ->> '$' AS BIGINT),
    readerFeatures: coalesce(protocol.readerFeatures ->> '$[*]', []),
    writerFeatures: coalesce(protocol.writerFeatures ->> '$[*]', [])} END AS protocol,
  a.commitInfo AS commit_info
FROM described AS a
JOIN log_entries AS e ON e.file = a.file;

-- Commits of ours say how many actions they were written with; of others, only an empty one is known to be cut off.
SET VARIABLE lake_log_fault = (
  SELECT max(error('LAKE_LOG_INVALID: ' || file || CASE
    WHEN found = 0 THEN ' is empty: a commit has at least one action'
    WHEN found <> written THEN ' has ' || found || ' actions, but was written with ' || written
    ELSE fault END))
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
    coalesce(arg_max(a.metadata.configuration, a.version), MAP {}::MAP(VARCHAR, VARCHAR)) AS configuration,
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
      lambda feature: feature NOT IN ('columnMapping', 'deletionVectors', 'timestampNtz', 'typeWidening',
        'typeWidening-preview', 'v2Checkpoint', 'vacuumProtocolCheck', 'variantType', 'variantType-preview',
        'variantShredding', 'variantShredding-preview')) AS unknown
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
