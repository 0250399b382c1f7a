#!/usr/bin/env node
// DuckDB's calls wait in libuv's pool, whose size is read when it is first used: set before anything is imported.
process.env.UV_THREADPOOL_SIZE ??= '16'
import('./main.js').then(({ main }) => main(process.argv.slice(2)))
