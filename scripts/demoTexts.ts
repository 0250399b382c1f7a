/** What `npm run demo -- --help` prints, for a terminal of 80 columns. */
export const DEMO_HELP = `npm run demo -- [--for 10s] [--serve] [--lake DIR] [--config FILE]

Produces a message a second for a minute while silver follows, then validates
and shows both reports.

  --for     how long to produce (default: 60s; with --serve, until Ctrl-C)
  --serve   instead of producing, let files with the messages of three days
            land, then one a second; keep the live aggregates, and show them
            on a page whose address is printed
  --port    with --serve: the page's port, 0 for a free one (default: 4080)
  --lake    the lake's folder, instead of the one that the config names
  --config  the config of the lake (default: ./lakeweir.config.ts)
`

/** What the demo prints at its end, for a terminal of 80 columns. */
export const DEMO_NEXT = `
Next:
  npm run status
      what there is, and where
  npm run sql -- "FROM messages ORDER BY value LIMIT 5"
      questions of your own
  npm run produce -- --rows 1M
      a million messages at once; then: npm run silver -- --available-now
  cp your.parquet lake/landing/messages/
      messages of your own, while npm run silver is up
  npm run serve
      live numbers, on a page at http://127.0.0.1:4080/
  duckdb -init lake/lake.sql
      the same views in the DuckDB CLI
`

/** What `npm run demo:spark -- --help` prints, for a terminal of 80 columns. */
export const SPARK_DEMO_HELP = `npm run demo:spark -- [--rows 2M]

Makes messages, splits them into silver on a Spark of a master and two workers
that it starts on this machine, and again on DuckDB, then compares both lakes
row by row. All of it is in a temporary folder, which is removed at the end.
Needs Java 17 or 21 and a Python with pyspark; installs nothing.

  --rows    how many messages (default: 2M)
`
