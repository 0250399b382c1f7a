-- lake/committed.sql: what the records of streams say was committed; one row per stream with a record that counts.
--
-- in   lake                variable: the lake's folder, absolute, without a slash at its end
--      lake_record_format  variable: the newest known format of records
--      lake_streams        stream, checkpoint (its folder below the lake), source (the table that it follows, or NULL)
-- out  committed_batches   stream, stream_id and batch of the newest record that counts; tables: the names of those
--                          that it wrote; published: the batch that each of them must have; source, source_version and
--                          source_hash: how far it had read the table that it follows
--
-- Runs before the logs are read: they then have at least what is said here, whatever streams do meanwhile.

SET VARIABLE lake_record_globs = (
  SELECT coalesce(list(
    replace(replace(replace(getvariable('lake') || '/' || checkpoint, '[', '[[]'), '*', '[*]'), '?', '[?]')
      || '/commits/*'), []::VARCHAR[])
  FROM lake_streams
);

-- The last three: a record counts only on top of the one before, and one that does not count may follow those two.
CREATE OR REPLACE TEMP TABLE newest_records AS
WITH listed AS (
  SELECT file, regexp_extract(file[len(getvariable('lake')) + 2 :],
    '^(.*)/commits/(\d{20})\.json$', ['checkpoint', 'batch']) AS part
  FROM glob(getvariable('lake_record_globs'))
)
SELECT s.stream, s.checkpoint, s.source, TRY_CAST(l.part.batch AS BIGINT) AS batch, l.file
FROM listed AS l
JOIN lake_streams AS s ON s.checkpoint = l.part.checkpoint
QUALIFY row_number() OVER (PARTITION BY s.stream ORDER BY TRY_CAST(l.part.batch AS BIGINT) DESC) <= 3;

SET VARIABLE lake_record_files = (
  SELECT coalesce(list(regexp_replace(file, '([*?\[])', '[\1]', 'g')), []::VARCHAR[]) FROM newest_records
);

CREATE OR REPLACE TEMP TABLE committed_batches AS
WITH texts AS (
  FROM query(CASE WHEN len(getvariable('lake_record_files')) = 0
    THEN 'SELECT NULL::VARCHAR AS file, NULL::VARCHAR AS record WHERE false'
    ELSE 'SELECT filename AS file, content AS record FROM read_text(getvariable(''lake_record_files''))' END)
),
read_records AS (
  SELECT r.stream, r.checkpoint, r.source, r.batch, json_extract(t.record,
    ['$.format', '$.streamId', '$.attempt', '$.tables', '$.source.end.version', '$.source.end.commitHash']) AS parts
  FROM newest_records AS r
  JOIN texts AS t USING (file)
  WHERE json_valid(t.record)
),
records AS (
  SELECT stream, checkpoint, source, batch, parts[2] ->> '$' AS stream_id, parts[3] ->> '$' AS attempt,
    json_keys(parts[4]) AS tables, TRY_CAST(parts[5] ->> '$' AS BIGINT) AS source_version,
    parts[6] ->> '$' AS source_hash
  FROM read_records
  WHERE TRY_CAST(parts[1] ->> '$' AS BIGINT) <= getvariable('lake_record_format')
),
counting AS (
  SELECT r.*
  FROM records AS r
  WHERE r.batch = 1
    OR EXISTS (FROM records AS b WHERE b.stream = r.stream AND b.batch = r.batch - 1 AND b.stream_id = r.stream_id)
  QUALIFY row_number() OVER (PARTITION BY r.stream ORDER BY r.batch DESC) = 1
)
SELECT stream, stream_id, batch, checkpoint, attempt, tables, source, source_version, source_hash FROM counting;

-- A batch has a folder in staging until it is published in all its tables.
SET VARIABLE lake_staged_globs = (
  SELECT coalesce(list(
    replace(replace(replace(getvariable('lake') || '/' || checkpoint, '[', '[[]'), '*', '[*]'), '?', '[?]')
      || '/staging/' || batch || '.' || attempt || '/*'), []::VARCHAR[])
  FROM committed_batches
);

CREATE OR REPLACE TEMP TABLE committed_batches AS
SELECT c.* EXCLUDE (checkpoint, attempt),
  c.batch - CASE WHEN s.folder IS NULL THEN 0 ELSE 1 END AS published
FROM committed_batches AS c
LEFT JOIN (
  SELECT DISTINCT regexp_extract(file, '^(.*)/[^/]*$', 1) AS folder FROM glob(getvariable('lake_staged_globs'))
) AS s
  ON s.folder = getvariable('lake') || '/' || c.checkpoint || '/staging/' || c.batch || '.' || c.attempt;
