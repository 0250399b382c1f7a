-- platform/messages.sql: the messages of a made-up platform, as its customers would send them: few by night, a campaign at noon, and shortly after it a fault; one row per message.
--
-- in   begins              variable: the first minute
--      ends                variable: the time before which all messages are
--      messages_per_minute variable: how many there are on average
-- out  the columns of bronze_messages
WITH minutes AS (
  SELECT
    minute,
    date_part('hour', minute) + date_part('minute', minute) / 60 AS hour,
    -- A day of a week is like the same day of another, and no day like the one before.
    0.9 + 0.2 * (hash(date_trunc('day', minute)) % 1000) / 1000 AS day_level,
    0.93 + 0.14 * (hash(minute) % 1000) / 1000 AS noise
  FROM (
    SELECT unnest(generate_series(date_trunc('minute', getvariable('begins')), getvariable('ends'), INTERVAL 1 MINUTE))
      AS minute
  )
),
levels AS (
  SELECT
    *,
    -- A night, a morning, an afternoon and an evening.
    0.35 + 0.75 * exp(-power((hour - 11) / 4.2, 2)) + 0.55 * exp(-power((hour - 19) / 2.8, 2)) AS day_curve,
    CASE WHEN hour >= 12.1 THEN 1.1 * exp(-(hour - 12.1) * 3.2) * least(1, (hour - 12.1) * 6) ELSE 0 END AS campaign,
    0.033 + 0.075 * exp(-power((hour - 12.55) * 9, 2)) + 0.012 * exp(-power((hour - 8.2) * 3, 2)) AS corrupted_share
  FROM minutes
),
counted AS (
  SELECT
    *,
    CAST(round(getvariable('messages_per_minute') * (day_curve + campaign) * day_level * noise) AS BIGINT) AS messages
  FROM levels
),
numbered AS (
  SELECT *, unnest(range(messages)) AS number FROM counted
),
draws AS (
  SELECT
    *,
    minute + to_microseconds(
      CAST((number + (hash(minute, number, 'time') % 1000) / 1000) * 60000000 // messages AS BIGINT)
    ) AS timestamp,
    (hash(minute, number, 'campaign') % 100000) / 100000 < campaign / (day_curve + campaign) AS is_campaign,
    (hash(minute, number, 'channel') % 1000) / 1000 AS channel,
    (hash(minute, number, 'event_type') % 1000) / 1000 AS event_type,
    (hash(minute, number, 'corrupted') % 100000) / 100000 < corrupted_share AS is_corrupted,
    (hash(minute, number, 'country') % 10000) / 10000 AS country,
    (hash(minute, number, 'user') % 1000000) / 1000000 AS user
  FROM numbered
)
SELECT
  timestamp,
  CAST(epoch_us(timestamp) AS BIGINT) AS value,
  CASE
    WHEN is_corrupted THEN CASE WHEN event_type < 0.6 THEN NULL WHEN event_type < 0.86 THEN '' ELSE 'NONE' END
    WHEN event_type < 0.27 THEN 'CREATED'
    WHEN event_type < 0.53 THEN 'SENT'
    WHEN event_type < 0.75 THEN 'RECEIVED'
    WHEN event_type < 0.89 THEN 'OPEN'
    ELSE 'CLICKED'
  END AS event_type,
  -- One of thirty is sent again with the id of the one before.
  md5(concat(minute, ' ', number - CASE WHEN hash(minute, number, 'again') % 30 = 0 THEN 1 ELSE 0 END)) AS message_id,
  CASE
    WHEN is_campaign THEN 'PUSH'
    WHEN channel < 0.22 THEN 'CHAT'
    WHEN channel < 0.62 THEN 'EMAIL'
    WHEN channel < 0.79 THEN 'PUSH'
    WHEN channel < 0.93 THEN 'SMS'
    ELSE 'OTHER'
  END AS channel,
  -- 2016 is a country that no reference knows.
  CAST(2000 + floor(17 * power(country, 1.7)) AS INTEGER) AS country_id,
  CAST(10000 + hash(floor(60000 * power(user, 1.5))) % 60000 AS INTEGER) AS user_id
FROM draws
WHERE timestamp >= getvariable('begins') AND timestamp < getvariable('ends')
