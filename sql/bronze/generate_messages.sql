-- bronze/generate_messages.sql: made-up messages, each field drawn by a hash of the seed and the row's number; one row per generated row.
--
-- in   generated         value counts up from 0, timestamp is when the message was sent
--      message_ids       variable: the ids to draw from
--      message_ids_size  variable: how many they are
--      seed              variable: another seed gives other draws
-- out  the columns of bronze_messages
WITH draws AS (
  SELECT
    timestamp,
    value,
    CAST(hash(getvariable('seed'), value, 'event_type') % 7 AS INTEGER) AS event_type,
    CAST(hash(getvariable('seed'), value, 'message_id') % getvariable('message_ids_size') AS INTEGER) AS message_id,
    CAST(hash(getvariable('seed'), value, 'channel') % 5 AS INTEGER) AS channel,
    CAST(hash(getvariable('seed'), value, 'country_id') % 16 AS INTEGER) AS country_id,
    CAST(hash(getvariable('seed'), value, 'user_id') % 51 AS INTEGER) AS user_id
  FROM generated
)
SELECT
  timestamp,
  value,
  ['OPEN', 'RECEIVED', 'SENT', 'CREATED', 'CLICKED', '', 'NONE'][1 + event_type] AS event_type,
  getvariable('message_ids')[1 + message_id] AS message_id,
  ['CHAT', 'EMAIL', 'SMS', 'PUSH', 'OTHER'][1 + channel] AS channel,
  2000 + country_id AS country_id,
  1000 + user_id AS user_id
FROM draws
