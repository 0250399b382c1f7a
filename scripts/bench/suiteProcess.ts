// One suite in a process of its own: no other suite affects its memory or warms up its code, and it can be ended at any
// time. Sends each figure to the process that forked it.
//   suiteProcess.ts NAME FOLDER [--quick]
import { named, parts, suites } from './suites.ts'

const [name = '', folder = '', quick] = process.argv.slice(2)
const suite = suites[name] ?? parts[name] ?? named[name]
if (suite === undefined) throw new RangeError(`there is no suite ${name}`)

// Nothing waits for the figures any more. This process leads its group, so everything that it has started ends too.
const abandon = (): void => {
  process.kill(-process.pid, 'SIGKILL')
}
process.once('disconnect', abandon)
for await (const figure of suite({ folder, isQuick: quick === '--quick' })) process.send?.(figure)
process.off('disconnect', abandon)
process.disconnect?.()
