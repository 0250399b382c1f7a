-- views/first_messages.sql: valid messages without duplicates, the first by timestamp; one row per message_id, event_type and channel.
--
-- in   messages   valid messages
-- out  the columns of messages
SELECT *
FROM messages
QUALIFY row_number() OVER (
  PARTITION BY message_id, event_type, channel
  ORDER BY timestamp NULLS LAST, value NULLS LAST, user_id NULLS LAST, country_id NULLS LAST
) = 1
