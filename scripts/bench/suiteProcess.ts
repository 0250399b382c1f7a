// One suite in a process of its own: its memory and its code are not warmed or worn by another suite, and it can be
// ended whatever it is at. Sends each figure to the process that has forked it.
//   suiteProcess.ts NAME FOLDER [--quick]
import { suites } from './suites.ts'

const [name = '', folder = '', quick] = process.argv.slice(2)
const suite = suites[name]
if (suite === undefined) throw new RangeError(`there is no suite ${name}`)

// Nobody waits for the figures any more. It leads its process group: what it has started ends with it.
const abandon = (): void => {
  process.kill(-process.pid, 'SIGKILL')
}
process.once('disconnect', abandon)
for await (const figure of suite({ folder, isQuick: quick === '--quick' })) process.send?.(figure)
process.off('disconnect', abandon)
process.disconnect?.()
