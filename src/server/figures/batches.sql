-- batches.sql: the batches of every stream since a time, with what is known of each by now; one row a batch.
--
-- in   live.batches  what is known of each batch
--      since         the time, a parameter
-- out  stream, stream_id, batch, batch_time, rows, lag_ms, plan_ms, stage_ms, sync_ms, commit_ms, publish_ms, total_ms
SELECT stream, stream_id, batch, batch_time, rows, lag_ms, plan_ms, stage_ms, sync_ms, commit_ms, publish_ms, total_ms
FROM live.batches
WHERE batch_time >= $since
ORDER BY batch_time, stream, batch
