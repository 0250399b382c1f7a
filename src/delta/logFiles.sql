-- delta/logFiles.sql: which files of Delta logs are read: of each table the newest good checkpoint, and the commits after it; one row per table and file.
--
-- in   lake               variable: the lake's folder, absolute, without a slash at its end
--      lake_passed_over   variable: checkpoint files that are not to be read, or NULL
--      lake_tables        name, folder below the lake or absolute, as_of (the version to stop at, NULL for the newest)
-- out  log_folders        one row per table: name, as_of, and log, the folder of its log, with a slash at its end
--      log_checkpoints    one row per table that starts at a checkpoint: name, version, files, sidecars (both with
--                         their paths), and leaves, the columns that its Parquet files have
--      log_entries        name, version, is_checkpoint, file: what is read
--
-- A checkpoint is good if all its files are whole, and if it says what table it is of and how that is read. Its id is
-- that of the first commit, or that of the oldest checkpoint where that commit is gone. The hint in _last_checkpoint
-- spares a listing of the folder, which takes long after thousands of commits. Where it is of no use, the folder is
-- listed, and its three newest checkpoints are looked at. One that has neither the commit of its version nor the one
-- after beside it is of a later version than the log: it counts only if there is no other.

CREATE OR REPLACE TEMP TABLE log_folders AS
SELECT name, as_of,
  CASE WHEN starts_with(folder, '/') THEN folder ELSE getvariable('lake') || '/' || folder END || '/_delta_log/' AS log
FROM lake_tables;

SET VARIABLE lake_hint_files = (
  SELECT coalesce(list(regexp_replace(log, '([*?\[])', '[\1]', 'g') || '_last_checkpoint'), []::VARCHAR[])
  FROM log_folders
);
SET VARIABLE lake_hint_files = (
  SELECT coalesce(list(regexp_replace(file, '([*?\[])', '[\1]', 'g')), []::VARCHAR[])
  FROM glob(getvariable('lake_hint_files'))
);

CREATE OR REPLACE TEMP TABLE log_hints AS
WITH hints AS (
  SELECT filename AS file, TRY_CAST(TRY(decode(content)) AS JSON) AS hint
  FROM read_blob(getvariable('lake_hint_files'))
),
placed AS (
  SELECT f.name, f.log, f.as_of, TRY_CAST(h.hint ->> '$.version' AS BIGINT) AS version,
    coalesce(TRY_CAST(h.hint ->> '$.parts' AS BIGINT), 1) AS parts,
    TRY_CAST(h.hint ->> '$.sizeInBytes' AS BIGINT) AS bytes,
    h.hint ->> '$.v2Checkpoint.path' AS v2_name
  FROM hints AS h
  JOIN log_folders AS f ON f.log || '_last_checkpoint' = h.file
)
SELECT name, log, as_of, version,
  -- Other writers count the sidecars in, too.
  CASE WHEN parts = 1 AND v2_name IS NULL THEN bytes END AS bytes,
  CASE
    WHEN v2_name IS NOT NULL THEN [log || v2_name]
    WHEN parts = 1 THEN [log || lpad(version::VARCHAR, 20, '0') || '.checkpoint.parquet']
    ELSE [log || lpad(version::VARCHAR, 20, '0') || '.checkpoint.' || lpad(part::VARCHAR, 10, '0') || '.'
      || lpad(parts::VARCHAR, 10, '0') || '.parquet' FOR part IN range(1, parts + 1)]
  END AS files
FROM placed
WHERE version BETWEEN 0 AND coalesce(as_of, 999999999999999) AND parts BETWEEN 1 AND 10000;

-- A checkpoint comes every 100 commits or so.
SET VARIABLE lake_probed_commits = 250;

SET VARIABLE lake_probed = (
  SELECT coalesce(list(regexp_replace(file, '([*?\[])', '[\1]', 'g')), []::VARCHAR[])
  FROM (
    SELECT unnest(files) AS file FROM log_hints
    UNION ALL
    SELECT log || lpad(probed::VARCHAR, 20, '0') || '.json'
    FROM (
      SELECT log, as_of, unnest(range(version, version + getvariable('lake_probed_commits'))) AS probed FROM log_hints
    )
    WHERE as_of IS NULL OR probed <= as_of
    UNION ALL
    SELECT log || '00000000000000000000.json' FROM log_folders
  )
);

CREATE OR REPLACE TEMP TABLE log_probed AS
SELECT file, regexp_extract(file, '^(.*/_delta_log/)(\d{20})\.json$', ['log', 'version']) AS part
FROM glob(getvariable('lake_probed'));

-- The size alone takes no reading of the file.
SET VARIABLE lake_hinted_files = (
  SELECT coalesce(list(regexp_replace(p.file, '([*?\[])', '[\1]', 'g')), []::VARCHAR[])
  FROM log_probed AS p
  JOIN log_hints AS h ON h.files[1] = p.file AND h.bytes IS NOT NULL
);

-- A hint counts if its checkpoint is there, with the commit of its version or the one after, and if not all commits
-- that were looked for are there, because more may follow.
CREATE OR REPLACE TEMP TABLE log_hints AS
WITH sizes AS (
  SELECT filename AS file, size FROM read_blob(getvariable('lake_hinted_files'))
),
commits AS (
  SELECT part.log AS log, list(TRY_CAST(part.version AS BIGINT)) AS versions
  FROM log_probed
  WHERE part.log <> ''
  GROUP BY part.log
),
there AS (
  SELECT list(file) AS files FROM log_probed WHERE part.log = ''
)
SELECT h.*
FROM log_hints AS h
JOIN commits AS c ON c.log = h.log
CROSS JOIN there AS t
LEFT JOIN sizes AS s ON s.file = h.files[1]
WHERE list_has_all(t.files, h.files)
  AND (h.bytes IS NULL OR h.bytes = s.size)
  AND NOT list_has_any(h.files, coalesce(getvariable('lake_passed_over'), []::VARCHAR[]))
  AND list_has_any(c.versions, [h.version, h.version + 1])
  AND len(c.versions) < getvariable('lake_probed_commits');

-- A glob finds a folder only if it ends in a slash.
SET VARIABLE lake_log_globs = (
  SELECT coalesce(list(regexp_replace(log, '([*?\[])', '[\1]', 'g') || kind), []::VARCHAR[])
  FROM log_folders AS f
  CROSS JOIN (VALUES ('*'), ('*/')) AS kinds(kind)
  WHERE NOT EXISTS (FROM log_hints AS h WHERE h.name = f.name)
);

CREATE OR REPLACE TEMP TABLE log_listed AS
WITH found AS (
  SELECT file FROM log_probed
  UNION ALL
  SELECT file FROM glob(getvariable('lake_log_globs'))
),
parts AS (
  SELECT file, regexp_extract(file,
    '^(.*/_delta_log/)(\d{20})\.(json|checkpoint\.(?:(?:\d{10}\.(\d{10})|[0-9A-Za-z-]{36})\.)?(?:parquet|json))/?$',
    ['log', 'version', 'kind', 'of']) AS part
  FROM found
)
-- A log's folder has other files too (checksums, compacted commits); the cast may run before the join drops them.
SELECT DISTINCT f.name, f.log, coalesce(TRY_CAST(p.part.version AS BIGINT), 9223372036854775807) AS version,
  p.part.kind <> 'json' AS is_checkpoint, coalesce(TRY_CAST(p.part.of AS BIGINT), 0) AS parts, p.file
FROM parts AS p
JOIN log_folders AS f ON f.log = p.part.log
WHERE f.as_of IS NULL OR TRY_CAST(p.part.version AS BIGINT) <= f.as_of;

SET VARIABLE lake_log_folder = (
  SELECT max(error('LAKE_LOG_INVALID: ' || rtrim(file, '/') || ' is a folder, not a file'))
  FROM log_listed
  WHERE ends_with(file, '/')
);

-- Of a checkpoint in parts, all have to be there. Of several that others made of one version, each may be whole.
CREATE OR REPLACE TEMP TABLE log_candidates AS
WITH whole AS (
  SELECT name, log, version, parts, list(file ORDER BY file) AS files
  FROM log_listed
  WHERE is_checkpoint
  GROUP BY name, log, version, parts, CASE WHEN parts = 0 THEN file END
  HAVING parts = 0 OR count(*) = parts
),
backed AS (
  SELECT *, EXISTS (
      FROM log_listed AS l
      WHERE l.name = w.name AND NOT l.is_checkpoint AND l.version IN (w.version, w.version + 1)
    ) AS is_backed
  FROM whole AS w
  WHERE NOT list_has_any(files, coalesce(getvariable('lake_passed_over'), []::VARCHAR[]))
)
SELECT b.*, h.bytes IS NOT NULL AS is_measured
FROM backed AS b
LEFT JOIN log_hints AS h ON h.name = b.name AND h.files = b.files
QUALIFY row_number() OVER (PARTITION BY b.name ORDER BY b.is_backed DESC, b.version DESC, b.files) <= 3;

-- A file is whole if it ends as it has to.
SET VARIABLE lake_unmeasured = (
  SELECT coalesce(list(regexp_replace(file, '([*?\[])', '[\1]', 'g')), []::VARCHAR[])
  FROM (SELECT unnest(files) AS file FROM log_candidates WHERE NOT is_measured)
);

CREATE OR REPLACE TEMP TABLE log_candidates AS
WITH whole_files AS (
  SELECT filename AS file
  FROM read_blob(getvariable('lake_unmeasured'))
  WHERE CASE WHEN ends_with(filename, '.json') THEN json_valid(regexp_extract(TRY(decode(content)), '([^\n]+)\n*$', 1))
    ELSE size >= 12 AND content[1:4] = 'PAR1'::BLOB AND content[-4:] = 'PAR1'::BLOB END
)
SELECT *
FROM log_candidates AS c
WHERE is_measured OR len(files) = (SELECT count(*) FROM whole_files AS w WHERE list_contains(c.files, w.file));

SET VARIABLE lake_parquet_candidates = (
  SELECT coalesce(list(regexp_replace(file, '([*?\[])', '[\1]', 'g')), []::VARCHAR[])
  FROM (SELECT unnest(files) AS file FROM log_candidates)
  WHERE ends_with(file, '.parquet')
);

-- The columns of each Parquet file, and how many values they have.
CREATE OR REPLACE TEMP TABLE log_leaves AS
FROM query(CASE WHEN len(getvariable('lake_parquet_candidates')) = 0
  THEN 'SELECT NULL::VARCHAR AS file, NULL::VARCHAR AS leaf, NULL::BIGINT AS found WHERE false'
  ELSE 'SELECT file_name AS file, path_in_schema AS leaf, sum(num_values - stats_null_count)::BIGINT AS found
    FROM parquet_metadata(getvariable(''lake_parquet_candidates''))
    GROUP BY file_name, path_in_schema' END);

-- What a checkpoint says of its table stands in one of its files; the others of many parts have the same columns.
SET VARIABLE lake_identified = (
  SELECT coalesce(list(DISTINCT regexp_replace(file, '([*?\[])', '[\1]', 'g')), []::VARCHAR[])
  FROM log_leaves
  WHERE leaf = 'metaData, id' AND found IS DISTINCT FROM 0
);
SET VARIABLE lake_sidecar_holders = (
  SELECT coalesce(list(DISTINCT regexp_replace(file, '([*?\[])', '[\1]', 'g')), []::VARCHAR[])
  FROM log_leaves
  WHERE leaf = 'sidecar, path' AND found IS DISTINCT FROM 0
);
SET VARIABLE lake_json_candidates = (
  SELECT coalesce(list(regexp_replace(file, '([*?\[])', '[\1]', 'g')), []::VARCHAR[])
  FROM (SELECT unnest(files) AS file FROM log_candidates)
  WHERE ends_with(file, '.json')
);
-- Commit 0 says what table a log is of.
SET VARIABLE lake_first_commits = (
  SELECT coalesce(list(DISTINCT regexp_replace(file, '([*?\[])', '[\1]', 'g')), []::VARCHAR[])
  FROM log_listed
  WHERE version = 0 AND NOT is_checkpoint AND name IN (SELECT name FROM log_candidates)
);

CREATE OR REPLACE TEMP TABLE log_identities AS
FROM query(CASE WHEN len(getvariable('lake_identified')) = 0
  THEN 'SELECT NULL::VARCHAR AS file, NULL::VARCHAR AS table_id WHERE false'
  ELSE 'SELECT filename AS file, metaData.id AS table_id
    FROM read_parquet(getvariable(''lake_identified''), filename = true, union_by_name = true,
      hive_partitioning = false)
    WHERE metaData.id IS NOT NULL' END)
UNION ALL
FROM query(CASE WHEN len(getvariable('lake_json_candidates') || getvariable('lake_first_commits')) = 0
  THEN 'SELECT NULL::VARCHAR AS file, NULL::VARCHAR AS table_id WHERE false'
  ELSE 'SELECT filename AS file, metaData.id ->> ''$'' AS table_id
    FROM read_json(getvariable(''lake_json_candidates'') || getvariable(''lake_first_commits''), filename = true,
      format = ''newline_delimited'', ignore_errors = true, columns = {metaData: ''STRUCT(id JSON)''})
    WHERE metaData.id IS NOT NULL' END);

-- A checkpoint of the second version may have its files' actions in further files, its sidecars.
CREATE OR REPLACE TEMP TABLE log_sidecars AS
WITH named AS (
  FROM query(CASE WHEN len(getvariable('lake_sidecar_holders')) = 0
    THEN 'SELECT NULL::VARCHAR AS file, NULL::VARCHAR AS "path", NULL::BIGINT AS bytes WHERE false'
    ELSE 'SELECT filename AS file, sidecar."path" AS "path", sidecar.sizeInBytes AS bytes
      FROM read_parquet(getvariable(''lake_sidecar_holders''), filename = true, union_by_name = true,
        hive_partitioning = false)
      WHERE sidecar."path" IS NOT NULL' END)
  UNION ALL
  FROM query(CASE WHEN len(getvariable('lake_json_candidates')) = 0
    THEN 'SELECT NULL::VARCHAR AS file, NULL::VARCHAR AS "path", NULL::BIGINT AS bytes WHERE false'
    ELSE 'SELECT filename AS file, sidecar."path" AS "path", sidecar.sizeInBytes AS bytes
      FROM read_json(getvariable(''lake_json_candidates''), filename = true, format = ''newline_delimited'',
        ignore_errors = true, columns = {sidecar: ''STRUCT("path" VARCHAR, sizeInBytes BIGINT)''})
      WHERE sidecar."path" IS NOT NULL' END)
)
SELECT n.file AS holder, n.bytes, CASE WHEN starts_with(url_decode(n."path"), '/') THEN url_decode(n."path")
    ELSE c.log || '_sidecars/' || parse_filename(url_decode(n."path")) END AS file
FROM named AS n
JOIN log_candidates AS c ON list_contains(c.files, n.file);

SET VARIABLE lake_sidecar_files = (
  SELECT coalesce(list(DISTINCT regexp_replace(file, '([*?\[])', '[\1]', 'g')), []::VARCHAR[]) FROM log_sidecars
);
SET VARIABLE lake_sidecar_files = (
  SELECT coalesce(list(regexp_replace(file, '([*?\[])', '[\1]', 'g')), []::VARCHAR[])
  FROM glob(getvariable('lake_sidecar_files'))
);

CREATE OR REPLACE TEMP TABLE log_checkpoints AS
WITH sizes AS (
  SELECT filename AS file, size FROM read_blob(getvariable('lake_sidecar_files'))
),
complete AS (
  SELECT c.*, i.table_id,
    coalesce((SELECT list(s.file ORDER BY s.file) FROM log_sidecars AS s WHERE list_contains(c.files, s.holder)),
      []::VARCHAR[]) AS sidecars
  FROM log_candidates AS c
  JOIN log_identities AS i ON list_contains(c.files, i.file)
  WHERE NOT EXISTS (
    FROM log_sidecars AS s
    LEFT JOIN sizes AS z USING (file)
    WHERE list_contains(c.files, s.holder) AND s.bytes IS DISTINCT FROM z.size
  )
  -- It says how its table is read, and of each file how long it is.
  AND (ends_with(c.files[1], '.json') OR (
    SELECT coalesce(sum(found) FILTER (leaf = 'protocol, minReaderVersion'), 1) > 0
      AND coalesce(sum(found) FILTER (leaf = 'add, path') = sum(found) FILTER (leaf = 'add, size'), true)
    FROM log_leaves AS l WHERE list_contains(c.files, l.file)))
),
first_commits AS (
  SELECT l.name, any_value(i.table_id) AS table_id
  FROM log_listed AS l
  JOIN log_identities AS i USING (file)
  WHERE NOT l.is_checkpoint
  GROUP BY l.name
)
SELECT c.name, c.log, c.version, c.files, c.sidecars
FROM complete AS c
LEFT JOIN first_commits AS f USING (name)
WHERE c.table_id = coalesce(f.table_id,
    (SELECT arg_min(o.table_id, o.version) FROM complete AS o WHERE o.name = c.name))
  AND (c.is_backed OR f.table_id IS NULL)
QUALIFY row_number() OVER (PARTITION BY c.name ORDER BY c.is_backed DESC, c.version DESC, c.files) = 1;

-- A table whose hint has led to nothing is read from its commits alone.
SET VARIABLE lake_log_globs = (
  SELECT coalesce(list(regexp_replace(log, '([*?\[])', '[\1]', 'g') || '*.json'), []::VARCHAR[])
  FROM log_hints
  WHERE name NOT IN (SELECT name FROM log_checkpoints)
);

CREATE OR REPLACE TEMP TABLE log_entries AS
WITH commits AS (
  SELECT name, version, file FROM log_listed WHERE NOT is_checkpoint
  UNION
  SELECT f.name, TRY_CAST(p.part.version AS BIGINT), p.file
  FROM (
    SELECT file, regexp_extract(file, '^(.*/_delta_log/)(\d{20})\.json$', ['log', 'version']) AS part
    FROM glob(getvariable('lake_log_globs'))
  ) AS p
  JOIN log_folders AS f ON f.log = p.part.log
  WHERE f.as_of IS NULL OR TRY_CAST(p.part.version AS BIGINT) <= f.as_of
)
SELECT c.name, c.version, false AS is_checkpoint, c.file
FROM commits AS c
LEFT JOIN log_checkpoints AS k USING (name)
WHERE c.version > coalesce(k.version, -1)
UNION ALL
SELECT name, version, true, files[1] FROM log_checkpoints;

-- A log is valid only without gaps, from its first commit or from a checkpoint.
SET VARIABLE lake_log_gap = (
  SELECT max(error('LAKE_LOG_INVALID: '
    || 'the Delta log of ' || name || ' has a gap: ' || found || ' entries for versions ' || low || ' to ' || high
    || coalesce('; ' || (SELECT f.log FROM log_folders AS f WHERE f.name = e.name)
      || lpad(missing::VARCHAR, 20, '0') || '.json is missing', '')
    || coalesce('; passed over, because it is not whole or of another table: ' || (
      SELECT string_agg(DISTINCT l.file, ', ')
      FROM log_listed AS l
      WHERE l.name = e.name AND l.is_checkpoint AND l.version NOT IN (SELECT k.version FROM log_checkpoints AS k
        WHERE k.name = l.name)), '')))
  FROM (
    SELECT name, count(*) AS found, min(version) AS low, max(version) AS high,
      bool_or(is_checkpoint OR version = 0) AS has_base,
      CASE WHEN has_base THEN min(version) FILTER (following - 1 > version) + 1 ELSE 0 END AS missing
    FROM (
      SELECT *, lead(version) OVER (PARTITION BY name ORDER BY version) AS following FROM log_entries
    )
    GROUP BY name
  ) AS e
  WHERE found <> high::HUGEINT - low + 1 OR NOT has_base
);
