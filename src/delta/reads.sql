-- delta/reads.sql: how Delta tables are read as their logs describe them, whatever a config says; one row per table.
--
-- in   table_heads    one row per table that has a log (snapshot.sql)
--      log_actions    name, version, metadata: the actions of the logs (snapshot.sql)
--      live_files     name, file: the data files of each table as read (snapshot.sql)
-- out  table_columns  one row per table and column, in the order of the log, with its DuckDB type
--      table_reads    one row per table: its files, and the SELECT that reads them from the variable lake_files_<name>

-- The schema of the version that is read: a later one may have other columns than the files of this one.
CREATE OR REPLACE TEMP TABLE table_columns AS
WITH RECURSIVE schemas AS (
  SELECT a.name,
    arg_max(CAST(a.metadata.schemaString AS JSON), a.version) AS schema,
    arg_max(a.metadata.partitionColumns, a.version) AS partition_columns
  FROM log_actions AS a
  JOIN table_heads AS h USING (name)
  WHERE a.metadata IS NOT NULL AND a.version <= h.read_version
  GROUP BY a.name
),
positions AS (
  SELECT *, unnest(range(CAST(json_array_length(schema, '$.fields') AS BIGINT))) AS position FROM schemas
),
fields AS (
  SELECT name, partition_columns, position, json_extract(schema, '$.fields[' || position || ']') AS field
  FROM positions
),
-- A type becomes text from the outside in: each round writes the outer word of every type that is still JSON, and
-- leaves its parts to the next round. A piece is text with the JSON of the type that follows it, or NULL for none.
spelled AS (
  SELECT name, partition_columns, position, json_extract_string(field, '$.name') AS column_name,
    [{before: '', rest: json_extract(field, '$.type')}] AS pieces
  FROM fields
  UNION ALL
  SELECT name, partition_columns, position, column_name,
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
SELECT name, position, column_name,
  array_to_string([piece.before FOR piece IN pieces], '') AS type,
  list_contains(partition_columns, column_name) AS is_partition
FROM spelled
WHERE NOT list_bool_or([piece.rest IS NOT NULL FOR piece IN pieces]);

SET VARIABLE lake_unplaced_file = (
  SELECT max(error('table ' || f.name || ' is partitioned by ' || c.column_name || ', but its file ' || f.path
    || ' is not in a folder with a value of it'))
  FROM live_files AS f
  JOIN table_columns AS c USING (name)
  WHERE c.is_partition
    AND NOT contains(lower(f.file), '/' || lower(c.column_name) || '=')
    AND NOT contains(lower(f.file), '/' || lower(url_encode(c.column_name)) || '=')
);

-- Each file is read by the names and types of the log: columns in any order, NULL if the file lacks one, cast if it has
-- another type. A partition value is taken from the name of a folder in the file's path, because DuckDB's own way to do
-- so needs all files to have the same columns. The column with the path has a name that no column of a Delta table can
-- have.
CREATE OR REPLACE TEMP TABLE table_reads AS
WITH named AS (
  SELECT *,
    '"' || replace(column_name, '"', '""') || '"' AS column_identifier,
    '''' || replace(column_name, '''', '''''') || '''' AS column_text
  FROM table_columns
),
quoted AS (
  -- '' is a value of a text column; in any other it means NULL.
  SELECT *, 'regexp_extract("file=", ''(?is)^.*/(?:'' || regexp_escape(' || column_text
    || ') || ''|'' || regexp_escape(url_encode(' || column_text || ')) || '')=([^/]*)/'', 1)' AS folder
  FROM named
),
written AS (
  SELECT name,
    string_agg('NULL::' || type || ' AS ' || column_identifier, ', ' ORDER BY position) AS nulls,
    string_agg(CASE WHEN is_partition
      THEN 'CAST(url_decode(nullif(' || CASE WHEN type = 'VARCHAR' THEN folder ELSE 'nullif(' || folder || ', '''')' END
        || ', ''__HIVE_DEFAULT_PARTITION__'')) AS ' || type || ') AS ' || column_identifier
      ELSE column_identifier END, ', ' ORDER BY position) AS selected,
    string_agg(column_text || ': {name: ' || column_text || ', type: ''' || replace(type, '''', '''''')
      || ''', default_value: NULL}', ', ' ORDER BY position) FILTER (NOT is_partition) AS in_files
  FROM quoted
  GROUP BY name
),
listed AS (
  SELECT name, list(regexp_replace(file, '([*?\[])', '[\1]', 'g') ORDER BY file) AS files
  FROM live_files
  GROUP BY name
)
SELECT w.name,
  coalesce(l.files, []::VARCHAR[]) AS files,
  CASE WHEN l.files IS NULL THEN 'SELECT ' || w.nulls || ' WHERE false'
    ELSE 'SELECT ' || w.selected || ' FROM read_parquet(getvariable(''lake_files_' || replace(w.name, '''', '''''')
      || '''), schema = MAP {' || w.in_files
      || '}, filename = ''file='', hive_partitioning = false, union_by_name = false)'
  END AS text
FROM written AS w
LEFT JOIN listed AS l USING (name);
