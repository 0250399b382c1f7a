#!/usr/bin/env node
// DuckDB's calls wait in libuv's pool, whose size is read when it is first used: set before anything is imported.
process.env.UV_THREADPOOL_SIZE ??= '16'
// From Node 22 on what is compiled once is kept in a temporary folder: `status` takes a tenth less.
const loader: { enableCompileCache?: () => void } = require('node:module')
loader.enableCompileCache?.()
import('./main.js').then(({ main }) => main(process.argv.slice(2)))
