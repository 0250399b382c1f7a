-- silver/route_messages.sql: every bronze message with its country, its UTC date and the silver table it belongs to; one row per bronze row.
--
-- in   bronze_messages  the batch's rows
--      countries        one row per country_id
-- out  destination      'messages' | 'messages_corrupted', with the columns of those tables
SELECT
  m.*,
  c.country,
  CAST(m.timestamp AS DATE) AS date,
  CASE WHEN coalesce(m.event_type, '') IN ('', 'NONE') THEN 'messages_corrupted' ELSE 'messages' END AS destination
FROM bronze_messages AS m
LEFT JOIN countries AS c ON c.country_id = m.country_id
