-- delta/reads.sql: how Delta tables are read as their logs describe them, whatever a config says; one row per table.
--
-- in   table_heads    one row per table that has a log (snapshot.sql)
--      log_actions    name, version, metadata: the actions of the logs (snapshot.sql)
--      live_files     name, file: the data files of each table as read (snapshot.sql)
-- out  table_columns  one row per table and column, in the order of the log, with its DuckDB type
--      listed_files   one row per table with files: their paths as patterns that match them alone
--      table_reads    one row per table: its files, the SELECT that reads them from the variable lake_files_<name>, and
--                     none: the same columns without rows

-- The schema of the version that is read: a later one may have other columns than the files of this one.
CREATE OR REPLACE TEMP TABLE table_columns AS
WITH RECURSIVE schemas AS (
  SELECT a.name,
    arg_max(CAST(a.metadata.schemaString AS JSON), a.version) AS schema,
    arg_max(a.metadata.partitionColumns, a.version) AS partition_columns,
    coalesce(arg_max(a.metadata.configuration, a.version)['delta.columnMapping.mode'], 'none') <> 'none' AS is_mapped
  FROM log_actions AS a
  JOIN table_heads AS h USING (name)
  WHERE a.metadata IS NOT NULL AND a.version <= h.read_version
  GROUP BY a.name
),
positions AS (
  SELECT *, unnest(range(CAST(json_array_length(schema, '$.fields') AS BIGINT))) AS position FROM schemas
),
fields AS (
  SELECT name, partition_columns, is_mapped, position, json_extract(schema, '$.fields[' || position || ']') AS field
  FROM positions
),
-- A type becomes text from the outside in: each round writes the outer word of every type that is still JSON, and
-- leaves its parts to the next round. A piece is text with the JSON of the type that follows it, or NULL for none.
spelled AS (
  SELECT name, partition_columns, is_mapped, position, json_extract_string(field, '$.name') AS column_name,
    CASE WHEN is_mapped THEN json_extract_string(field, '$.metadata."delta.columnMapping.physicalName"') END
      AS physical_name,
    [{before: '', rest: json_extract(field, '$.type')}] AS pieces
  FROM fields
  UNION ALL
  SELECT name, partition_columns, is_mapped, position, column_name, physical_name,
    flatten(list_transform(pieces, lambda piece: CASE
      WHEN piece.rest IS NULL THEN [piece]
      WHEN json_type(piece.rest) = 'VARCHAR' THEN [{
        before: piece.before || CASE json_extract_string(piece.rest, '$')
          WHEN 'string' THEN 'VARCHAR'
          WHEN 'long' THEN 'BIGINT'
          WHEN 'integer' THEN 'INTEGER'
          WHEN 'short' THEN 'SMALLINT'
          WHEN 'byte' THEN 'TINYINT'
          WHEN 'float' THEN 'FLOAT'
          WHEN 'double' THEN 'DOUBLE'
          WHEN 'boolean' THEN 'BOOLEAN'
          WHEN 'binary' THEN 'BLOB'
          WHEN 'date' THEN 'DATE'
          WHEN 'timestamp' THEN 'TIMESTAMPTZ'
          WHEN 'timestamp_ntz' THEN 'TIMESTAMP'
          -- A column of the type void has no values, and is not in the files.
          WHEN 'void' THEN 'INTEGER'
          ELSE coalesce(
            upper(nullif(regexp_extract(json_extract_string(piece.rest, '$'), '^decimal\(\d+, ?\d+\)$'), '')),
            error('table ' || name || ' has the column ' || column_name || ' of type '
              || json_extract_string(piece.rest, '$') || ', which DuckDB cannot read'))
        END,
        rest: NULL::JSON}]
      WHEN json_extract_string(piece.rest, '$.type') = 'array' THEN [
        {before: piece.before, rest: json_extract(piece.rest, '$.elementType')},
        {before: '[]', rest: NULL::JSON}]
      WHEN json_extract_string(piece.rest, '$.type') = 'map' THEN [
        {before: piece.before || 'MAP(', rest: json_extract(piece.rest, '$.keyType')},
        {before: ', ', rest: json_extract(piece.rest, '$.valueType')},
        {before: ')', rest: NULL::JSON}]
      ELSE [{before: piece.before || 'STRUCT(', rest: NULL::JSON}]
        || list_transform(json_extract(piece.rest, '$.fields[*]'), lambda field, number: {
          before: CASE WHEN number = 1 THEN '"' ELSE ', "' END
            || replace(json_extract_string(field, '$.name'), '"', '""') || '" ',
          rest: json_extract(field, '$.type')})
        || [{before: ')', rest: NULL::JSON}]
    END))
  FROM spelled
  WHERE list_bool_or([piece.rest IS NOT NULL FOR piece IN pieces])
)
SELECT name, position, column_name, coalesce(physical_name, column_name) AS stored_name, is_mapped,
  array_to_string([piece.before FOR piece IN pieces], '') AS type,
  list_contains(partition_columns, column_name) AS is_partition
FROM spelled
WHERE NOT list_bool_or([piece.rest IS NOT NULL FOR piece IN pieces]);

-- The live files are looked at once: a checkpoint may name a million.
CREATE OR REPLACE TEMP TABLE listed_files AS
WITH folders AS (
  SELECT name, bool_or(is_mapped) AS is_mapped,
    list({plain: '/' || lower(column_name) || '=', encoded: '/' || lower(url_encode(column_name)) || '='}) AS steps
  FROM table_columns
  WHERE is_partition
  GROUP BY name
)
SELECT f.name,
  list(CASE WHEN contains(f.file, '*') OR contains(f.file, '?') OR contains(f.file, '[')
    THEN regexp_replace(f.file, '([*?\[])', '[\1]', 'g') ELSE f.file END ORDER BY f.file) AS files,
  sum(f.bytes) AS bytes,
  min(f.path) FILTER (f.deletion_vector IS NOT NULL) AS vector_path,
  -- Whether its partition values have to be taken from the log, because the folders of a file do not say them.
  coalesce(bool_or(p.is_mapped OR list_bool_or([
    NOT contains(lower(f.file), step.plain) AND NOT contains(lower(f.file), step.encoded) FOR step IN p.steps])), false)
    AS has_logged_values
FROM live_files AS f
LEFT JOIN folders AS p USING (name)
GROUP BY f.name;

-- What a view reads has to be SQL alone, which does not decode the bitmaps of deleted rows.
SET VARIABLE lake_deletion_vector = (
  SELECT max(error('LAKE_PROTOCOL_UNSUPPORTED: table ' || name || ' has the file ' || vector_path
    || ' with the Delta feature deletionVectors, which queries do not read'))
  FROM listed_files
  WHERE vector_path IS NOT NULL
);

SET VARIABLE lake_valued_files = (
  SELECT CASE WHEN count(*) = 0 THEN 'SELECT name, "path" AS file, partition_values FROM no_files'
    ELSE 'FROM live_files WHERE name IN (SELECT name FROM listed_files WHERE has_logged_values)' END
  FROM listed_files
  WHERE has_logged_values
);
CREATE OR REPLACE TEMP TABLE logged_values AS
SELECT f.name, '{' || string_agg(file_text || ': {' || values_text || '}', ', ') || '}' AS values_text
FROM (
  SELECT f.name, '''' || replace(f.file, '''', '''''') || '''' AS file_text,
    string_agg('''' || replace(c.column_name, '''', '''''') || ''': ' || coalesce(''''
      || replace(nullif(f.partition_values[c.stored_name], ''), '''', '''''') || '''', 'NULL::VARCHAR'), ', ')
      AS values_text
  FROM query(getvariable('lake_valued_files')) AS f
  JOIN table_columns AS c USING (name)
  WHERE c.is_partition
  GROUP BY f.name, f.file
) AS f
GROUP BY f.name;

-- Each file is read by the names and types of the log: columns in any order, NULL if the file lacks one, cast if it has
-- another type. A partition value is taken from the name of a folder in the file's path, because DuckDB's own way to do
-- so needs all files to have the same columns. DuckDB skips files by such a value only if the column with the path is
-- called filename; so inside, the columns of the table have the names of their positions.
CREATE OR REPLACE TEMP TABLE table_reads AS
WITH named AS (
  SELECT c.*, v.values_text,
    '"' || replace(column_name, '"', '""') || '"' AS column_identifier,
    '''' || replace(column_name, '''', '''''') || '''' AS column_text,
    '''' || replace(stored_name, '''', '''''') || '''' AS stored_text
  FROM table_columns AS c
  LEFT JOIN logged_values AS v USING (name)
),
quoted AS (
  -- '' is a value of a text column in a folder; in any other, and in a log, it means NULL.
  SELECT *, CASE WHEN values_text IS NOT NULL
    THEN 'MAP ' || values_text || '[filename][' || column_text || ']'
    ELSE 'url_decode(nullif(' || CASE WHEN type = 'VARCHAR' THEN '' ELSE 'nullif(' END
      || 'regexp_extract(filename, ''(?is)^.*/(?:'' || regexp_escape(' || column_text
      || ') || ''|'' || regexp_escape(url_encode(' || column_text || ')) || '')=([^/]*)/'', 1)'
      || CASE WHEN type = 'VARCHAR' THEN '' ELSE ', '''')' END || ', ''__HIVE_DEFAULT_PARTITION__''))'
    END AS value
  FROM named
),
written AS (
  SELECT name,
    string_agg('NULL::' || type || ' AS ' || column_identifier, ', ' ORDER BY position) AS nulls,
    string_agg(CASE WHEN is_partition
      THEN CASE WHEN type = 'BLOB' THEN 'encode(' || value || ')' ELSE 'CAST(' || value || ' AS ' || type || ')' END
      ELSE 'c' || position END || ' AS ' || column_identifier, ', ' ORDER BY position) AS selected,
    coalesce(string_agg(stored_text || ': {name: ''c' || position || ''', type: ''' || replace(type, '''', '''''')
      || ''', default_value: NULL}', ', ' ORDER BY position) FILTER (NOT is_partition),
      '''no=column'': {name: ''c'', type: ''BOOLEAN'', default_value: NULL}') AS in_files
  FROM quoted
  GROUP BY name
)
SELECT w.name,
  coalesce(l.files, []::VARCHAR[]) AS files,
  'SELECT ' || w.nulls || ' WHERE false' AS none,
  CASE WHEN l.files IS NULL THEN 'SELECT ' || w.nulls || ' WHERE false'
    ELSE 'SELECT ' || w.selected || ' FROM read_parquet(getvariable(''lake_files_' || replace(w.name, '''', '''''')
      || '''), schema = MAP {' || w.in_files
      -- About ten bytes a row: otherwise DuckDB orders joins as if a single file had no rows, and others a thousand.
      || '}, explicit_cardinality = ' || CAST(coalesce(l.bytes, 0) // 10 + 1 AS VARCHAR)
      || ', filename = true, hive_partitioning = false, union_by_name = false)'
  END AS text
FROM written AS w
LEFT JOIN listed_files AS l USING (name);
