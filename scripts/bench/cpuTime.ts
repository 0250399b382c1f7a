import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'

/** Runs its arguments, throws their output away, and prints the time that bash has counted for them. */
const TIMED = '"$@" >/dev/null || exit; times'

/** What `times` prints last: user and system time of all children. */
const CHILDREN = /^(\d+)m([\d.]+)s (\d+)m([\d.]+)s$/

/**
 * Runs a program to its end, and all that it starts.
 * @returns how many milliseconds of the processors it took, which other processes change less than its duration
 * @throws if it fails
 */
export async function cpuMs(words: readonly string[], input = ''): Promise<number> {
  const child = spawn('bash', ['-c', TIMED, 'bash', ...words], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, LC_ALL: 'C', HOME: '/nowhere' }, // no settings of whoever runs the bench
  })
  child.stdin.end(input)
  const [said, errors, [exitCode]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')])
  const times = CHILDREN.exec(said.trimEnd().split('\n').at(-1) ?? '')
  if (exitCode !== 0 || times === null) throw new Error(`${words.join(' ')} ended with ${exitCode}: ${errors}`)
  const [userMinutes = 0, userSeconds = 0, systemMinutes = 0, systemSeconds = 0] = times.slice(1).map(Number)
  return 1_000 * (60 * (userMinutes + systemMinutes) + userSeconds + systemSeconds)
}
