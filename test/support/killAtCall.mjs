// Loaded into the real program with `node --import`: notes its calls on the lake's disk and kills it, as `kill -9`
// would, before or after the one that the test has picked.
//
//   LAKEWEIR_TEST_LAKE   the lake's folder; other calls do not count
//   LAKEWEIR_TEST_TRACE  a file that gets a line for each call, `link silver/messages/data/…`, and `KILLED …` for the last
//   LAKEWEIR_TEST_KILL   optional JSON: the regular expression of a line, which of those that match, before or after
import fs, { appendFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const lake = process.env.LAKEWEIR_TEST_LAKE ?? ''
const trace = process.env.LAKEWEIR_TEST_TRACE ?? ''
const kill = JSON.parse(process.env.LAKEWEIR_TEST_KILL ?? 'null')
const pattern = kill === null ? undefined : new RegExp(kill.pattern)
let matched = 0

function around(operation, path, perform) {
  const picked = begin(operation, path)
  try {
    return perform()
  } finally {
    // Also after a call that failed: that a folder is there already is how most of them are made.
    if (picked !== undefined) end(picked)
  }
}

/** Notes a call; @returns its line where it is the one to be killed after */
function begin(operation, path) {
  if (path !== lake && !String(path).startsWith(`${lake}/`)) return undefined
  const line = `${operation} ${String(path).slice(lake.length + 1)}`
  const isPicked = pattern?.test(line) === true && ++matched === kill.nth
  appendFileSync(trace, `${line}\n`)
  if (isPicked && kill.when === 'before') end(line)
  return isPicked ? line : undefined
}

function end(line) {
  appendFileSync(trace, `KILLED ${line}\n`)
  process.kill(process.pid, 'SIGKILL')
}

const { linkSync, mkdirSync, openSync, renameSync, unlinkSync, writeFileSync, fdatasync, fsync } = fs
const { rm } = fs.promises
fs.linkSync = (existing, path) => around('link', path, () => linkSync(existing, path))
fs.mkdirSync = (path, options) => around('mkdir', path, () => mkdirSync(path, options))
fs.renameSync = (from, to) => around('rename', to, () => renameSync(from, to))
fs.promises.rm = async (path, options) => {
  const picked = begin('rm', path)
  try {
    await rm(path, options)
  } finally {
    if (picked !== undefined) end(picked)
  }
}
fs.unlinkSync = (path) => around('unlink', path, () => unlinkSync(path))

const paths = new Map()
fs.openSync = (path, flags, mode) => {
  const file = openSync(path, flags, mode)
  paths.set(file, path)
  return file
}
// With its options: appendFileSync is a writeFileSync that appends, and without them each line of the trace replaced all
// before it, now and then the one that tells of the kill.
fs.writeFileSync = (file, ...rest) => around('writeFile', paths.get(file) ?? file, () => writeFileSync(file, ...rest))
fs.fdatasync = withCallback('datasync', fdatasync)
fs.fsync = withCallback('sync', fsync)
syncBuiltinESMExports()

function withCallback(operation, perform) {
  return (file, done) => {
    const picked = begin(operation, paths.get(file))
    perform(file, (...outcome) => {
      if (picked !== undefined) end(picked)
      done(...outcome)
    })
  }
}
