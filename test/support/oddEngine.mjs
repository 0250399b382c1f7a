// An engine that behaves in a way of its own, which its first argument names. Checks are answered as they should be,
// but for those that are meant. Its second argument is a file in which it leaves the ids of processes that it starts.
import { spawn } from 'node:child_process'
import { appendFileSync, writeFileSync } from 'node:fs'
import { createInterface } from 'node:readline'

const [, , way, notes] = process.argv
const say = (line) => process.stdout.write(typeof line === 'string' ? line : `${JSON.stringify(line)}\n`)
const answer = (more = {}) => say({ version: 1, files: [], ...more })
const failure = (error) =>
  say({ version: 1, error: { code: null, message: '?', remedy: null, isOfValue: false, ...error } })
const forever = () => setInterval(() => undefined, 1000)
/** A process of its own group's, or of none, that nothing but a signal ends. */
function child(detached) {
  const { pid } = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1000)'], { detached, stdio: 'inherit' })
  if (notes !== undefined) writeFileSync(notes, String(pid))
}
let staged = 0
if (way.endsWith('and notes its start')) appendFileSync(notes, `${process.pid}\n`)

/** What each way does with a plan to stage. */
const ways = {
  well: () => answer(),
  'says its name': () => answer({ engine: 'odd 7' }),
  'says no JSON': () => say('Reading 3 files\n'),
  'says a list': () => say('[]\n'),
  'says nothing and ends': () => process.exit(0),
  'ends with an error': () => {
    console.error('Traceback:\n    at line 1\nValueError: no such thing')
    process.exit(3)
  },
  'is killed': () => process.kill(process.pid, 'SIGKILL'),
  'is cut off': () => process.stdout.write('{"version": 1, "files": [', () => process.exit(0)),
  'answers twice': () => {
    answer()
    answer()
  },
  'answers another version': () => say({ version: 2, files: [] }),
  'answers without a version': () => say({ files: [] }),
  'answers without files': () => say({ version: 1 }),
  'tells of progress': () => {
    for (const progress of ['1 of 2 tasks', '2 of 2 tasks', 'ünïcödé']) say({ progress })
    answer()
  },
  'tells of progress in numbers': () => say({ progress: 7 }),
  'has no room': () => failure({ code: 'ENOSPC', message: 'No space left on device' }),
  'has no memory and ends': () => {
    failure({ code: 'ENOMEM', message: 'out of memory', remedy: 'Give it more.' })
    setTimeout(() => process.exit(1), 50)
  },
  'floods its log': () => process.stderr.write(`${'x'.repeat(2_000_000)}\nlast words\n`, () => answer()),
  'lost its workers': () => failure({ code: 'LAKE_ENGINE_FAILED', message: 'all workers are gone.' }),
  'ends after each answer': () => {
    staged += 1
    process.stdout.write(`${JSON.stringify({ version: 1, engine: `odd ${staged}`, files: [] })}\n`, () =>
      process.exit(0),
    )
  },
  'hangs with a child': () => {
    child(false)
    forever()
    say({ progress: 'hangs' })
  },
  'hangs at batch 1, and notes its start': ({ batch }) => {
    if (batch > 1) return answer({ engine: `odd ${batch}` })
    forever()
    say({ progress: 'hangs' })
  },
  'is killed at batch 1, and notes its start': ({ batch }) => {
    if (batch > 1) answer()
    else process.kill(process.pid, 'SIGKILL')
  },
  'leaves a child': () => {
    child(false)
    process.exit(1)
  },
  'leaves a child that has its own group': () => {
    child(true)
    process.exit(1)
  },
  'stays when its stdin ends': () => {
    forever()
    answer()
  },
  'answers in pieces': () => {
    const text = `${JSON.stringify({ version: 1, engine: 'odd é✓', files: [] })}\n`
    let bytes = [...Buffer.from(text)]
    const next = () => {
      process.stdout.write(Buffer.from(bytes.slice(0, 1)))
      bytes = bytes.slice(1)
      if (bytes.length > 0) setImmediate(next)
    }
    next()
  },
}

for await (const line of createInterface(process.stdin)) {
  const plan = JSON.parse(line)
  if (!('stagingFolder' in plan)) {
    if (way === 'speaks before its answer') say({ engine: 'odd 8' })
    if (way === 'asks to be checked') failure({ code: 'LAKE_SQL_INVALID', message: 'bad.sql: it is bad' })
    else say({ version: 1 })
  } else (ways[way] ?? ways.well)(plan)
}
