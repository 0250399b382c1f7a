-- delta/upkeep/logCheckpoint.sql: what a Delta checkpoint of one table holds, from the one before it and the commits after that; one row per action.
--
-- in   lake_tombstones_from  variable: removals before this time, in milliseconds since 1970, are left out
--      log_checkpoints       the checkpoint before, or no row (logFiles.sql)
--      log_leaves            file, leaf: its columns (logFiles.sql)
--      log_entries           it and the commits up to the version of the new one (logFiles.sql)
--      log_lines             the lines of those commits (logLines.sql)
-- out  lake_checkpoint_rows  variable: the SELECT of its rows; each has one of txn, add, remove, metaData and protocol
--      checkpoint_head       one row: protocol and metaData of the table at that version
--
-- The files of the checkpoint before go from it into the new one as they stream by, with their statistics as columns,
-- so that only those of the commits are read from their JSON.

SET VARIABLE lake_base = (
  SELECT {
    list: '[' || array_to_string(['''' || replace(regexp_replace(file, '([*?\[])', '[\1]', 'g'), '''', '''''') || ''''
      FOR file IN files], ', ') || ']',
    leaves: (SELECT list(DISTINCT leaf) FROM log_leaves AS l WHERE list_contains(c.files, l.file))
  }
  FROM log_checkpoints AS c
);

CREATE OR REPLACE TEMP TABLE no_changes AS
SELECT
  NULL::BIGINT AS "version",
  NULL::STRUCT(appId VARCHAR, "version" BIGINT, lastUpdated BIGINT) AS txn,
  NULL::STRUCT("path" VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), "size" BIGINT, modificationTime BIGINT,
    dataChange BOOLEAN, stats VARCHAR, tags MAP(VARCHAR, VARCHAR)) AS add,
  NULL::STRUCT("path" VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN, extendedFileMetadata BOOLEAN,
    partitionValues MAP(VARCHAR, VARCHAR), "size" BIGINT, tags MAP(VARCHAR, VARCHAR)) AS remove,
  NULL::STRUCT(id VARCHAR, "name" VARCHAR, description VARCHAR,
    format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), schemaString VARCHAR, partitionColumns VARCHAR[],
    configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT) AS metaData,
  NULL::STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER, readerFeatures VARCHAR[], writerFeatures VARCHAR[])
    AS protocol
WHERE false;

CREATE OR REPLACE TEMP TABLE tail_actions AS
WITH parsed AS MATERIALIZED (
  SELECT TRY_CAST(regexp_extract(file, '(\d{20})\.json$', 1) AS BIGINT) AS "version", json_transform(line, '{
      "txn": {"appId": "VARCHAR", "version": "BIGINT", "lastUpdated": "BIGINT"},
      "add": {"path": "VARCHAR", "partitionValues": "MAP(VARCHAR, VARCHAR)", "size": "BIGINT",
        "modificationTime": "BIGINT", "dataChange": "BOOLEAN", "stats": "VARCHAR", "tags": "MAP(VARCHAR, VARCHAR)"},
      "remove": {"path": "VARCHAR", "deletionTimestamp": "BIGINT", "dataChange": "BOOLEAN",
        "extendedFileMetadata": "BOOLEAN", "partitionValues": "MAP(VARCHAR, VARCHAR)", "size": "BIGINT",
        "tags": "MAP(VARCHAR, VARCHAR)"},
      "metaData": {"id": "VARCHAR", "name": "VARCHAR", "description": "VARCHAR",
        "format": {"provider": "VARCHAR", "options": "MAP(VARCHAR, VARCHAR)"}, "schemaString": "VARCHAR",
        "partitionColumns": ["VARCHAR"], "configuration": "MAP(VARCHAR, VARCHAR)", "createdTime": "BIGINT"},
      "protocol": {"minReaderVersion": "INTEGER", "minWriterVersion": "INTEGER", "readerFeatures": ["VARCHAR"],
        "writerFeatures": ["VARCHAR"]}}') AS action
  FROM log_lines
  WHERE fault IS NULL
)
FROM no_changes
UNION ALL
SELECT "version", action.txn, action.add, action.remove, action."metaData", action.protocol
FROM parsed
WHERE coalesce(action.txn.appId, action.add."path", action.remove."path", action."metaData".id,
  action.protocol.minReaderVersion::VARCHAR) IS NOT NULL;

-- What the checkpoint before says that is not about files.
CREATE OR REPLACE TEMP TABLE base_heads AS
SELECT txn, metaData, protocol FROM no_changes
UNION ALL BY NAME
FROM query(CASE WHEN getvariable('lake_base') IS NULL THEN 'SELECT txn, metaData, protocol FROM no_changes' ELSE '
  SELECT ' || CASE WHEN list_contains(getvariable('lake_base').leaves, 'txn, appId')
      THEN 'CAST(txn AS STRUCT(appId VARCHAR, "version" BIGINT, lastUpdated BIGINT))' ELSE 'NULL' END || ' AS txn,
    CAST(metaData AS STRUCT(id VARCHAR, "name" VARCHAR, description VARCHAR,
      format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), schemaString VARCHAR, partitionColumns VARCHAR[],
      configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT)) AS metaData,
    CAST(protocol AS STRUCT(minReaderVersion INTEGER, minWriterVersion INTEGER, readerFeatures VARCHAR[],
      writerFeatures VARCHAR[])) AS protocol
  FROM read_parquet(' || getvariable('lake_base').list || ', union_by_name = true, hive_partitioning = false)
  WHERE metaData.id IS NOT NULL OR protocol.minReaderVersion IS NOT NULL'
  || CASE WHEN list_contains(getvariable('lake_base').leaves, 'txn, appId')
    THEN ' OR txn.appId IS NOT NULL' ELSE '' END END);

CREATE OR REPLACE TEMP TABLE checkpoint_head AS
WITH heads AS (
  SELECT -1 AS "version", metaData, protocol FROM base_heads
  UNION ALL
  SELECT "version", metaData, protocol FROM tail_actions
)
SELECT arg_max(metaData, "version") AS metaData, arg_max(protocol, "version") AS protocol FROM heads;

CREATE OR REPLACE TEMP TABLE checkpoint_txns AS
SELECT max_by(txn, txn."version") AS txn
FROM (SELECT txn FROM base_heads UNION ALL SELECT txn FROM tail_actions)
WHERE txn IS NOT NULL
GROUP BY txn.appId;

-- Of each path the last action. A commit that removes and adds one path leaves the file live.
CREATE OR REPLACE TEMP TABLE tail_files AS
SELECT url_decode(coalesce(add."path", remove."path")) AS "path",
  CASE WHEN max_by(add IS NOT NULL, ("version", add IS NOT NULL)) THEN max_by(add, ("version", add IS NOT NULL)) END
    AS add,
  max_by(remove, ("version", add IS NOT NULL)) AS remove
FROM tail_actions
WHERE add IS NOT NULL OR remove IS NOT NULL
GROUP BY url_decode(coalesce(add."path", remove."path"));

-- The columns whose bounds are kept as columns: readers compare those of these types alone.
CREATE OR REPLACE TEMP TABLE bounded_columns AS
WITH fields AS (
  SELECT metaData.partitionColumns AS partition_columns,
    unnest(json_extract(metaData.schemaString, '$.fields[*]')) AS field
  FROM checkpoint_head
),
named AS (
  SELECT field ->> '$.name' AS name, list_contains(partition_columns, field ->> '$.name') AS is_partition,
    json_type(field, '$.type') = 'VARCHAR' AS is_flat, field ->> '$.type' AS type
  FROM fields
)
SELECT name, is_partition, is_flat, CASE
    WHEN NOT is_flat THEN NULL
    WHEN type = 'string' THEN 'VARCHAR'
    WHEN type = 'long' THEN 'BIGINT'
    WHEN type = 'integer' THEN 'INTEGER'
    WHEN type = 'short' THEN 'SMALLINT'
    WHEN type = 'byte' THEN 'TINYINT'
    WHEN type = 'float' THEN 'FLOAT'
    WHEN type = 'double' THEN 'DOUBLE'
    WHEN type = 'date' THEN 'DATE'
    WHEN type = 'timestamp' THEN 'TIMESTAMPTZ'
    WHEN starts_with(type, 'decimal') THEN upper(type)
  END AS type
FROM named;

-- The shape of the statistics; NULL for a table with nested columns, whose bounds are nested as well.
SET VARIABLE lake_stats_shape = (
  SELECT CASE WHEN bool_and(is_flat) AND count(*) FILTER (NOT is_partition AND type IS NOT NULL) > 0 THEN
    '{"numRecords":"BIGINT","minValues":{' || bounds || '},"maxValues":{' || bounds || '},"nullCount":{' || counts
      || '}}'
  END
  FROM (
    SELECT string_agg(to_json(name)::VARCHAR || ':"' || type || '"', ',')
        FILTER (NOT is_partition AND type IS NOT NULL) AS bounds,
      string_agg(to_json(name)::VARCHAR || ':"BIGINT"', ',') FILTER (NOT is_partition) AS counts
    FROM bounded_columns
  ), bounded_columns
  GROUP BY bounds, counts
);
SET VARIABLE lake_partition_shape = (
  SELECT '{' || string_agg(to_json(name)::VARCHAR || ':"' || type || '"', ',') || '}'
  FROM bounded_columns
  WHERE is_partition
  HAVING bool_and(type IS NOT NULL)
);

-- Whether the checkpoint before has the columns of just these shapes.
SET VARIABLE lake_base_is_typed = (
  SELECT coalesce(list_contains(getvariable('lake_base').leaves, 'add, stats_parsed, numRecords'), false)
    AND EXISTS (FROM base_heads AS b, checkpoint_head AS h WHERE b.metaData.schemaString = h.metaData.schemaString)
);

SET VARIABLE lake_typed_stats = CASE WHEN getvariable('lake_stats_shape') IS NULL THEN ''
  ELSE ', stats_parsed: json_transform(TRY_CAST(a.stats AS JSON), getvariable(''lake_stats_shape''))' END;
SET VARIABLE lake_typed_partition = CASE WHEN getvariable('lake_partition_shape') IS NULL THEN ''
  ELSE ', partitionValues_parsed:
    json_transform(to_json(a.partitionValues), getvariable(''lake_partition_shape''))' END;

SET VARIABLE lake_add_fields = '{"path": a."path", partitionValues: a.partitionValues, "size": a."size",
  modificationTime: a.modificationTime, dataChange: false, stats: a.stats, tags: a.tags';

-- The protocol and the metadata come first, so that a start finds them in the first rows.
SET VARIABLE lake_checkpoint_rows = (
  WITH own AS (
    SELECT getvariable('lake_add_fields') || getvariable('lake_typed_stats') || getvariable('lake_typed_partition')
      || '}' AS typed
  ),
  carried AS (
    SELECT CASE WHEN getvariable('lake_base_is_typed') THEN getvariable('lake_add_fields')
        || CASE WHEN getvariable('lake_stats_shape') IS NULL THEN '' ELSE ', stats_parsed: stats_parsed' END
        || CASE WHEN getvariable('lake_partition_shape') IS NULL THEN ''
          WHEN list_any_value(list_filter(getvariable('lake_base').leaves,
            lambda leaf: starts_with(leaf, 'add, partitionValues_parsed, '))) IS NOT NULL
            THEN ', partitionValues_parsed: partitionValues_parsed'
          ELSE getvariable('lake_typed_partition') END || '}'
      ELSE typed END AS add
    FROM own
  )
  SELECT '
    SELECT NULL::STRUCT(appId VARCHAR, "version" BIGINT, lastUpdated BIGINT) AS txn,
      CASE WHEN false THEN ' || own.typed || ' END AS add,
      NULL::STRUCT("path" VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN, extendedFileMetadata BOOLEAN,
        partitionValues MAP(VARCHAR, VARCHAR), "size" BIGINT, tags MAP(VARCHAR, VARCHAR)) AS remove,
      NULL::STRUCT(id VARCHAR, "name" VARCHAR, description VARCHAR,
        format STRUCT(provider VARCHAR, options MAP(VARCHAR, VARCHAR)), schemaString VARCHAR,
        partitionColumns VARCHAR[], configuration MAP(VARCHAR, VARCHAR), createdTime BIGINT) AS metaData,
      protocol
    FROM checkpoint_head, (SELECT add AS a FROM no_changes UNION ALL SELECT NULL)
    UNION ALL SELECT NULL, NULL, NULL, metaData, NULL FROM checkpoint_head
    UNION ALL SELECT txn, NULL, NULL, NULL, NULL FROM checkpoint_txns'
    || CASE WHEN getvariable('lake_base') IS NULL THEN '' ELSE '
    UNION ALL SELECT NULL, ' || carried.add || ', NULL, NULL, NULL
    FROM (
      SELECT CAST(add AS STRUCT("path" VARCHAR, partitionValues MAP(VARCHAR, VARCHAR), "size" BIGINT,
          modificationTime BIGINT, dataChange BOOLEAN, stats VARCHAR, tags MAP(VARCHAR, VARCHAR))) AS a'
      || CASE WHEN contains(carried.add, 'stats_parsed: stats_parsed')
        THEN ', add.stats_parsed AS stats_parsed' ELSE '' END
      || CASE WHEN contains(carried.add, 'partitionValues_parsed: partitionValues_parsed')
        THEN ', add.partitionValues_parsed AS partitionValues_parsed' ELSE '' END || '
      FROM read_parquet(' || getvariable('lake_base').list || ', union_by_name = true, hive_partitioning = false)
      WHERE add."path" IS NOT NULL
    )
    WHERE url_decode(a."path") NOT IN (SELECT "path" FROM tail_files WHERE "path" IS NOT NULL)' END || '
    UNION ALL SELECT NULL, ' || own.typed || ', NULL, NULL, NULL FROM (SELECT add AS a FROM tail_files)
    WHERE a IS NOT NULL'
    || CASE WHEN list_contains(getvariable('lake_base').leaves, 'remove, path') THEN '
    UNION ALL SELECT NULL, NULL, CAST(remove AS STRUCT("path" VARCHAR, deletionTimestamp BIGINT, dataChange BOOLEAN,
      extendedFileMetadata BOOLEAN, partitionValues MAP(VARCHAR, VARCHAR), "size" BIGINT, tags MAP(VARCHAR, VARCHAR))),
      NULL, NULL
    FROM read_parquet(' || getvariable('lake_base').list || ', union_by_name = true, hive_partitioning = false)
    WHERE remove."path" IS NOT NULL AND remove.deletionTimestamp >= getvariable(''lake_tombstones_from'')
      AND url_decode(remove."path") NOT IN (SELECT "path" FROM tail_files WHERE "path" IS NOT NULL)' ELSE '' END || '
    UNION ALL SELECT NULL, NULL, {"path": remove."path", deletionTimestamp: remove.deletionTimestamp, dataChange: false,
      extendedFileMetadata: remove.extendedFileMetadata, partitionValues: remove.partitionValues, "size": remove."size",
      tags: remove.tags}, NULL, NULL
    FROM tail_files
    WHERE add IS NULL AND remove IS NOT NULL
      AND coalesce(remove.deletionTimestamp, 0) >= getvariable(''lake_tombstones_from'')'
  FROM own, carried
);
