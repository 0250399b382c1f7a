// Loaded into the real program with `node --import`: notes its calls on the lake's disk and kills it, as `kill -9`
// would, before or after the one that the test has picked.
//
//   LAKEWEIR_TEST_LAKE   the lake's folder; other calls do not count
//   LAKEWEIR_TEST_TRACE  a file that gets a line for each call, `link silver/messages/data/…`, and `KILLED …` for the last
//   LAKEWEIR_TEST_KILL   optional JSON: the regular expression of a line, which of those that match, before or after
import { appendFileSync } from 'node:fs'
import promises from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'

const lake = process.env.LAKEWEIR_TEST_LAKE ?? ''
const trace = process.env.LAKEWEIR_TEST_TRACE ?? ''
const kill = JSON.parse(process.env.LAKEWEIR_TEST_KILL ?? 'null')
const pattern = kill === null ? undefined : new RegExp(kill.pattern)
let matched = 0

async function around(operation, path, perform) {
  if (!String(path).startsWith(lake)) return perform()
  const line = `${operation} ${String(path).slice(lake.length + 1)}`
  const isPicked = pattern?.test(line) === true && ++matched === kill.nth
  appendFileSync(trace, `${line}\n`)
  if (isPicked && kill.when === 'before') end(line)
  const result = await perform()
  if (isPicked) end(line)
  return result
}

function end(line) {
  appendFileSync(trace, `KILLED ${line}\n`)
  process.kill(process.pid, 'SIGKILL')
}

const { link, mkdir, open, rename, rm, unlink } = promises
promises.link = (existing, path) => around('link', path, () => link(existing, path))
promises.mkdir = (path, options) => around('mkdir', path, () => mkdir(path, options))
promises.rename = (from, to) => around('rename', to, () => rename(from, to))
promises.rm = (path, options) => around('rm', path, () => rm(path, options))
promises.unlink = (path) => around('unlink', path, () => unlink(path))
promises.open = async (path, flags, mode) => {
  const file = await open(path, flags, mode)
  for (const operation of ['datasync', 'sync', 'writeFile']) {
    const perform = file[operation].bind(file)
    file[operation] = (...input) => around(operation, path, () => perform(...input))
  }
  return file
}
syncBuiltinESMExports()
