-- recentBatches.sql: the last batches of all streams, as far as their durations are known; one row per batch, the newest first.
--
-- in   live.batches   what is known of each batch
-- out  stream, batch, batch_time, input_rows, tables and table_rows: how many rows it wrote to which; landed_files,
--      lag_ms, and the milliseconds of each phase
--
-- title: Batches
-- kind: batches
-- x: batch_time
-- y: input_rows, total_ms, lag_ms
-- series: stream
-- units: total_ms ms, lag_ms ms
SELECT stream, batch, batch_time, input_rows,
  list_sort(map_keys(rows)) AS tables,
  list_transform(list_sort(map_keys(rows)), lambda name: CAST(rows[name] AS VARCHAR)) AS table_rows,
  landed_files, lag_ms, plan_ms, stage_ms, sync_ms, commit_ms, publish_ms, total_ms
FROM live.batches
ORDER BY batch_time DESC, stream, batch DESC
LIMIT 180
