import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    globalSetup: ['test/support/build.ts'],
    // Every file has a process of its own: DuckDB is native, and a lock belongs to a process.
    pool: 'forks',
    maxWorkers: '100%',
    // A Java that lives for a minute spends a third of its time on optimizing what it will not run again.
    env: { SPARK_SUBMIT_OPTS: '-XX:TieredStopAtLevel=1 -XX:+UseSerialGC' },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
