-- panels/worst_batches.sql: the 20 batches of a range with the largest share of corrupted messages, and the files that they came by; one row per batch.
--
-- in   live.batches   what is known of each batch
-- out  landed_files, batch, batch_time, corrupted, messages, share in percent
--
-- title: Most corrupted batches
-- kind: table
-- x: batch
-- y: share, corrupted, messages
-- units: share %
-- headings: landed_files = Landed files, batch_time = Written, messages = of rows
-- alarm: 10
-- rows: messages_corrupted
-- grain: 1 minute
-- over: day

-- Messages that are older than the first batch came by later ones: those are shown for a range that ends before it.
SELECT landed_files, batch, batch_time, corrupted, valid + corrupted AS messages,
  100 * CAST(corrupted AS DOUBLE PRECISION) / CAST(valid + corrupted AS DOUBLE PRECISION) AS share
FROM (
  SELECT batch, batch_time, landed_files,
    coalesce(rows['messages'], 0) AS valid,
    coalesce(rows['messages_corrupted'], 0) AS corrupted
  FROM live.batches
  WHERE stream = 'silver' AND batch_time >= $from
    AND (batch_time < $to OR NOT EXISTS (SELECT 1 FROM live.batches WHERE batch_time < $to))
) AS counted
WHERE corrupted > 0
ORDER BY share DESC, batch_time DESC, batch DESC
LIMIT 20
