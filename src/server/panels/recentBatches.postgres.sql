-- recentBatches.postgres.sql: the last batches of all streams, as far as their durations are known; one row per batch, the newest first.
--
-- in   live.batches   what is known of each batch
-- out  stream, batch, batch_time, input_rows, tables and table_rows: how many rows it wrote to which; landed_files,
--      lag_ms, and the milliseconds of each phase
SELECT stream, batch, batch_time, input_rows,
  ARRAY(SELECT key FROM jsonb_each_text(rows) ORDER BY key COLLATE "C") AS tables,
  ARRAY(SELECT value FROM jsonb_each_text(rows) ORDER BY key COLLATE "C") AS table_rows,
  landed_files, lag_ms, plan_ms, stage_ms, sync_ms, commit_ms, publish_ms, total_ms
FROM live.batches
ORDER BY batch_time DESC, stream, batch DESC
LIMIT 180
