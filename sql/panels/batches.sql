-- panels/batches.sql: the batches of a range, as far as their durations are known; one row per batch, the newest first.
--
-- in   live.batches   what is known of each batch
-- out  stream, batch, batch_time, input_rows, lag_ms, and the milliseconds of each phase
--
-- title: Batches
-- kind: table
-- x: batch_time
-- y: input_rows, lag_ms, plan_ms, stage_ms, sync_ms, commit_ms, publish_ms, total_ms
-- series: stream
-- grain: 1 minute
-- range: 1 hour
SELECT stream, batch, batch_time, input_rows, lag_ms, plan_ms, stage_ms, sync_ms, commit_ms, publish_ms, total_ms
FROM live.batches
WHERE batch_time >= $from AND batch_time < $to
ORDER BY batch_time DESC, stream, batch DESC
LIMIT 1000
