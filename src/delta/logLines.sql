-- delta/logLines.sql: the commits of Delta logs line by line; one row per line that says something.
--
-- in   log_entries  the files that are read: name, version, is_checkpoint, file (logFiles.sql)
-- out  log_lines    file, number (of the line), line, fault: why the line is no action, with its place, else NULL
--
-- DuckDB's reader of JSON takes half a millisecond for every file that it begins, and a commit has three lines. Text
-- that is split into lines takes a fifth of that; only files that are long are read by it, as they stream by.

SET VARIABLE lake_commit_files = (
  SELECT coalesce(list(regexp_replace(file, '([*?\[])', '[\1]', 'g')), []::VARCHAR[])
  FROM log_entries
  WHERE NOT is_checkpoint
);

SET VARIABLE lake_long_commit_bytes = 16000000;

SET VARIABLE lake_commits = (
  SELECT {
    short: coalesce(list(file) FILTER (size <= getvariable('lake_long_commit_bytes')), []),
    long: coalesce(list(file) FILTER (size > getvariable('lake_long_commit_bytes')), [])
  }
  FROM query(CASE WHEN len(getvariable('lake_commit_files')) = 0
    THEN 'SELECT NULL::VARCHAR AS file, NULL::BIGINT AS size WHERE false'
    ELSE 'SELECT regexp_replace(filename, ''([*?\[])'', ''[\1]'', ''g'') AS file, size
      FROM read_blob(getvariable(''lake_commit_files''))' END)
);

CREATE OR REPLACE TEMP TABLE log_lines AS
WITH split AS (
  FROM query(CASE WHEN len(getvariable('lake_commits').short) = 0
    THEN 'SELECT NULL::VARCHAR AS file, NULL::BIGINT AS number, NULL::VARCHAR AS line WHERE false'
    -- A byte order mark may stand at the beginning of a file.
    ELSE 'SELECT filename AS file, generate_subscripts(lines, 1) AS number, unnest(lines) AS line
      FROM (SELECT filename, string_split(regexp_replace(content, ''^\x{FEFF}'', ''''), chr(10)) AS lines
        FROM read_text(getvariable(''lake_commits'').short))' END)
  UNION ALL
  FROM query(CASE WHEN len(getvariable('lake_commits').long) = 0
    THEN 'SELECT NULL::VARCHAR AS file, NULL::BIGINT AS number, NULL::VARCHAR AS line WHERE false'
    ELSE 'SELECT filename AS file, row_number() OVER (PARTITION BY filename), CAST(json AS VARCHAR)
      FROM read_json_objects(getvariable(''lake_commits'').long, format = ''newline_delimited'', filename = true)' END)
)
SELECT file, number, line, ' line ' || number || CASE
    WHEN NOT json_valid(line) THEN ' is not JSON'
    -- What is no object has no keys.
    WHEN NOT list_bool_or([len(keys) = 0 OR len(keys) > len(list_distinct(keys)) FOR keys IN json_keys(line,
      ['$', '$.add', '$.remove', '$.txn', '$.metaData', '$.protocol'])]) THEN NULL
    WHEN json_type(line) NOT IN ('OBJECT', 'NULL') THEN ' is not a JSON object'
    WHEN list_bool_or([coalesce(type, 'NULL') NOT IN ('OBJECT', 'NULL') FOR type IN json_type(line,
      ['$.add', '$.remove', '$.txn', '$.metaData', '$.protocol'])]) THEN ' has an action that is not an object'
    -- Which of the two counts, readers do not agree on.
    WHEN list_bool_or([len(keys) > len(list_distinct(keys)) FOR keys IN json_keys(line,
      ['$', '$.add', '$.remove', '$.txn', '$.metaData', '$.protocol'])]) THEN ' has the same key twice'
  END AS fault
FROM split
WHERE NOT regexp_full_match(line, '[ \t\r\v\f]*');
