import { execFileSync, spawn } from 'node:child_process'
import { onTestFinished } from 'vitest'

/**
 * A named pipe that nobody should open. Whoever does finds it empty: a writer comes to meet each reader and leaves at
 * once. A pipe without one would keep a whole process waiting, and a test that failed would never end.
 */
export function makePipe(path: string): void {
  execFileSync('mkfifo', [path])
  const writer = spawn('sh', ['-c', 'while : > "$0"; do :; done', path], { stdio: 'ignore' })
  onTestFinished(() => {
    writer.kill('SIGKILL')
  })
}
