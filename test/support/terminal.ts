import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { onTestFinished } from 'vitest'
import { programCommand } from './program.ts'

/** Runs a command on a terminal of its own, types something once it has seen a text, and returns all bytes. */
const ON_TERMINAL = `
import fcntl, os, pty, struct, sys, termios
columns, seen, keys, command = int(sys.argv[1]), sys.argv[2].encode(), sys.argv[3].encode(), sys.argv[4:]
process, terminal = pty.fork()
if process == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack('HHHH', 24, columns, 0, 0))
    os.execvp(command[0], command)
out, typed = b'', False
while True:
    try:
        chunk = os.read(terminal, 65536)
    except OSError:
        break
    if not chunk:
        break
    out += chunk
    if seen and not typed and seen in out:
        os.write(terminal, keys)
        typed = True
sys.stdout.buffer.write(out)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]))
`

export interface OnTerminal {
  readonly lake: string
  readonly columns: number
  readonly env?: Readonly<Record<string, string>>
  /** What is typed when `typedAt` is seen; Ctrl-C where left out. */
  readonly typed?: string
  readonly typedAt?: string
}

/** Runs the program as on a terminal, where both outputs are one. */
export async function runOnTerminal(
  args: readonly string[],
  { lake, columns, env = {}, typed = '\u0003', typedAt = '' }: OnTerminal,
): Promise<{ exitCode: number | null; text: string }> {
  const command = programCommand(args, { lake })
  const { NO_COLOR: _, CI: __, ...inherited } = process.env
  const child = spawn('python3', ['-c', ON_TERMINAL, String(columns), typedAt, typed, ...command], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...inherited, TERM: 'xterm', ...env },
  })
  // The terminal goes with it, and the command with the terminal.
  onTestFinished(() => {
    child.kill('SIGKILL')
  })
  let text = ''
  child.stdout.on('data', (chunk) => {
    text += String(chunk)
  })
  const [exitCode] = (await once(child, 'close')) as [number | null]
  return { exitCode, text }
}

/** Whether python3 is there, which makes the terminals. */
export function hasTerminals(): boolean {
  try {
    execFileSync('python3', ['-c', 'import os, pty; os.waitstatus_to_exitcode'], { stdio: 'ignore' })
    return true
  } catch {
    // No Python, or one before 3.9.
    return false
  }
}
