-- demo/messages.sql: the messages of a stretch of seconds, as a platform might have them; one row per message.
--
-- in   from_second  variable: the first second, since 1970
--      to_second    variable: the second after the last
--      seed         variable: another seed gives other draws
-- out  the columns of bronze_messages
--
-- More by day than by night; campaigns by PUSH; now and then a producer whose event types are broken; a few messages
-- are sent twice; some users, countries and channels have many more than others. Every draw is a hash of the seed and
-- the second, so that any stretch can be made by itself.
WITH seconds AS (
  SELECT second,
    second % 86400 / 3600.0 AS hour,
    0.92 + 0.16 * (hash(getvariable('seed'), second // 86400, 'day') % 1000) / 1000.0 AS of_day,
    0.9 + 0.2 * (hash(getvariable('seed'), second // 300, 'while') % 1000) / 1000.0 AS of_while,
    0.4 + 1.2 * (hash(getvariable('seed'), second // 9600, 'campaign') % 1000) / 1000.0 AS of_campaign,
    (second % 9600 - 4800) / 500.0 AS to_campaign,
    (second % 13800 - 6900) / 240.0 AS to_breakage
  FROM range(getvariable('from_second'), getvariable('to_second')) AS r(second)
),
rates AS (
  SELECT second,
    (0.7 + 1.9 * (1 - cos(2 * pi() * (hour - 3) / 24)) / 2) * of_day * of_while AS usual,
    1.6 * of_campaign * exp(-to_campaign * to_campaign) AS campaign,
    CASE
      WHEN hash(getvariable('seed'), second, 'broken') % 90 = 0 THEN 0.6
      ELSE 0.03 + 0.45 * exp(-to_breakage * to_breakage)
    END AS broken
  FROM seconds
),
counted AS (
  SELECT *,
    CAST(floor(usual + campaign + (hash(getvariable('seed'), second, 'count') % 1000) / 1000.0) AS BIGINT) AS messages
  FROM rates
),
numbered AS (
  SELECT *, unnest(range(messages)) AS number FROM counted
),
-- A message that is sent twice has the key of one that was the first of an earlier second.
keyed AS (
  SELECT *, second * 1000 + number AS value,
    CASE
      WHEN hash(getvariable('seed'), second, number, 'twice') % 100 < 6
      THEN (second - 1 - CAST(hash(getvariable('seed'), second, number, 'earlier') % 300 AS BIGINT)) * 1000
      ELSE second * 1000 + number
    END AS key
  FROM numbered
),
draws AS (
  SELECT second, value, key, usual, campaign, broken,
    (hash(getvariable('seed'), value, 'moment') % 1000000) / 1000000.0 AS moment,
    (hash(getvariable('seed'), value, 'corrupted') % 1000000) / 1000000.0 AS corrupted,
    (hash(getvariable('seed'), key, 'channel') % 1000000) / 1000000.0 * (usual + campaign) AS channel,
    CAST(hash(getvariable('seed'), key, 'type') % 100 AS INTEGER) AS event_type,
    pow((hash(getvariable('seed'), key, 'country') % 1000000) / 1000000.0, 1.6) AS country,
    pow((hash(getvariable('seed'), key, 'user') % 1000000) / 1000000.0, 1.5) AS user
  FROM keyed
)
SELECT
  make_timestamptz(CAST((second + moment) * 1000000 AS BIGINT)) AS timestamp,
  value,
  CASE
    WHEN corrupted < broken * 0.6 THEN NULL
    WHEN corrupted < broken * 0.87 THEN ''
    WHEN corrupted < broken THEN 'NONE'
    WHEN event_type < 27 THEN 'CREATED'
    WHEN event_type < 53 THEN 'SENT'
    WHEN event_type < 75 THEN 'RECEIVED'
    WHEN event_type < 89 THEN 'OPEN'
    ELSE 'CLICKED'
  END AS event_type,
  CAST(CAST(md5(getvariable('seed') || ' ' || key) AS UUID) AS VARCHAR) AS message_id,
  CASE
    WHEN channel >= usual THEN 'PUSH'
    WHEN channel < usual * 0.36 THEN 'EMAIL'
    WHEN channel < usual * 0.59 THEN 'CHAT'
    WHEN channel < usual * 0.77 THEN 'PUSH'
    WHEN channel < usual * 0.91 THEN 'SMS'
    ELSE 'OTHER'
  END AS channel,
  -- 2999 is in no list of countries.
  [2000, 2007, 2003, 2012, 2006, 2004, 2002, 2010, 2001, 2005, 2999, 2008, 2009, 2013, 2011, 2014, 2015]
    [1 + CAST(floor(country * 17) AS INTEGER)] AS country_id,
  CAST(10000 + floor(user * 20000) * 7919 % 90000 AS INTEGER) AS user_id
FROM draws
